"""Names that look alike, and keys that are one."""

from __future__ import annotations

import pytest

from idp.registry.likeness import skeleton, thumbprints
from tests.unit.registry.applications import P256_KEY


@pytest.mark.parametrize(
    "other",
    [
        "income tax",
        "INCOME  TAX",
        "Income-Tax!",
        "lncome Tax",
        "1ncome Tax",
        "Incorne Tax",
        "Inсоmе Tах",
        "Ｉｎｃｏｍｅ　Ｔａｘ",
        "Inco\u200bme Tax",
        "Incóme Tax",
    ],
)
def test_what_a_quick_glance_does_not_tell_apart_is_alike(other: str) -> None:
    assert skeleton(other) == skeleton("Income Tax")


@pytest.mark.parametrize("other", ["Income Tux", "Health", "个人所得税", ""])
def test_other_names_are_not(other: str) -> None:
    assert skeleton(other) != skeleton("Income Tax")


def test_characters_that_differ_by_a_stroke_are_alike() -> None:
    assert skeleton("末来社保") == skeleton("未来社保")


def test_a_key_is_the_same_whatever_it_is_called() -> None:
    """Spec: RFC 7638 §3: name, use and order do not count."""
    renamed = dict(reversed({**P256_KEY, "kid": "two", "use": "enc"}.items()))

    assert thumbprints({"keys": [P256_KEY]}) == thumbprints({"keys": [renamed, P256_KEY]})


def test_the_thumbprint_is_that_of_the_specification() -> None:
    """Spec: RFC 7638 §3.1."""
    key = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXj"
        "BZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZ"
        "gnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIq"
        "bw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
    }

    assert thumbprints({"keys": [key]}) == ("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",)


@pytest.mark.parametrize("jwks", [None, {}, {"keys": "x"}, {"keys": [1, {"kty": "EC"}, {"kty": []}]}])
def test_what_is_no_key_has_no_thumbprint(jwks: object) -> None:
    assert thumbprints(jwks) == ()  # type: ignore[arg-type]
