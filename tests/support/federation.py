"""A small federation for tests: entities with keys, and chains of any depth, signed for real.

    hub = Entity("https://hub.example")
    west = Entity("https://west.example/fed", superior=hub)
    health = Entity("https://health.west.example", superior=west, metadata={"openid_relying_party": {...}})
    chain = health.chain()            # drafts: health's configuration, west's word, hub's word, hub's configuration
    chain[1].claims["exp"] = 0        # break one thing
    trust_chain.validate(chain.tokens(), hub.pinned(), StatementSignatures(), now=NOW)

A draft is header, claims and key; whoever wants a bad statement changes one of them and has it signed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from idp.foundation.compact_jws import encode_segment

Json = dict[str, Any]
Key = ECKey | OKPKey | RSAKey

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
STATEMENT = "entity-statement+jwt"
RELYING_PARTY: Json = {
    "openid_relying_party": {
        "redirect_uris": ["https://health.west.example/callback"],
        "client_registration_types": ["automatic"],
        "token_endpoint_auth_method": "private_key_jwt",
    }
}


def seconds(moment: datetime) -> int:
    """A time as a claim has it."""
    return int(moment.timestamp())


def new_key(algorithm: str = "ES256") -> Key:
    """A key for one algorithm."""
    if algorithm.startswith("Ed"):
        return OKPKey.generate_key("Ed25519")
    if algorithm[0] in "PR":
        return RSAKey.generate_key(2048)
    return ECKey.generate_key({"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm])


def public_jwk(key: Key, **members: Any) -> Json:
    """The public half, named by its thumbprint."""
    return {**key.as_dict(private=False), "kid": key.thumbprint(), **members}


def jwks_of(*keys: Key) -> Json:
    """A set of public keys."""
    return {"keys": [public_jwk(key) for key in keys]}


def compact(header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes, key: Key, alg: str) -> str:
    """A compact JWS over anything at all, JSON or not."""
    signing_input = b".".join(
        encode_segment(part if isinstance(part, bytes) else json.dumps(part).encode())
        for part in (header, payload)
    )
    # joserfc knows the one curve by the older name.
    signature = JWSRegistry.algorithms["EdDSA" if alg == "Ed25519" else alg].sign(signing_input, key)
    return (signing_input + b"." + encode_segment(signature)).decode()


@dataclass
class Draft:
    """A statement before it is signed."""

    claims: Json
    key: Key
    header: Json
    algorithm: str = "ES256"
    """By which it is signed, whatever the header says."""
    raw_payload: bytes | None = None
    """Instead of the claims, for JSON that no library writes."""
    token: str | None = None
    """Instead of everything."""

    def sign(self) -> str:
        """The compact JWS."""
        if self.token is not None:
            return self.token
        return compact(self.header, self.raw_payload or self.claims, self.key, self.algorithm)


class Chain(list[Draft]):
    """The drafts of a chain, the subject's configuration first."""

    def tokens(self) -> list[str]:
        """All of them, signed."""
        return [draft.sign() for draft in self]


@dataclass
class Entity:
    """Somebody in a federation. `claims` goes on top of its configuration, `about` on what its superior says of it."""

    id: str
    superior: Entity | None = None
    metadata: Json = field(default_factory=dict)
    claims: Json = field(default_factory=dict)
    about: Json = field(default_factory=dict)
    algorithm: str = "ES256"
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        self.key = new_key(self.algorithm)

    @property
    def jwks(self) -> Json:
        """Its federation keys."""
        return jwks_of(self.key)

    def pinned(self) -> dict[str, Json]:
        """The entity as somebody's only anchor."""
        return {self.id: self.jwks}

    def superiors(self) -> Iterator[Entity]:
        """Who is above it, the nearest first."""
        if self.superior is not None:
            yield self.superior
            yield from self.superior.superiors()

    def draft(self, typ: str, claims: Mapping[str, Any]) -> Draft:
        """Something that the entity will sign with its federation key."""
        header = {"alg": self.algorithm, "typ": typ, "kid": self.key.thumbprint()}
        return Draft({"iss": self.id, **claims}, self.key, header, self.algorithm)

    def configuration(self, *, now: datetime = NOW) -> Draft:
        """What it says about itself."""
        hints = {"authority_hints": [self.superior.id]} if self.superior else {}
        metadata = {"metadata": self.metadata} if self.metadata else {}
        return self.draft(STATEMENT, {**self._terms(self, now), **hints, **metadata, **self.claims})

    def statement_about(self, subordinate: Entity, *, now: datetime = NOW) -> Draft:
        """What it says about somebody below it."""
        return self.draft(STATEMENT, {**self._terms(subordinate, now), **subordinate.about})

    def chain(self, *, with_anchor: bool = True, now: datetime = NOW) -> Chain:
        """From itself to the top, the anchor's own configuration at the end unless left out."""
        drafts = Chain([self.configuration(now=now)])
        below = self
        for above in self.superiors():
            drafts.append(above.statement_about(below, now=now))
            below = above
        if with_anchor and below is not self:
            drafts.append(below.configuration(now=now))
        return drafts

    def _terms(self, subject: Entity, now: datetime) -> Json:
        return {
            "sub": subject.id,
            "iat": seconds(now),
            "exp": seconds(now + DAY),
            "jwks": subject.jwks,
        }
