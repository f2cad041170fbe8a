"""What is believed of another region's ID token, claim by claim."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation.upstream_answer import (
    Expected,
    HomeIdentity,
    NotBelieved,
    verified_claims,
    verified_identity,
)
from idp.foundation.identifiers import digest
from idp.oidc.token.issue import half_hash
from idp.oidc.vocabulary import Algorithm
from tests.support.federation import NOW, compact, jwks_of, new_key, seconds

EAST, BROKER = "https://id.east.example", "https://id.west.example/rp"
KEY, OTHER, RSA = new_key(), new_key(), new_key("PS256")
RIGHT: dict[str, Any] = {
    "iss": EAST,
    "aud": BROKER,
    "sub": "ada",
    "nonce": "nonce",
    "iat": seconds(NOW),
    "exp": seconds(NOW) + 300,
    "auth_time": seconds(NOW),
    "at_hash": half_hash("access token", Algorithm.ES256),
    "acr": "urn:tongxing:acr:2",
    "amr": ["pwd", "otp"],
    "sid": "session",
}


def read(
    claims: Mapping[str, Any], key: Any = KEY, alg: str = "ES256", age: timedelta | None = None, **header: str
) -> HomeIdentity:
    kept = {name: value for name, value in claims.items() if value is not None}
    token = compact({"alg": alg, "typ": "JWT", "kid": key.thumbprint(), **header}, kept, key, alg)
    expected = Expected(EAST, BROKER, digest("nonce"), "access token", None if age is None else NOW - age)
    return verified_identity(token, jwks_of(KEY, RSA), StatementSignatures(), expected, now=NOW)


def test_a_right_one_says_who_it_is() -> None:
    assert read(RIGHT) == HomeIdentity(EAST, "ada", "session", NOW, "urn:tongxing:acr:2", ("pwd", "otp"), NOW)


def test_what_need_not_be_there_need_not_be_there() -> None:
    identity = read({**RIGHT, "sid": None, "acr": None, "amr": None})

    assert (identity.sid, identity.acr, identity.amr) == (None, None, ())


def test_one_audience_in_an_array_is_one_audience() -> None:
    assert read({**RIGHT, "aud": [BROKER], "azp": BROKER}).sub == "ada"


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "https://id.north.example"),
        ("iss", None),
        ("aud", [BROKER, "somebody"]),
        ("aud", "somebody"),
        ("aud", None),
        ("azp", "somebody"),
        ("nonce", "another"),
        ("nonce", None),
        ("nonce", 7),
        ("at_hash", "another"),
        ("at_hash", None),
        ("exp", seconds(NOW) - 60),
        ("exp", None),
        ("exp", "soon"),
        ("iat", seconds(NOW) + 61),
        ("iat", seconds(NOW) - 361),
        ("iat", None),
        ("auth_time", seconds(NOW) + 61),
        ("auth_time", None),
        ("auth_time", True),
        ("sub", None),
        ("sub", ""),
        ("sub", "a\nb"),
        ("sub", "x" * 256),
        ("sid", ""),
        ("acr", 2),
        ("acr", ""),
        ("amr", "pwd"),
        ("amr", ["pwd mfa"]),
        ("amr", [1]),
        ("amr", ["a"] * 17),
        ("home_iss", "https://id.north.example"),
    ],
)
def test_one_claim_that_does_not_fit_is_enough(claim: str, value: object) -> None:
    with pytest.raises(NotBelieved):
        read({**RIGHT, claim: value})


@pytest.mark.parametrize(
    "forged",
    [
        {"key": OTHER},
        {"key": OTHER, "kid": KEY.thumbprint()},
        {"key": RSA, "alg": "PS256"},
        {"typ": "at+jwt"},
        {"typ": "logout+jwt"},
    ],
    ids=["unknown key", "name of another key", "another algorithm", "access token", "logout token"],
)
def test_another_key_algorithm_or_type_is_not_believed(forged: dict[str, Any]) -> None:
    with pytest.raises(NotBelieved):
        read(RIGHT, **forged)


def test_a_proof_must_be_as_fresh_as_was_asked_for() -> None:
    proved = {**RIGHT, "auth_time": seconds(NOW) - 300}

    assert read(proved, age=timedelta(minutes=5)).sub == "ada"
    with pytest.raises(NotBelieved):
        read(proved, age=timedelta(minutes=3))


def test_of_userinfo_what_was_asked_for_is_taken() -> None:
    said = {"sub": "ada", "name": "Ada", "email": "unasked@example.org", "nickname": None}

    assert verified_claims(said, "ada", ("name", "nickname")) == {"name": "Ada"}
    for other in ({**said, "sub": "bo"}, {"name": "Ada"}, ["ada"]):
        with pytest.raises(NotBelieved):
            verified_claims(other, "ada", ("name",))
