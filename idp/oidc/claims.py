"""Standard claims, the scopes that stand for them, and the `claims` request parameter.

Spec: OpenID Connect Core §5.1 (standard claims), §5.4 (scopes), §5.5 (claims parameter).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.oidc.errors import InvalidRequest

REAL_NAME_ASSURANCE = "real_name_assurance"
"""Private claim: how well the region knows that this is the person's real name (`idp.accounts.person`)."""

SCOPE_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
    "real_name": (REAL_NAME_ASSURANCE,),
}
"""Which claims each scope asks for."""

ALL_CLAIMS = tuple(claim for claims in SCOPE_CLAIMS.values() for claim in claims)

MAX_CLAIMS_JSON = 8_192


def claims_of_scopes(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The claims that `scopes` ask for, in the order in which they are shown."""
    return tuple(claim for scope, claims in SCOPE_CLAIMS.items() if scope in scopes for claim in claims)


def covered(scopes: tuple[str, ...], claims: tuple[str, ...] | None) -> tuple[str, ...]:
    """What `scopes` ask for, as far as the client may have it; `claims` is None for one that may have all of it."""
    return tuple(claim for claim in claims_of_scopes(scopes) if claims is None or claim in claims)


def withheld(granted: tuple[str, ...], scope: tuple[str, ...]) -> frozenset[str]:
    """Claims whose scope a refresh left out: a narrower token tells less (RFC 6749 §6)."""
    if scope == granted:
        return frozenset()
    return frozenset(claims_of_scopes(granted)) - frozenset(claims_of_scopes(scope))


@dataclass(frozen=True, slots=True)
class ClaimWish:
    """What a member of the claims parameter says about one claim. Spec: OpenID Connect Core §5.5.1."""

    essential: bool = False
    values: tuple[Any, ...] = ()
    """The acceptable values, most preferred first; empty when any will do."""


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The claims parameter: which claims are wanted where."""

    userinfo: Mapping[str, ClaimWish] = field(default_factory=dict)
    id_token: Mapping[str, ClaimWish] = field(default_factory=dict)

    @classmethod
    def parse(cls, raw: str | None) -> ClaimsRequest:
        """Read the JSON of the parameter. Unknown claims stay in and are ignored later (§5.5).

        Raises: InvalidRequest — not a JSON object of the specified shape, or larger than `MAX_CLAIMS_JSON`.
        """
        if raw is None:
            return cls()
        if len(raw) > MAX_CLAIMS_JSON or raw.count("{") + raw.count("[") > MAX_CLAIMS_JSON // 8:
            raise InvalidRequest("claims is too large")
        try:
            parsed = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise InvalidRequest("claims is not valid JSON") from error
        if not isinstance(parsed, dict):
            raise InvalidRequest("claims must be a JSON object")
        return cls(_wishes(parsed.get("userinfo")), _wishes(parsed.get("id_token")))


def _wishes(member: Any) -> Mapping[str, ClaimWish]:
    if member is None:
        return {}
    if not isinstance(member, dict):
        raise InvalidRequest("each member of claims must be a JSON object")
    return {name: _wish(value) for name, value in member.items()}


def _wish(value: Any) -> ClaimWish:
    if value is None:
        return ClaimWish()
    if not isinstance(value, dict):
        raise InvalidRequest("a requested claim must be null or a JSON object")
    values = value.get("values", [value["value"]] if "value" in value else [])
    if not isinstance(values, list):
        raise InvalidRequest("values must be a JSON array")
    return ClaimWish(essential=value.get("essential") is True, values=tuple(values))
