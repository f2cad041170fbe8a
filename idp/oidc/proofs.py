"""What somebody proved: the words in which factors, sessions and the assurance policy speak to each other.

A factor says what it *verified*, as properties; how much that is worth is for the policy (`idp.authn.assurance`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from idp.foundation.clock import from_milliseconds, to_milliseconds


class Method(StrEnum):
    """How it was proved. Nothing but `amr` and the words on pages depends on it."""

    PASSWORD = "password"
    PASSKEY = "passkey"
    GESTURE = "gesture"
    QR = "qr"
    TOTP = "totp"
    HOTP = "hotp"
    SMS = "sms"
    RECOVERY_CODE = "recovery_code"
    FACE = "face"
    VOICE = "voice"


class Property(StrEnum):
    """What was verified. The assurance policy and nothing else gives these a value."""

    KNOWLEDGE = "knowledge"
    """A secret that the person knows, compared here."""
    POSSESSION = "possession"
    """A key or seed that the person holds."""
    USER_VERIFIED = "user_verified"
    """What they hold checked the person first: by PIN, fingerprint, face or pattern."""
    PHISHING_RESISTANT = "phishing_resistant"
    """The proof is bound to our origin by the browser. Spec: NIST SP 800-63B-4 §3.2.5."""
    DEVICE_BOUND = "device_bound"
    """The key was made on one device and is not synchronised to others."""
    ATTESTED = "attested"
    """Its maker vouches, by a listed certificate, that the key cannot be exported."""
    CROSS_DEVICE = "cross_device"
    """Proved on another device than the one that signs in (RFC 10027)."""
    LIVE_FACE = "live_face"
    """A moving face was compared with the template of the person."""
    DECLARED_ENGINE = "declared_engine"
    """The operator declared the comparing engine with a reference to its test."""
    VOICE = "voice"
    """Spoken digits and the voice were compared with the person's own."""
    TEXT_MESSAGE = "text_message"
    """A code sent to the person's telephone number came back."""
    RECOVERY = "recovery"
    """A recovery code: half a recovery, worth nothing by itself."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One check that succeeded."""

    method: Method
    at: datetime
    properties: frozenset[Property]

    def to_json(self) -> dict[str, Any]:
        """As kept with a session or a transaction."""
        return {
            "method": self.method.value,
            "at": to_milliseconds(self.at),
            "properties": sorted(self.properties),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Proof:
        """The inverse of `to_json`."""
        return cls(
            Method(kept["method"]),
            from_milliseconds(kept["at"]),
            frozenset(map(Property, kept["properties"])),
        )


def merged(earlier: Iterable[Proof], *later: Proof) -> tuple[Proof, ...]:
    """Both together, one of each method: what was proved later takes the place of what was proved before."""
    latest = {proof.method: proof for proof in earlier}
    latest.update({proof.method: proof for proof in later})
    return tuple(latest.values())
