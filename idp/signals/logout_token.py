"""Logout tokens: what they say, and what must hold before one is believed.

Whose signature is on a token is verified elsewhere; this is about what was signed.
Spec: OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6; RFC 8417 §2.2 (`events`); RFC 8725 §3.11 (`typ`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.foundation.clock import from_seconds, to_seconds

TOKEN_TYPE = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME = timedelta(minutes=2)
LONGEST_LIFETIME = timedelta(minutes=10)
"""Of a token that somebody else made: so long its `jti` has to be remembered."""
LEEWAY = timedelta(seconds=60)
"""How far the clock of whoever made it may be from ours."""
MAX_LENGTH = 255


class BadLogoutToken(Exception):
    """Not a logout token for us, or not any more. The text is for the log and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """What a believed logout token says. At least one of `subject` and `sid` is there."""

    jti: str
    subject: str | None
    """Whose sessions ended: all of them, when there is no `sid`."""
    sid: str | None
    remember_until: datetime
    """When the same token would be refused anyway; until then its `jti` must count once."""


def logout_claims(
    issuer: str, audience: str, *, subject: str, sid: str, jti: str, now: datetime
) -> dict[str, Any]:
    """The claims of a logout token. There is no `nonce`, so that nobody can take it for an ID token (§2.4)."""
    return {
        "iss": issuer,
        "aud": audience,
        "iat": to_seconds(now),
        "exp": to_seconds(now + LIFETIME),
        "jti": jti,
        "events": {EVENT: {}},
        "sub": subject,
        "sid": sid,
    }


def read_logout_token(
    token_type: object, claims: Mapping[str, Any], *, issuer: str, audience: str, now: datetime
) -> LogoutNotice:
    """What a token of `issuer` for `audience` tells us. `token_type` is the header's `typ`, as it came.

    The signature was verified with the keys of `issuer` before, and the caller counts each `jti` of it once.

    Raises: BadLogoutToken. Spec: §2.6.
    """
    _require_type(token_type)
    if claims.get("iss") != issuer:
        raise BadLogoutToken("iss is somebody else")
    if claims.get("aud") not in (audience, [audience]):
        raise BadLogoutToken("aud is not us alone")
    if "nonce" in claims:
        raise BadLogoutToken("a nonce belongs in no logout token")
    _require_event(claims.get("events"))
    expires_at = _require_time(claims, now)
    subject, sid = _text(claims, "sub"), _text(claims, "sid")
    jti = _text(claims, "jti")
    if jti is None:
        raise BadLogoutToken("jti is missing")
    if subject is None and sid is None:
        raise BadLogoutToken("neither sub nor sid is there")
    return LogoutNotice(jti, subject, sid, remember_until=expires_at + LEEWAY)


def _require_type(token_type: object) -> None:
    # The specification only recommends it; with it no other kind of token of the issuer can be passed for one.
    if not isinstance(token_type, str) or token_type.lower().removeprefix("application/") != TOKEN_TYPE:
        raise BadLogoutToken("typ is for another use")


def _require_event(events: object) -> None:
    if not isinstance(events, Mapping) or not isinstance(events.get(EVENT), Mapping):
        raise BadLogoutToken("events does not say that somebody signed out")


def _require_time(claims: Mapping[str, Any], now: datetime) -> datetime:
    issued_at, expires_at = _moment(claims, "iat"), _moment(claims, "exp")
    if issued_at > now + LEEWAY:
        raise BadLogoutToken("iat is in the future")
    if expires_at <= now - LEEWAY:
        raise BadLogoutToken("expired")
    if not timedelta(0) < expires_at - issued_at <= LONGEST_LIFETIME:
        raise BadLogoutToken("exp is too far from iat")
    return expires_at


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    # `type` and not isinstance: true is no date.
    if type(value) is not int or not 0 <= value < 2**32:
        raise BadLogoutToken(f"{name} is missing or no date")
    return from_seconds(value)


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    if name not in claims:
        return None
    value = claims[name]
    if not isinstance(value, str) or not 0 < len(value) <= MAX_LENGTH or not value.isprintable():
        raise BadLogoutToken(f"{name} is no text, empty or too long")
    return value
