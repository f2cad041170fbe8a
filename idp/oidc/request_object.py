"""Request objects: an authorization request as a JWT that the client signed.

Only what is inside counts; outside, `client_id` names whose keys verify it. For an entity of the federation the rules
are narrower, because its object also registers it: no other audience, no `sub`, five minutes, once.
Spec: RFC 9101 §4, §6; OpenID Connect Core §6.1; OpenID Federation 1.0 §12.1.1.1; FAPI 2.0 Message Signing §5.3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.foundation.clock import from_seconds
from idp.oidc.client import Client
from idp.oidc.errors import InvalidRequest, InvalidRequestObject
from idp.oidc.parameters import MAX_SIZE_BYTES, Parameters
from idp.oidc.ports import AssertionLog, PeerChains, TokenVerifier
from idp.oidc.unverified_request_object import CHAIN, PEER_CHAIN, UnverifiedRequestObject
from idp.oidc.vocabulary import Profile

CLOCK_SKEW = timedelta(seconds=30)
"""How far a client's clock may be off; a `jti` is remembered for as long as this lets its object live."""
MAX_LIFE = timedelta(minutes=60)
MAX_FEDERATED_LIFE = timedelta(minutes=5)
MAX_AGE = timedelta(minutes=60)
"""How long ago `nbf` may be."""
MAX_JTI_LENGTH = 256

KEY_ENCRYPTIONS = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
CONTENT_ENCRYPTIONS = ("A128GCM", "A256GCM")
"""In what a signed object may be wrapped for us (RFC 9101 §6.1; RFC 7518 §4, §5)."""
COMPAT_KEY_ENCRYPTIONS = (*KEY_ENCRYPTIONS, "RSA-OAEP")
"""The same where the profile `compat` is allowed: also the one with SHA-1 (RFC 7518 §4.3)."""

# What speaks of the JWT itself and is no parameter of the request.
_OF_THE_JWT = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub", CHAIN, PEER_CHAIN})


@dataclass(frozen=True, slots=True)
class RequestObject:
    """What a client signed, checked: the parameters that count."""

    client: Client
    parameters: Parameters
    header: Mapping[str, Any]
    expires_at: datetime
    single_use_jti: str | None
    """Set where the object counts only once."""


@dataclass(frozen=True, slots=True)
class RequestObjects:
    """Opens, verifies and uses up request objects."""

    issuer: str
    verifier: TokenVerifier
    log: AssertionLog
    peers: PeerChains | None = None
    """None where no federation is joined."""

    def open(self, token: str) -> UnverifiedRequestObject:
        """Take an object apart. Raises: InvalidRequestObject; RequestNotSupported — not signed at all."""
        return self.verifier.open_request_object(token)

    def verify(self, opened: UnverifiedRequestObject, client: Client, *, now: datetime) -> RequestObject:
        """Check signature and claims, and that the sender knows us by an anchor of ours.

        Raises: InvalidRequestObject; InvalidTrustAnchor and InvalidTrustChain of its `peer_trust_chain`.
        """
        self.verifier.verify_request_object(opened, client)
        claims = opened.claims
        expires_at = require_claims(claims, client, self.issuer, now)
        self._require_same_anchor(opened, client, now)
        return RequestObject(
            client=client,
            parameters=parameters_of(claims),
            header=opened.header,
            expires_at=expires_at,
            single_use_jti=claims["jti"] if client.is_federated else None,
        )

    def _require_same_anchor(self, opened: UnverifiedRequestObject, client: Client, now: datetime) -> None:
        if client.is_federated and self.peers is not None and opened.peer_chain is not None:
            self.peers.require(opened.chain, opened.peer_chain, now=now)

    def use_up(self, used: RequestObject, *, now: datetime) -> None:
        """Let a single-use object count, after everything else was right.

        Raises: InvalidRequestObject — it was used before.
        """
        if used.single_use_jti is None:
            return
        # Apart from assertions, whose jti the same client chooses too.
        owner = f"request object {used.client.client_id}"
        if not self.log.claim(owner, used.single_use_jti, used.expires_at + CLOCK_SKEW, now=now):
            raise _refused("jti was used before")


def require_claims(claims: Mapping[str, Any], client: Client, issuer: str, now: datetime) -> datetime:
    """Check what a well-signed object says of itself, and return when it expires.

    Raises: InvalidRequestObject.
    """
    if claims.get("iss") != client.client_id or claims.get("client_id") != client.client_id:
        raise _refused("iss and client_id inside must be the client_id outside")
    if not _is_for_us(claims.get("aud"), client, issuer):
        raise _refused("aud must be the issuer")
    # With a sub it would be a client assertion as well (RFC 9101 §10.8).
    if "sub" in claims and (client.is_federated or claims["sub"] == client.client_id):
        raise _refused("sub is not allowed")
    if "request" in claims or "request_uri" in claims:
        raise _refused("request and request_uri are not allowed inside")
    _require_jti(claims, client)
    return _require_times(claims, client, now)


def _is_for_us(audience: object, client: Client, issuer: str) -> bool:
    # Another audience beside us could hand the object on (audience injection).
    if client.is_federated or not isinstance(audience, list):
        return audience == issuer
    return issuer in audience


def _require_jti(claims: Mapping[str, Any], client: Client) -> None:
    jti = claims.get("jti")
    if jti is None and not client.is_federated:
        return
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI_LENGTH or not jti.isprintable():
        raise _refused("jti must be a text of 1 to 256 characters")


def _require_times(claims: Mapping[str, Any], client: Client, now: datetime) -> datetime:
    life = MAX_FEDERATED_LIFE if client.is_federated else MAX_LIFE
    expires_at = _moment(claims, "exp")
    if expires_at is None or not now - CLOCK_SKEW < expires_at <= now + life + CLOCK_SKEW:
        raise _refused(f"exp must be ahead, by at most {int(life.total_seconds() // 60)} minutes")
    issued_at, begins_at = _moment(claims, "iat"), _moment(claims, "nbf")
    for name, moment in (("iat", issued_at), ("nbf", begins_at)):
        if moment is not None and moment > now + CLOCK_SKEW:
            raise _refused(f"{name} is in the future")
    if begins_at is None and client.profile is Profile.FAPI2:
        raise _refused("nbf is required")
    if begins_at is not None and begins_at < now - MAX_AGE - CLOCK_SKEW:
        raise _refused("nbf is more than 60 minutes ago")
    return expires_at


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**33:
        raise _refused(f"{name} is not a date")
    return from_seconds(int(value))


def parameters_of(claims: Mapping[str, Any]) -> Parameters:
    """The members of an object as request parameters. Raises: InvalidRequestObject. Spec: RFC 9101 §4."""
    try:
        found = Parameters.from_pairs(
            (name, text)
            for name, value in claims.items()
            if name not in _OF_THE_JWT
            for text in _texts(value)
            if text
        )
    except InvalidRequest as error:
        raise _refused("control characters in a parameter") from error
    if sum(len(name) + len(text) for name, text in found.pairs()) > MAX_SIZE_BYTES:
        raise _refused("the parameters are too large")
    return found


def _texts(value: object) -> list[str]:
    """A member as it would stand in an address: numbers and objects as JSON, an array of texts repeated."""
    match value:
        case None:
            return []
        case str():
            return [value]
        case list() if all(isinstance(one, str) for one in value):
            return value
        case _:
            return [json.dumps(value, ensure_ascii=False)]


def _refused(why: str) -> InvalidRequestObject:
    return InvalidRequestObject(f"the request object is refused: {why}")
