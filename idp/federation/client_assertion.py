"""How an entity proves itself at another's federation endpoint: an assertion signed with its federation key.

The same claims as at a token endpoint, under other keys and for another audience: neither is of use in place of the
other. Spec: OpenID Federation 1.0 §8.8; RFC 7523 §3; RFC 7523bis for `typ`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.federation import federation_jwt, signatures
from idp.federation.federation_jwt import FederationJwt, FederationJwtError
from idp.federation.signatures import Jwks, Signatures

MAX_SIZE = 16_384
MAX_LIFE = timedelta(minutes=5)
LEEWAY = timedelta(seconds=30)
MAX_JTI_LENGTH = 256
TYPES: tuple[object, ...] = (None, "JWT", "client-authentication+jwt")
"""What `typ` may say: a statement or a mark is no assertion."""


class NotProven(FederationJwtError):
    """The assertion proves nothing here. The message quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class ProvenAssertion:
    """An assertion that counts, once."""

    entity_id: str
    jti: str
    forget_at: datetime
    """Until when its `jti` has to be remembered."""


def read(token: str) -> FederationJwt:
    """Take an assertion apart. Raises: FederationJwtError."""
    return federation_jwt.read(token, TYPES, max_size=MAX_SIZE)


def claimed_entity(assertion: FederationJwt) -> str:
    """Whose it says that it is. Raises: FederationJwtError."""
    return federation_jwt.text(assertion.claims, "iss")


def verify(
    assertion: FederationJwt, jwks: Jwks, owner: str, verifier: Signatures, *, now: datetime
) -> ProvenAssertion:
    """Check an assertion against its entity's federation keys, for the endpoint of `owner` alone.

    The audience is one string: with another beside it, the assertion could be handed on (audience injection).
    Raises: FederationJwtError; NotProven among them.
    """
    entity_id, claims = claimed_entity(assertion), assertion.claims
    signatures.verify(assertion, jwks, verifier)
    if federation_jwt.text(claims, "sub") != entity_id:
        raise NotProven("iss and sub must be the same entity")
    if claims.get("aud") != owner:
        raise NotProven("aud must be the entity id of who is asked, as a string")
    jti = federation_jwt.text(claims, "jti")
    if len(jti) > MAX_JTI_LENGTH or not jti.isprintable():
        raise NotProven("jti is too long, or no text")
    return ProvenAssertion(entity_id, jti, _end_of(assertion, now) + LEEWAY)


def _end_of(assertion: FederationJwt, now: datetime) -> datetime:
    expires_at = federation_jwt.moment(assertion.claims, "exp")
    if not now - LEEWAY < expires_at <= now + MAX_LIFE + LEEWAY:
        raise NotProven("exp must be ahead, by five minutes at most")
    for name in ("iat", "nbf"):
        if name in assertion.claims and federation_jwt.moment(assertion.claims, name) > now + LEEWAY:
            raise NotProven(f"{name} is in the future")
    return expires_at
