"""What a witness cosigned only moves forward, and of many who saw the same head one moves it."""

from __future__ import annotations

from idp.transparency.witness import Head
from tests.contract.region import MINUTE, NOW, Region, at_once

ORIGIN = "hub.example/log/trust"
SMALL, LARGE = Head(5, bytes(32)), Head(9, bytes([1]) * 32)


def test_a_head_is_remembered_and_moved(region: Region) -> None:
    heads = region.stores.witness_heads

    assert heads.find(ORIGIN) is None
    assert heads.move(ORIGIN, None, SMALL, "five", now=NOW)
    assert heads.find(ORIGIN) == SMALL
    assert heads.move(ORIGIN, SMALL, LARGE, "nine", now=NOW + MINUTE)
    assert heads.every() == {ORIGIN: LARGE}


def test_whoever_saw_another_head_moves_nothing(region: Region) -> None:
    heads = region.stores.witness_heads
    heads.move(ORIGIN, None, LARGE, "nine", now=NOW)

    assert not heads.move(ORIGIN, None, SMALL, "five", now=NOW)
    assert not heads.move(ORIGIN, SMALL, Head(7, bytes(32)), "seven", now=NOW)
    assert not heads.move(ORIGIN, Head(9, bytes(32)), Head(12, bytes(32)), "another nine", now=NOW)
    assert heads.find(ORIGIN) == LARGE


def test_of_many_at_once_one_moves_it(region: Region) -> None:
    """Two that sign different heads after the same one would be two pasts."""
    heads = region.stores.witness_heads
    begun = at_once(8, lambda index: heads.move(ORIGIN, None, Head(index + 1, bytes(32)), "", now=NOW))
    assert sorted(begun) == [False] * 7 + [True]
    known = heads.find(ORIGIN)

    moved = at_once(8, lambda index: heads.move(ORIGIN, known, Head(20 + index, bytes(32)), "", now=NOW))

    assert sorted(moved) == [False] * 7 + [True]
