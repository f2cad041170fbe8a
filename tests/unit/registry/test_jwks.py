"""Which keys a mini-app may register."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from idp.registry.jwks import MAX_KEYS, faults_of_jwks
from tests.unit.registry.applications import P256_KEY


def encoded(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


RSA_KEY = {"kty": "RSA", "n": encoded((1 << 2_047) + 1), "e": "AQAB"}
ED25519_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def problems(*keys: Any) -> list[str]:
    return list(map(str, faults_of_jwks({"keys": list(keys)})))


@pytest.mark.parametrize("key", [P256_KEY, RSA_KEY, ED25519_KEY])
def test_a_sound_public_key_is_admitted(key: dict[str, str]) -> None:
    assert problems(key) == []


@pytest.mark.parametrize("jwks", [None, [], "keys", {}, {"keys": {}}, {"keys": []}, {"keys": None}])
def test_a_key_set_has_keys(jwks: Any) -> None:
    assert len(list(faults_of_jwks(jwks))) == 1


@pytest.mark.parametrize("member", ["d", "p", "k", "oth"])
def test_a_private_half_is_refused_with_the_advice_to_replace_the_key(member: str) -> None:
    (problem,) = problems({**P256_KEY, member: "AQAB"})

    assert "private half" in problem
    assert "AQAB" not in problem


@pytest.mark.parametrize(
    "key",
    [
        None,
        "key",
        {},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "oct"},
        {"kty": ["EC"]},
        {**P256_KEY, "crv": "P-384"},
        {**P256_KEY, "crv": ["P-256"]},
        {**P256_KEY, "crv": "secp256k1"},
        {**P256_KEY, "x": "AQAB"},
        {**P256_KEY, "y": None},
        {**P256_KEY, "x": "not base64url!"},
        {**P256_KEY, "use": "enc"},
        {**P256_KEY, "alg": "HS256"},
        {**P256_KEY, "alg": "none"},
        {**P256_KEY, "alg": "RS256"},
        {**P256_KEY, "alg": []},
        {**P256_KEY, "kid": 1},
        {**ED25519_KEY, "crv": "X25519"},
        {**RSA_KEY, "n": encoded((1 << 1_023) + 1)},
        {**RSA_KEY, "n": encoded((1 << 16_383) + 1)},
        {**RSA_KEY, "n": ""},
        {**RSA_KEY, "e": encoded(1)},
        {**RSA_KEY, "e": encoded(3)},
        {**RSA_KEY, "e": encoded(65_538)},
        {**RSA_KEY, "e": encoded((1 << 70) + 1)},
        {"kty": "RSA", "e": "AQAB"},
    ],
)
def test_an_unsound_key_is_refused(key: Any) -> None:
    assert len(problems(key)) == 1


def test_several_keys_are_told_apart_by_their_kid() -> None:
    assert problems(P256_KEY, {**RSA_KEY, "kid": "two"}) == []
    assert problems(P256_KEY, RSA_KEY)
    assert problems(P256_KEY, {**RSA_KEY, "kid": "one"})


def test_a_key_set_is_not_a_warehouse() -> None:
    assert problems(*({**P256_KEY, "kid": str(number)} for number in range(MAX_KEYS + 1)))
