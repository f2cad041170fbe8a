"""The questions we put to a browser, in WebAuthn's own JSON.

Spec: WebAuthn Level 3 §5.1.8 (creation options), §5.1.9 (request options), §5.8.7 (hints).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from idp.authn.factors.passkey_values import Passkey, PasskeyKind

CHALLENGE_LIFETIME = timedelta(minutes=5)
"""How long a question may be answered."""

_ALGORITHMS = (-7, -8, -257)
"""ES256, EdDSA, RS256: the first is what nearly all have, the last what older Windows has."""
_MARK_BYTES = 8


@dataclass(frozen=True, slots=True)
class RpIdentity:
    """Who asks, as WebAuthn sees it."""

    id: str
    """The RP ID: one for all regions, for ever."""
    name: str
    issuer: str
    """Of this region."""

    @property
    def mark(self) -> bytes:
        """How user handles made by this region begin."""
        return sha256(b"passkeys of " + self.issuer.encode()).digest()[:_MARK_BYTES]

    def user_handle(self, account_id: str) -> bytes:
        """The account as its authenticators know it: tells nothing about the person, only which region made it."""
        return self.mark + sha256(b"user handle of " + account_id.encode()).digest()[_MARK_BYTES:]


def encode(raw: bytes) -> str:
    """base64url without padding, as everywhere in WebAuthn's JSON."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def request_options(
    rp: RpIdentity, challenge: bytes, allowed: Iterable[Passkey], *, needs_user_verification: bool
) -> dict[str, Any]:
    """For `navigator.credentials.get`. With nobody allowed by name, the authenticator says whose passkeys it has."""
    return {
        "challenge": encode(challenge),
        "timeout": _milliseconds(CHALLENGE_LIFETIME),
        "rpId": rp.id,
        "allowCredentials": [_descriptor(passkey) for passkey in allowed],
        "userVerification": "required" if needs_user_verification else "preferred",
    }


def creation_options(
    rp: RpIdentity,
    challenge: bytes,
    account_id: str,
    username: str,
    display_name: str,
    existing: Iterable[Passkey],
    kind: PasskeyKind,
    *,
    wants_attestation: bool,
) -> dict[str, Any]:
    """For `navigator.credentials.create`."""
    return {
        "rp": {"id": rp.id, "name": rp.name},
        "user": {
            "id": encode(rp.user_handle(account_id)),
            "name": username,
            "displayName": display_name,
        },
        "challenge": encode(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in _ALGORITHMS],
        "timeout": _milliseconds(CHALLENGE_LIFETIME),
        "excludeCredentials": [_descriptor(passkey) for passkey in existing],
        "authenticatorSelection": _selection(kind),
        "attestation": "direct" if wants_attestation else "none",
        "hints": ["security-key"] if kind is PasskeyKind.SECURITY_KEY else [],
        "extensions": {"credProps": True},
    }


def _selection(kind: PasskeyKind) -> dict[str, Any]:
    if kind is PasskeyKind.SECURITY_KEY:
        return {
            "authenticatorAttachment": "cross-platform",
            # Wishing for a discoverable key makes browsers insist on a PIN, which simple keys do not have.
            "residentKey": "discouraged",
            "requireResidentKey": False,
            "userVerification": "preferred",
        }
    return {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"}


def _descriptor(passkey: Passkey) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "public-key", "id": encode(passkey.credential_id)}
    return described | ({"transports": list(passkey.transports)} if passkey.transports else {})


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
