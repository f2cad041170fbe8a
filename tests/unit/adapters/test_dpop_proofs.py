"""Proofs that we make for another region: what they say, and that our own reader believes them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from idp.adapters.dpop_proofs import DpopProofs
from idp.adapters.jose_client_keys import imported
from idp.adapters.jose_dpop import DpopProofReader
from idp.adapters.keyring import Keyring
from idp.foundation.compact_jws import parse
from idp.foundation.entropy import SystemEntropy
from idp.oidc.dpop import access_token_hash
from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import Algorithm
from tests.support.clock import FakeClock
from tests.unit.adapters.keys import POLICY, SEALER, client_key, signed
from tests.unit.adapters.memory import MemoryKeyStore

TOKEN = "https://west.example/token"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def keyring(clock: FakeClock) -> Keyring:
    ring = Keyring(MemoryKeyStore(), SEALER, POLICY, clock, KeyPurpose.BROKER, (Algorithm.ES256,))
    ring.open()
    return ring


@pytest.fixture
def proofs(keyring: Keyring, clock: FakeClock) -> DpopProofs:
    return DpopProofs(keyring, SystemEntropy(), clock)


def claims_of(proof: str) -> dict[str, Any]:
    return dict(DpopProofReader().read(proof).claims)


def test_a_proof_says_which_request_it_is_for(proofs: DpopProofs, clock: FakeClock) -> None:
    """RFC 9449 §4.2: the address without query and fragment."""
    claims = claims_of(proofs.proof("POST", f"{TOKEN}?a=b#c"))

    assert (claims["htm"], claims["htu"]) == ("POST", TOKEN)
    assert claims["iat"] == int(clock.now().timestamp())
    assert claims.keys() == {"jti", "htm", "htu", "iat"}


def test_it_carries_the_nonce_and_the_token(proofs: DpopProofs) -> None:
    claims = claims_of(proofs.proof("GET", TOKEN, nonce="fresh", access_token="a token"))

    assert claims["nonce"] == "fresh"
    assert claims["ath"] == access_token_hash("a token")


def test_the_hash_of_a_token_is_the_one_of_the_specification() -> None:
    """RFC 9449 §7.1 has this token with this hash."""
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"

    assert access_token_hash(token) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_every_proof_is_another(proofs: DpopProofs) -> None:
    assert len({claims_of(proofs.proof("POST", TOKEN))["jti"] for _ in range(20)}) == 20


def test_its_header_shows_the_public_key_and_no_more(proofs: DpopProofs) -> None:
    header = parse(proofs.proof("POST", TOKEN), 4_096).header

    assert header.keys() == {"typ", "alg", "jwk"}
    assert (header["typ"], header["alg"]) == ("dpop+jwt", "ES256")
    assert header["jwk"].keys() == {"kty", "crv", "x", "y"}


def test_the_thumbprint_is_the_one_that_a_reader_finds(proofs: DpopProofs) -> None:
    """RFC 7638."""
    assert DpopProofReader().read(proofs.proof("POST", TOKEN)).jkt == proofs.thumbprint()


def test_the_key_changes_with_the_keyring(proofs: DpopProofs, keyring: Keyring, clock: FakeClock) -> None:
    before = proofs.thumbprint()

    keyring.rotate(immediately=True)
    clock.advance(seconds=2)

    assert proofs.thumbprint() != before
    assert DpopProofReader().read(proofs.proof("POST", TOKEN)).jkt == proofs.thumbprint()


def test_a_token_bound_just_before_is_used_with_its_key(
    proofs: DpopProofs, keyring: Keyring, clock: FakeClock
) -> None:
    """Otherwise whoever signs in at the moment of a change is turned away between two calls."""
    before = proofs.thumbprint()
    token = signed({"alg": "ES256"}, orjson.dumps({"cnf": {"jkt": before}}), client_key(Algorithm.ES256))
    keyring.rotate(immediately=True)
    clock.advance(seconds=2)

    assert DpopProofReader().read(proofs.proof("POST", TOKEN)).jkt != before
    assert DpopProofReader().read(proofs.proof("GET", TOKEN, access_token=token)).jkt == before


@pytest.mark.parametrize("confirmation", [None, "x", {}, {"jkt": 1}, {"jkt": "unknown"}])
def test_a_token_that_says_nothing_of_use_gets_the_newest_key(proofs: DpopProofs, confirmation: Any) -> None:
    token = signed({"alg": "ES256"}, orjson.dumps({"cnf": confirmation}), client_key(Algorithm.ES256))

    assert DpopProofReader().read(proofs.proof("GET", TOKEN, access_token=token)).jkt == proofs.thumbprint()


def test_the_thumbprint_of_a_known_key_is_the_published_one() -> None:
    """RFC 7638 §3.1 computes the thumbprint of this key."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    )

    key = imported({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})

    assert key is not None
    assert key.thumbprint() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
