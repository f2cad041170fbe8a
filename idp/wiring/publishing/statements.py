"""The signer of everything that our entities say to the federation: one keyring, a type for each kind of document.

Federation keys sign nothing else, and nothing else signs these. Whatever is called an entity statement is read by our
own parser before it goes out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from idp.adapters.jose import JoseSigner
from idp.adapters.keyring import Keyring
from idp.federation import entity_statement
from idp.federation.entity_statement import STATEMENT_TYPE
from idp.federation.issuing import MARK_LIFETIME, STATEMENT_LIFETIME
from idp.federation.trust_marks import DELEGATION_TYPE, MARK_TYPE
from idp.oidc.key_schedule import KeyPolicy
from idp.oidc.keys import KeyPurpose, KeyRecord, KeyState
from idp.oidc.vocabulary import Algorithm

RESOLVE_RESPONSE_TYPE = "resolve-response+jwt"
MARK_STATUS_TYPE = "trust-mark-status-response+jwt"
KEY_SET_TYPE = "jwk-set+jwt"
REGISTRATION_RESPONSE_TYPE = "explicit-registration-response+jwt"
SPARE = timedelta(days=1)
"""For clocks that are apart, and for whoever reads a mark on its last day."""

Claims = Mapping[str, Any]


def federation_key_policy(policy: KeyPolicy) -> KeyPolicy:
    """Federation keys stay published for as long as the marks and statements last that they signed."""
    return replace(policy, keep_published=max(policy.keep_published, MARK_LIFETIME + SPARE))


class Statements:
    """Signs with the federation key in force. Every method raises ServerError when none is."""

    lifetime = STATEMENT_LIFETIME
    """How long our statements last."""

    def __init__(self, keyring: Keyring) -> None:
        if keyring.purpose is not KeyPurpose.FEDERATION:
            raise ValueError("what a federation believes is signed with federation keys alone")
        self._keyring, self._signer = keyring, JoseSigner(keyring)

    @property
    def jwks(self) -> dict[str, Any]:
        """The federation keys to publish, the next one included: a new copy."""
        jwks: dict[str, Any] = json.loads(self._keyring.jwks().body)
        return jwks

    @property
    def records(self) -> tuple[KeyRecord, ...]:
        """Every federation key that there ever was."""
        return self._keyring.view().records

    @property
    def kids(self) -> frozenset[str]:
        """The names of the published keys."""
        return frozenset(
            record.kid for record in self._keyring.view().records if record.state is not KeyState.RETIRED
        )

    @property
    def version(self) -> str:
        """Changes whenever the published keys do."""
        return self._keyring.jwks().etag

    def sign(self, claims: Claims) -> str:
        """An entity statement. Raises: StatementError — it is none."""
        token = self._sign(STATEMENT_TYPE, claims)
        entity_statement.parse(token)
        return token

    def trust_mark(self, claims: Claims) -> str:
        """Spec: OpenID Federation 1.0 §7.1."""
        return self._sign(MARK_TYPE, claims)

    def delegation(self, claims: Claims) -> str:
        """That another entity may issue marks of a type that is ours. Spec: OpenID Federation 1.0 §7.2.1."""
        return self._sign(DELEGATION_TYPE, claims)

    def trust_mark_status(self, claims: Claims) -> str:
        """Spec: OpenID Federation 1.0 §8.4.2."""
        return self._sign(MARK_STATUS_TYPE, claims)

    def resolve_response(self, claims: Claims) -> str:
        """Spec: OpenID Federation 1.0 §8.3.2."""
        return self._sign(RESOLVE_RESPONSE_TYPE, claims)

    def key_set(self, claims: Claims) -> str:
        """Keys of the past, or keys of another purpose. Spec: OpenID Federation 1.0 §8.7.2, §5.2.1.1."""
        return self._sign(KEY_SET_TYPE, claims)

    def registration_response(self, claims: Claims) -> str:
        """Spec: OpenID Federation 1.0 §12.2.3."""
        return self._sign(REGISTRATION_RESPONSE_TYPE, claims)

    def _sign(self, token_type: str, claims: Claims) -> str:
        return self._signer.sign(Algorithm.ES256, token_type, claims)
