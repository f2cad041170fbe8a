"""Proofs and authenticators, written in a few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from idp.authn.assurance import Assurance
from idp.authn.assurance_policy import AssurancePolicy
from idp.authn.authenticators import Authenticator
from idp.oidc.proofs import Method, Proof, Property

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

WORTH = {
    "password": (Method.PASSWORD, "knowledge"),
    "synced": (Method.PASSKEY, "possession user_verified phishing_resistant"),
    "bound": (Method.PASSKEY, "possession user_verified phishing_resistant device_bound"),
    "attested": (Method.PASSKEY, "possession user_verified phishing_resistant device_bound attested"),
    "touch": (Method.PASSKEY, "possession phishing_resistant device_bound"),
    "attested touch": (Method.PASSKEY, "possession phishing_resistant device_bound attested"),
    "totp": (Method.TOTP, "possession"),
    "sms": (Method.SMS, "text_message"),
    "recovery": (Method.RECOVERY_CODE, "recovery"),
    "qr": (Method.QR, "possession user_verified cross_device"),
    "bound qr": (Method.QR, "possession user_verified device_bound cross_device"),
    "gesture": (Method.GESTURE, "possession user_verified device_bound"),
    "any face": (Method.FACE, "live_face"),
    "face": (Method.FACE, "live_face declared_engine"),
    "voice": (Method.VOICE, "voice"),
}


def proof(name: str, age: timedelta = timedelta(0)) -> Proof:
    method, properties = WORTH[name]
    return Proof(method, NOW - age, frozenset(map(Property, properties.split())))


def proofs(*names: str, age: timedelta = timedelta(0)) -> tuple[Proof, ...]:
    return tuple(proof(name, age) for name in names)


def enrolled(*names: str, suspended: tuple[str, ...] = ()) -> tuple[Authenticator, ...]:
    """One authenticator for each name, whose id is the name."""
    return tuple(
        Authenticator(
            account_id="acct_ada",
            id=name,
            method=proof(name).method,
            properties=proof(name).properties,
            label="",
            created_at=NOW,
            suspended_at=NOW if name in suspended else None,
        )
        for name in names
    )


def ids(found: tuple[Authenticator, ...]) -> set[str]:
    return {one.id for one in found}


def under(policy: str) -> Assurance:
    return Assurance(AssurancePolicy.load(policy))
