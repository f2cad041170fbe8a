"""Which verified bundle takes the place of the held one: never an older one, never another past."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idp.foundation.clock import from_seconds
from idp.trustlist.admission import (
    Expired,
    Fork,
    Gap,
    NotAdmitted,
    NotYet,
    Pinned,
    Rollback,
    WrongIssuer,
    admit,
    signers,
)
from idp.trustlist.bundle import Bundle, content_hash
from idp.trustlist.reading import Lineage, read_bundle
from tests.verifier.nation import HUB, NOW, Nation

START = from_seconds(NOW)
NATION = Nation()
FIRST = NATION.claims(seq=7)
NEXT = NATION.successor(FIRST)
HELD = read_bundle(FIRST)


def following(**changes: Any) -> Bundle:
    return read_bundle({**NEXT, **changes})


def lineage(start: int = 7, issuer: str = HUB, **hashes: str) -> Lineage:
    told = {7: content_hash(FIRST), **{int(seq[1:]): value for seq, value in hashes.items()}}
    return Lineage(issuer, start, START, told)


def test_the_first_bundle_is_admitted_whatever_its_number() -> None:
    assert admit(HELD, None, HUB, now=START)


def test_one_that_descends_from_the_held_one_is_admitted() -> None:
    assert admit(following(), HELD, HUB, now=START)


def test_the_same_content_is_news_only_when_it_was_signed_later() -> None:
    assert not admit(HELD, HELD, HUB, now=START)
    assert admit(replace(HELD, issued_at=START + timedelta(seconds=1)), HELD, HUB, now=START)
    assert not admit(replace(HELD, issued_at=START - timedelta(seconds=1)), HELD, HUB, now=START)


@pytest.mark.parametrize(
    ("new", "error"),
    [
        (following(iss="https://other.example"), WrongIssuer),
        (following(iat=NOW + 61, exp=NOW + 90_000), NotYet),
        (following(iat=NOW - 90_000, exp=NOW), Expired),
        (read_bundle({**FIRST, "seq": 6}), Rollback),
        (read_bundle({**FIRST, "regions": []}), Fork),
        (following(lineage={"7": "A" * 43}), Fork),
        (following(lineage={}), Gap),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_what_is_not_newer_is_refused_by_its_reason(new: Bundle, error: type[NotAdmitted]) -> None:
    with pytest.raises(error):
        admit(new, HELD, HUB, now=START)


def test_a_clock_may_be_a_minute_behind() -> None:
    assert admit(following(iat=NOW + 60, exp=NOW + 90_000), HELD, HUB, now=START)


@pytest.mark.parametrize("start", [1, 7])
def test_a_lineage_closes_the_gap_from_wherever_it_begins(start: int) -> None:
    assert admit(following(lineage={}), HELD, HUB, now=START, lineage=lineage(start))


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (lineage(8), WrongIssuer),
        (lineage(issuer="https://other.example"), WrongIssuer),
        (lineage(s7="A" * 43), Fork),
        (lineage(s8="A" * 43), Fork),
        (Lineage(HUB, 1, START, {1: "A" * 43}), Gap),
    ],
    ids=["begins later", "of another hub", "another past", "contradicts the bundle", "leaves us out"],
)
def test_a_lineage_that_does_not_fit_closes_nothing(told: Lineage, error: type[NotAdmitted]) -> None:
    with pytest.raises(error):
        admit(following(lineage={}), HELD, HUB, now=START, lineage=told)


def test_the_next_one_is_signed_with_what_the_held_one_names() -> None:
    pinned = Pinned(HUB, {"keys": ["as brought"]})

    assert signers(pinned, None) == {"keys": ["as brought"]}
    assert signers(pinned, HELD) == HELD.bundle_jwks
