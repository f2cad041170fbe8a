"""What makers vouch for, by the FIDO Metadata Service, the only module that imports `fido2`.

The operator downloads the blob; nothing is fetched at run time. Imported only where a blob is named: it is large.
A key is attested when a listed maker signed for it, the model in the certificate is the model in the data, and
nothing in the list speaks against that model. Spec: WebAuthn Level 3 §7.1 steps 21–24; FIDO Metadata Service v3.1.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from idp.adapters.fido_mds_root import ROOT_PEM
from idp.authn.factors.passkey_values import BadMetadata, VerifiedRegistration

if TYPE_CHECKING:
    from fido2.mds3 import MetadataBlobPayload, MetadataBlobPayloadEntry

MODEL_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
"""The model number in an attestation certificate. Spec: WebAuthn Level 3 §8.2.1."""
_NOBODY = "00000000-0000-0000-0000-000000000000"
_AGAINST = frozenset(
    {
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
        "REVOKED",
        "RETIRED",
    }
)
"""A status that ends a model's good standing. Spec: FIDO Metadata Service v3.1 §3.1.4."""
_PROTECTED = frozenset({"hardware", "tee", "secure_element"})
"""Where a key must live so that its maker can say it cannot be exported."""


class FidoMetadata:
    """Implements `Makers`."""

    def __init__(self, payload: MetadataBlobPayload) -> None:
        from fido2.mds3 import MdsAttestationVerifier

        self.next_update: date = payload.next_update
        """When a newer list is due."""
        self._verifier = MdsAttestationVerifier(payload, entry_filter=_is_in_good_standing)
        self._models = frozenset(
            str(entry.aaguid) for entry in payload.entries if entry.aaguid and _is_in_good_standing(entry)
        )

    @classmethod
    def load(cls, path: Path, root: Path | None) -> FidoMetadata:
        """Read and verify the blob. `root`: a PEM certificate to believe in place of the one FIDO uses.

        Raises: BadMetadata.
        """
        from fido2.attestation.base import InvalidAttestation
        from fido2.mds3 import parse_blob

        try:
            trusted = x509.load_pem_x509_certificate(root.read_bytes() if root else ROOT_PEM)
            payload = parse_blob(path.read_bytes().strip(), trusted.public_bytes(Encoding.DER))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, NotImplementedError) as error:
            raise BadMetadata(f"the passkey metadata cannot be read: {error}") from error
        except (InvalidAttestation, InvalidSignature) as error:
            raise BadMetadata("the passkey metadata is not signed by whom we believe") from error
        return cls(payload)

    def name_if_vouched(self, registration: VerifiedRegistration) -> str | None:
        from fido2.attestation.base import InvalidAttestation
        from fido2.webauthn import AttestationObject

        if registration.aaguid == _NOBODY:
            return None
        try:
            attestation = AttestationObject(registration.attestation_object)
            if not _names_the_model(attestation):
                return None
            client_data_hash = hashlib.sha256(registration.client_data).digest()
            entry = self._verifier.find_entry(attestation, client_data_hash)
        except (InvalidAttestation, NotImplementedError, ValueError, KeyError, TypeError):
            # Nobody vouches for it. It is a good key all the same: the library has verified its signature.
            return None
        if entry is None or entry.metadata_statement is None:
            return None
        return str(entry.metadata_statement.description)

    def still_vouched(self, aaguid: str) -> bool:
        return aaguid in self._models


def _names_the_model(attestation: object) -> bool:
    """Whether a maker's certificate is there at all, and is for the model that the data names.

    `none` and self-signed attestations carry no certificate, and prove nothing about a maker.
    """
    statement = attestation.att_stmt  # type: ignore[attr-defined]
    chain = statement.get("x5c")
    if not chain:
        return False
    leaf = x509.load_der_x509_certificate(chain[0])
    try:
        extension = leaf.extensions.get_extension_for_oid(MODEL_EXTENSION)
    except x509.ExtensionNotFound:
        return True
    model = bytes(attestation.auth_data.credential_data.aaguid)  # type: ignore[attr-defined]
    # An OCTET STRING of sixteen bytes: two bytes of DER before it.
    return isinstance(extension.value, x509.UnrecognizedExtension) and extension.value.value[2:] == model


def _is_in_good_standing(entry: MetadataBlobPayloadEntry) -> bool:
    statement = entry.metadata_statement
    if statement is None or not _PROTECTED & set(statement.key_protection):
        return False
    return not any(report.status in _AGAINST for report in entry.status_reports)
