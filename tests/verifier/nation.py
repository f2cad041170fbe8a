"""A hub with two regions and their keys, which signs whatever a test wants: bundles, tokens, proofs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from idp.trustlist.bundle import content_hash

HUB = "https://hub.example"
EAST = "https://id.east.example"
WEST = "https://id.west.example"
AUDIENCE = "https://api.health.example"
NOW = 1_795_500_000
ACR = "urn:tongxing:acr:"
FRESHNESS = {f"{ACR}1": 86_400, f"{ACR}2": 3_600, f"{ACR}3": 600}

Key = ECKey | OKPKey | RSAKey


def ec_key() -> ECKey:
    return ECKey.generate_key("P-256")


def public(key: Key, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", **more}


def signed(key: Key, header: Mapping[str, Any], claims: Mapping[str, Any] | bytes) -> str:
    """A compact JWS, whatever the header says; for real, by joserfc's algorithms, which check nothing."""
    payload = claims if isinstance(claims, bytes) else orjson.dumps(claims)
    given = f"{segment(orjson.dumps(dict(header)))}.{segment(payload)}"
    return f"{given}.{segment(JWSRegistry.algorithms[header['alg']].sign(given.encode(), key))}"


def segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Nation:
    """The keys of everybody, and short ways to sign with them."""

    hub_key: ECKey = field(default_factory=ec_key)
    keys: dict[str, Key] = field(default_factory=lambda: {EAST: ec_key(), WEST: ec_key()})

    @property
    def pinned(self) -> dict[str, Any]:
        return {"keys": [public(self.hub_key, alg="ES256")]}

    def region(self, issuer: str, **changes: Any) -> dict[str, Any]:
        entry = {
            "id": f"{issuer}/fed",
            "op": issuer,
            "rp": f"{issuer}/rp",
            "name": {"en": "A region", "zh-CN": "某区"},
            "status": "active",
            "since": NOW - 86_400,
            "reason": "",
            "acr_ceiling": f"{ACR}3",
            "statement": "",
            "op_statement": "",
            "rp_statement": "",
            "op_metadata": {"issuer": issuer, "jwks": {"keys": [public(self.keys[issuer])]}},
            "rp_metadata": {"jwks": {"keys": []}},
        }
        return {**entry, **changes}

    def claims(self, seq: int = 1, **changes: Any) -> dict[str, Any]:
        return {
            "iss": HUB,
            "seq": seq,
            "iat": NOW,
            "exp": NOW + 86_400,
            "next_update": NOW + 60,
            "lineage": {},
            "freshness": FRESHNESS,
            "anchor_jwks": {"keys": []},
            "bundle_jwks": self.pinned,
            "regions": [self.region(EAST), self.region(WEST)],
            "revoked": [],
            **changes,
        }

    def bundle(self, claims: Mapping[str, Any], key: ECKey | None = None, **header: Any) -> str:
        key = key or self.hub_key
        usual = {"alg": "ES256", "typ": "trust-bundle+jwt", "kid": key.thumbprint()}
        return signed(key, {**usual, **header}, claims)

    def successor(self, before: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """The next content, which names the hash of the one before."""
        lineage = {**before["lineage"], str(before["seq"]): content_hash(before)}
        return {**before, "seq": before["seq"] + 1, "lineage": lineage, **changes}

    def token(
        self, issuer: str = EAST, key: Key | None = None, header: Mapping[str, Any] = {}, **changes: Any
    ) -> str:
        key = key or self.keys[issuer]
        usual = {"alg": "ES256", "typ": "at+jwt", "kid": key.thumbprint()}
        claims = {
            "iss": issuer,
            "sub": "somebody",
            "aud": AUDIENCE,
            "client_id": "health",
            "scope": "records write",
            "jti": "one",
            "iat": NOW,
            "exp": NOW + 300,
            "acr": f"{ACR}2",
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return signed(key, {**usual, **header}, kept)

    def proof(self, key: Key, token: str, header: Mapping[str, Any] = {}, **changes: Any) -> str:
        usual = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}
        claims = {
            "jti": "a proof",
            "htm": "GET",
            "htu": f"{AUDIENCE}/records",
            "iat": NOW,
            "ath": ath(token),
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return signed(key, {**usual, **header}, kept)


def ath(token: str) -> str:
    return segment(hashlib.sha256(token.encode()).digest())
