"""Keys that an entity signed with once: so that what they signed then can still be judged.

Spec: OpenID Federation 1.0 §8.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Revocation(StrEnum):
    """Why a key ended before its time. Spec: OpenID Federation 1.0 §8.7.3."""

    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class PastKey:
    """A key that is no longer published."""

    public_jwk: Mapping[str, Any]
    issued_at: datetime
    not_before: datetime
    expired_at: datetime
    is_revoked: bool
    """Withdrawn because it was no longer secret: nothing that it signed is to be believed."""


def entry(key: PastKey) -> Json:
    """One key with its times."""
    times = {"iat": key.issued_at, "nbf": key.not_before, "exp": key.expired_at}
    claims = {name: int(moment.timestamp()) for name, moment in times.items()}
    if not key.is_revoked:
        return {**key.public_jwk, **claims}
    revoked = {"revoked_at": claims["exp"], "reason": str(Revocation.COMPROMISED)}
    return {**key.public_jwk, **claims, "revoked": revoked}


def claims(*, issuer: str, keys: Sequence[Mapping[str, Any]], now: datetime) -> Json:
    """What the entity signs."""
    return {"iss": issuer, "iat": int(now.timestamp()), "keys": [dict(key) for key in keys]}
