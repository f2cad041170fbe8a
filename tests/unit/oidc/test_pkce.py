"""Proof Key for Code Exchange."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.errors import InvalidGrant, InvalidRequest
from idp.oidc.pkce import challenge_of, require_s256_challenge, verify

UNRESERVED = string.ascii_letters + string.digits + "-._~"
EXAMPLE = ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
"""Verifier and challenge. Spec: RFC 7636 appendix B."""


def test_the_example_of_the_specification_holds() -> None:
    verifier, challenge = EXAMPLE

    assert challenge_of(verifier) == challenge
    verify(verifier, challenge)


@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (None, None),
        (None, "S256"),
        (EXAMPLE[1], None),
        (EXAMPLE[1], "plain"),
        (EXAMPLE[1], "s256"),
        (EXAMPLE[1], "S512"),
        (EXAMPLE[1], ""),
        ("", "S256"),
        ("short", "S256"),
        (EXAMPLE[1][:-1], "S256"),
        (EXAMPLE[1] + "A", "S256"),
        (EXAMPLE[1][:-1] + "=", "S256"),
        (EXAMPLE[1][:-1] + ".", "S256"),
        (EXAMPLE[1][:-1] + "\n", "S256"),
        (EXAMPLE[1] + "\n", "S256"),
        ("é" * 43, "S256"),
    ],
)
def test_a_request_without_a_sound_s256_challenge_is_refused(
    challenge: str | None, method: str | None
) -> None:
    with pytest.raises(InvalidRequest):
        require_s256_challenge(challenge, method)


def test_without_a_challenge_no_verifier_is_right() -> None:
    """It would be the verifier of another request, or of this one before somebody changed it (RFC 9700 §4.8.2)."""
    verify(None, None)

    for verifier in (EXAMPLE[0], "", "short"):
        with pytest.raises(InvalidGrant):
            verify(verifier, None)


def test_a_sound_challenge_is_handed_on() -> None:
    assert require_s256_challenge(EXAMPLE[1], "S256") == EXAMPLE[1]


@pytest.mark.parametrize(
    "verifier",
    [None, "", "short", "v" * 42, "v" * 129, "v" * 42 + "=", "v" * 42 + "+", "v" * 43 + "\n", "é" * 43],
)
def test_a_malformed_verifier_is_refused_even_when_it_would_match(verifier: str | None) -> None:
    with pytest.raises(InvalidGrant):
        verify(verifier, challenge_of(verifier or ""))


def test_the_challenge_itself_is_no_verifier() -> None:
    """What a thief of the request holds."""
    with pytest.raises(InvalidGrant):
        verify(EXAMPLE[1], EXAMPLE[1])


@given(st.text(UNRESERVED, min_size=43, max_size=128), st.text(UNRESERVED, min_size=43, max_size=128))
def test_exactly_the_verifier_behind_the_challenge_is_accepted(one: str, other: str) -> None:
    challenge = require_s256_challenge(challenge_of(one), "S256")

    verify(one, challenge)
    if other != one:
        with pytest.raises(InvalidGrant):
            verify(other, challenge)
