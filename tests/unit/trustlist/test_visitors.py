"""What a region tells of people of the others: whole tens, and nothing that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from idp.trustlist.claims import BadBundle, Claims
from idp.trustlist.visitors import MOST, MOST_HOMES, Visitors, claim_of, read_visitors

WEST = "https://id.west.example"


def said(**changes: Any) -> dict[str, Any]:
    return {"home": WEST, "sessions": [120, 30, 0], "people": 90, "apps": 20, **changes}


def read(*entries: Any) -> tuple[Visitors, ...]:
    return read_visitors(Claims({"visitors": list(entries)}))


@pytest.mark.parametrize(("number", "told"), [(10, 10), (19, 10), (1_249, 1_240)])
def test_people_are_told_of_in_whole_tens(number: int, told: int) -> None:
    (claim,) = claim_of([Visitors(WEST, (number, number, number), people=number, apps=number)])

    assert claim == {"home": WEST, "sessions": [told] * 3, "people": told, "apps": told}


@pytest.mark.parametrize("people", [0, 1, 9])
def test_nothing_is_told_of_fewer_than_ten_people_however_often_they_are_there(people: int) -> None:
    assert claim_of([Visitors(WEST, (1_000, 1_000, 1_000), people=people, apps=50)]) == []


def test_of_many_people_small_parts_are_told_as_none() -> None:
    (claim,) = claim_of([Visitors(WEST, (25, 9, 1), people=12, apps=9)])

    assert claim == {"home": WEST, "sessions": [20, 0, 0], "people": 10, "apps": 0}


def test_what_is_told_is_read_as_it_was_told() -> None:
    visitors = Visitors(WEST, (1_241, 305, 9), people=871, apps=14)

    assert read(*claim_of([visitors])) == (visitors.in_tens(),)


def test_the_homes_with_the_most_sessions_are_told_of() -> None:
    homes = [Visitors(f"{WEST}/{number}", (10 + number, 0, 0), 10, 0) for number in range(MOST_HOMES + 50)]
    of_few = [Visitors(f"{WEST}/few/{number}", (9_000, 0, 0), 9, 0) for number in range(MOST_HOMES)]

    told = claim_of([*of_few, *homes])

    assert len(told) == MOST_HOMES
    assert min(one["sessions"][0] for one in told) == 60
    assert read(*told)[0].home == f"{WEST}/{MOST_HOMES + 49}"


def test_a_home_of_which_nothing_is_told_is_dropped() -> None:
    nothing = said(home=f"{WEST}/few", sessions=[0, 0, 0], people=0, apps=0)

    assert [one.home for one in read(nothing, said())] == [WEST]


def test_how_many_are_above_a_level() -> None:
    (visitors,) = read(said())

    assert [visitors.above(level) for level in range(5)] == [120, 30, 0, 0, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        said(sessions=[-10, -10, -10]),
        said(sessions=[120, 0, -10]),
        said(sessions=[MOST + 10, 0, 0]),
        said(sessions=[10**30, 0, 0]),
        said(sessions=[123, 30, 0]),
        said(sessions=[30, 120, 0]),
        said(sessions=[120, 0, 30]),
        said(sessions=[120, 30]),
        said(sessions=[120, 30, 0, 0]),
        said(sessions=[120.0, 30, 0]),
        said(sessions=[True, 0, 0]),
        said(sessions="120"),
        said(sessions=None),
        said(people=130),
        said(people=-10),
        said(people=0),
        said(people=0, sessions=[10, 0, 0], apps=0),
        said(people=0, sessions=[0, 0, 0]),
        said(people=85),
        said(apps=5),
        said(apps=MOST + 10),
        said(apps=[20]),
        said(home=""),
        said(home="x" * 300),
        said(home=7),
        "no object",
    ],
)
def test_numbers_that_cannot_be_are_refused(wrong: Any) -> None:
    with pytest.raises(BadBundle):
        read(wrong)


def test_a_home_is_told_of_once_and_so_many_homes_are_too_many() -> None:
    with pytest.raises(BadBundle):
        read(said(), said())
    with pytest.raises(BadBundle):
        read(*(said(home=f"{WEST}/{number}") for number in range(MOST_HOMES + 1)))
    with pytest.raises(BadBundle):
        read_visitors(Claims({"visitors": {}}))
