"""Sealing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.adapters.sealing import BrokenSeal, Sealer
from idp.foundation.entropy import SystemEntropy
from idp.foundation.secret import Secret
from tests.unit.authn.people import SECRET

SEALER = Sealer(SECRET, SystemEntropy())


@given(st.text(max_size=20), st.text(max_size=20), st.binary(max_size=200))
def test_what_is_sealed_opens_for_its_purpose_and_context(
    purpose: str, context: str, plaintext: bytes
) -> None:
    assert SEALER.open(purpose, context, SEALER.seal(purpose, context, plaintext)) == plaintext


@pytest.mark.parametrize(
    ("purpose", "context"), [("other", "acct_ada"), ("seed", "acct_bo"), ("seeda", "cct_ada"), ("", "")]
)
def test_it_opens_for_no_other_purpose_or_context(purpose: str, context: str) -> None:
    sealed = SEALER.seal("seed", "acct_ada", b"twenty bytes of seed")

    with pytest.raises(BrokenSeal):
        SEALER.open(purpose, context, sealed)


def test_another_secret_key_opens_nothing() -> None:
    sealed = SEALER.seal("seed", "acct_ada", b"twenty bytes of seed")

    with pytest.raises(BrokenSeal):
        Sealer(Secret("another secret key of thirty-two characters"), SystemEntropy()).open(
            "seed", "acct_ada", sealed
        )


def test_a_single_changed_bit_breaks_the_seal() -> None:
    sealed = SEALER.seal("seed", "acct_ada", b"seed")

    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(BrokenSeal):
            SEALER.open("seed", "acct_ada", bytes(changed))


@given(st.binary(max_size=64))
def test_arbitrary_bytes_are_a_broken_seal(data: bytes) -> None:
    with pytest.raises(BrokenSeal):
        SEALER.open("seed", "acct_ada", data)


def test_the_same_plaintext_is_never_sealed_alike() -> None:
    assert SEALER.seal("seed", "acct_ada", b"seed") != SEALER.seal("seed", "acct_ada", b"seed")
