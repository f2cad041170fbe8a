"""Keyrings and clients to test with."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from idp.adapters.jose import JoseSigner, JoseVerifier
from idp.adapters.keyring import Keyring
from idp.adapters.sealing import Sealer
from idp.foundation.entropy import SystemEntropy
from idp.foundation.secret import Secret
from idp.oidc.client import Client
from idp.oidc.key_schedule import KeyPolicy
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod
from tests.support.clock import FakeClock
from tests.unit.adapters.memory import MemoryKeyStore

POLICY = KeyPolicy(
    lifetime=timedelta(days=90), publish_ahead=timedelta(days=1), keep_published=timedelta(days=1)
)
SEALER = Sealer(Secret("the secret key of the region under test"), SystemEntropy())
ISSUER = "https://id.east.example"

ClientKey = ECKey | OKPKey | RSAKey

ACCESS_CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "8uY3zv2Ww0rD3Y8uY3zv2Ww0rD3",
    "aud": f"{ISSUER}/userinfo",
    "client_id": "tax",
    "scope": "openid profile",
    "iat": 1_700_000_000,
    "exp": 1_700_000_300,
    "jti": "gr_9vJm.q1w2e3r4",
}
ID_CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "8uY3zv2",
    "aud": "tax",
    "exp": 1_700_000_300,
    "nonce": "n",
}


def keyring(store: MemoryKeyStore, clock: FakeClock, sealer: Sealer = SEALER) -> Keyring:
    """What one process holds of the keys in `store`."""
    return Keyring(store, sealer, POLICY, clock)


@cache
def client_key(algorithm: Algorithm) -> ClientKey:
    """A key pair of the client's own, made once for each algorithm."""
    if algorithm is Algorithm.ES256:
        return ECKey.generate_key("P-256")
    if algorithm is Algorithm.EDDSA:
        return OKPKey.generate_key("Ed25519")
    return RSAKey.generate_key(2048)


def registered(*jwks: dict[str, Any], client_id: str = "tax") -> Client:
    """A client that authenticates with these keys."""
    return replace(_CLIENT, client_id=client_id, jwks={"keys": list(jwks)})


def signed(header: dict[str, Any], payload: bytes, key: ClientKey | OctKey) -> str:
    """A compact JWS with a good signature, whatever the header says."""
    signing_input = f"{segment(orjson.dumps(header))}.{segment(payload)}"
    signature = jws.JWSRegistry.algorithms[header["alg"]].sign(signing_input.encode(), key)
    return f"{signing_input}.{segment(signature)}"


_CLIENT = Client(
    client_id="tax",
    name={"en": "Tax"},
    organisation="Tax Office",
    region="east",
    auth_method=ClientAuthMethod.PRIVATE_KEY_JWT,
    redirect_uris=("https://tax.example/callback",),
    sector="tax.example",
)


@dataclass(frozen=True)
class Region:
    """One process of a region: what it signs with, and what it verifies with."""

    store: MemoryKeyStore
    clock: FakeClock
    keyring: Keyring
    signer: JoseSigner
    verifier: JoseVerifier


def region() -> Region:
    """A region with fresh keys."""
    store, clock = MemoryKeyStore(), FakeClock()
    ring = keyring(store, clock)
    ring.open()
    return Region(store, clock, ring, JoseSigner(ring), JoseVerifier(ring))


def with_payload(token: str, payload: bytes) -> str:
    """The same header and signature around another payload."""
    header, _, signature = token.split(".")
    return f"{header}.{segment(payload)}.{signature}"


def with_header(token: str, header: dict[str, Any]) -> str:
    """The same payload and signature behind another header."""
    _, payload, signature = token.split(".")
    return f"{segment(orjson.dumps(header))}.{payload}.{signature}"


def segment(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
