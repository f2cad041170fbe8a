"""From a compact JWS to a trust bundle or a lineage: signature first, then every claim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.federation.federation_jwt import FederationJwtError
from idp.federation.signatures import Signatures, verified
from idp.foundation import compact_jws
from idp.foundation.compact_jws import Malformed
from idp.trustlist.bundle import BUNDLE_TYPE, Bundle
from idp.trustlist.claims import BadBundle
from idp.trustlist.reading import MAX_BUNDLE, Lineage, read_bundle, read_lineage

LINEAGE_TYPE = "trust-lineage+jwt"
MAX_BRACKETS = 1_000_000
"""Arrays and objects in one bundle: six times what 3,000 regions have."""


class BadSignature(Exception):
    """No key that may sign made this. The message quotes nothing of it."""


class BundleReader:
    """Reads what the hub signed; `signatures` checks."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures

    def bundle(self, document: str, jwks: Mapping[str, Any]) -> Bundle:
        """Raises: BadSignature, BadBundle."""
        return read_bundle(self._verified(document, BUNDLE_TYPE, jwks))

    def lineage(self, document: str, jwks: Mapping[str, Any]) -> Lineage:
        """Raises: BadSignature, BadBundle."""
        return read_lineage(self._verified(document, LINEAGE_TYPE, jwks))

    def _verified(self, document: str, typ: str, jwks: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            found = verified(
                document, typ, jwks, self._signatures, max_size=MAX_BUNDLE, max_brackets=MAX_BRACKETS
            )
        except FederationJwtError as error:
            raise BadSignature(str(error)) from error
        return found.claims


def read_stored(document: str) -> Bundle:
    """A bundle of our own database: verified when it was admitted, when its keys were those that may sign.

    Raises: BadBundle.
    """
    try:
        return read_bundle(compact_jws.parse(document, MAX_BUNDLE, MAX_BRACKETS).payload)
    except Malformed as error:
        raise BadBundle(str(error)) from error
