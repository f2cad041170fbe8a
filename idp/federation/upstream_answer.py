"""What a home region says of a person, believed claim by claim.

The ID token is verified with the keys that the trust bundle has for the region, in the algorithm that the broker is
registered with, and means nobody but us. Raises NotBelieved with a reason that quotes nothing of it.
Spec: OpenID Connect Core §3.1.3.7, §3.1.3.8, §5.3.2; RFC 9207 §2.4.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from idp.federation import federation_jwt
from idp.federation.federation_jwt import FederationJwtError
from idp.federation.signatures import Jwks, Signatures, verified
from idp.federation.upstream_request import CLOCK_LEEWAY
from idp.foundation.compact_jws import encode_segment
from idp.foundation.identifiers import digest
from idp.oidc.vocabulary import AcrLevel, Algorithm

ID_TOKEN_TYPE = "JWT"
"""To the letter: no other kind of token that a region signs is taken for one (RFC 8725 §3.11)."""
ALGORITHM = Algorithm.ES256
"""What the broker's metadata asks for; another one was not made for us."""
MAX_ID_TOKEN = 16_384
MAX_TEXT = 255
MAX_METHODS = 16
MAX_ISSUED_AGO = timedelta(minutes=5)


class NotBelieved(Exception):
    """The answer does not hold. The message is for our log and has nothing of the answer in it."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the answer must fit."""

    home: str
    client_id: str
    nonce_digest: bytes
    access_token: str
    authenticated_after: datetime | None


@dataclass(frozen=True, slots=True)
class HomeIdentity:
    """Who somebody is at home, proved just now. Only `verified_identity` makes one."""

    home_iss: str
    sub: str
    sid: str | None
    """The session there, for signing out."""
    auth_time: datetime
    acr: str | None
    """As it was said: whether it is believed is for the trust list."""
    amr: tuple[str, ...]
    issued_at: datetime | None = None
    """When it was said, by the clock there; None where that is not kept."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody whose region vouched for them just now, and whose account here is known."""

    account_id: str
    identity: HomeIdentity
    level: AcrLevel
    """What was proved there, and never more than is believed of that region."""
    id_token_sealed: bytes = field(repr=False)


def verified_identity(
    token: str, jwks: Jwks, signatures: Signatures, expected: Expected, *, now: datetime
) -> HomeIdentity:
    """Verify an ID token. Raises: NotBelieved."""
    try:
        document = verified(token, ID_TOKEN_TYPE, jwks, signatures, max_size=MAX_ID_TOKEN)
        if document.algorithm != ALGORITHM:
            raise NotBelieved("signed by another algorithm than ours")
        claims = document.claims
        _require_ours(claims, expected)
        _require_current(claims, now)
        auth_time = federation_jwt.moment(claims, "auth_time")
    except FederationJwtError as error:
        raise NotBelieved(f"the ID token: {error}") from error
    _require_recent(auth_time, expected.authenticated_after, now)
    return HomeIdentity(
        home_iss=expected.home,
        sub=_text(claims, "sub"),
        sid=_text(claims, "sid") if "sid" in claims else None,
        auth_time=auth_time,
        acr=_text(claims, "acr") if "acr" in claims else None,
        amr=_methods(claims.get("amr", [])),
        issued_at=federation_jwt.moment(claims, "iat"),
    )


def verified_claims(userinfo: object, subject: str, asked: tuple[str, ...]) -> dict[str, Any]:
    """Of what userinfo said the claims that were asked for. Raises: NotBelieved — about somebody else."""
    if not isinstance(userinfo, Mapping) or userinfo.get("sub") != subject:
        raise NotBelieved("userinfo is about somebody else")
    return {name: userinfo[name] for name in asked if userinfo.get(name) is not None}


def _require_ours(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.home:
        raise NotBelieved("iss is another issuer")
    # Somebody else beside us could have been the one it was made for.
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise NotBelieved("aud is not us alone")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise NotBelieved("azp is somebody else")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(digest(nonce), expected.nonce_digest):
        raise NotBelieved("nonce is of another request")
    if "home_iss" in claims:
        raise NotBelieved("somebody else vouches for the person there")
    at_hash = claims.get("at_hash")
    if not isinstance(at_hash, str) or at_hash != _half_hash(expected.access_token):
        raise NotBelieved("at_hash is of another access token")


def _half_hash(access_token: str) -> str:
    """The left half of the hash that belongs to ES256. Spec: OpenID Connect Core §3.1.3.6."""
    full = hashlib.sha256(access_token.encode()).digest()
    return encode_segment(full[: len(full) // 2]).decode()


def _require_current(claims: Mapping[str, Any], now: datetime) -> None:
    if federation_jwt.moment(claims, "exp") <= now - CLOCK_LEEWAY:
        raise NotBelieved("expired")
    issued_at = federation_jwt.moment(claims, "iat")
    if not now - MAX_ISSUED_AGO - CLOCK_LEEWAY <= issued_at <= now + CLOCK_LEEWAY:
        raise NotBelieved("not issued just now")


def _require_recent(auth_time: datetime, after: datetime | None, now: datetime) -> None:
    if auth_time > now + CLOCK_LEEWAY:
        raise NotBelieved("auth_time is in the future")
    # A wish for a fresh proof that the home region did not grant is granted by nobody.
    if after is not None and auth_time < after - CLOCK_LEEWAY:
        raise NotBelieved("the person proved themselves too long ago")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        raise NotBelieved(f"{name} is missing or no text of 1 to {MAX_TEXT} characters")
    return value


def _methods(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_METHODS:
        raise NotBelieved("amr is no list of a few words")
    if not all(
        isinstance(one, str) and one.isascii() and one.isprintable() and " " not in one for one in value
    ):
        raise NotBelieved("amr has something else than words")
    return tuple(dict.fromkeys(one[:64] for one in value if one))
