"""Which patterns may guard a key: every one of the 389 112 that can be drawn is judged."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tests.support.gesture import OTHER_PATTERN, PATTERN
from tests.support.node import run_script

pytestmark = pytest.mark.node

EVERY_PATTERN = 389_112
"""Of four dots and more on a square of nine, as it is known of telephones."""
EVERYBODYS = {
    "an L too short": "14789",
    "a U": "1478963",
    "a C": "3214789",
    "an S, or a snake": "321456987",
    "a Z": "1235789",
    "an N": "7415963",
    "an M": "7415369",
    "a W": "1475963"[::-1],
    "a P": "7412365",
    "an R": "74123659",
    "a G": "321478965",
    "a 4": "145639",
    "rows like writing": "123456789",
    "two rows": "123456",
    "round the edge": "12369874",
    "most of the edge": "963214",
    "a spiral": "123698745",
    "a spiral from the middle": "563214789",
    "a house": "742698",
    "columns": "147258369",
}
"""What people draw first."""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    rules = (ROOT / "static" / "js" / "gesture_shapes.js").as_uri()
    ours = ["".join(map(str, pattern)) for pattern in (PATTERN, OTHER_PATTERN)]
    done = run_script(
        "gesture_shapes.mjs", rules, *EVERYBODYS.values(), *ours, timeout=timedelta(seconds=900)
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_every_pattern_there_is_was_judged(found: dict[str, Any]) -> None:
    assert found["all"] == EVERY_PATTERN


def test_what_everybody_draws_is_refused(found: dict[str, Any]) -> None:
    allowed = [name for name, dots in EVERYBODYS.items() if found["asked"][dots] is None]

    assert not allowed


def test_the_patterns_of_our_tests_are_allowed(found: dict[str, Any]) -> None:
    for pattern in (PATTERN, OTHER_PATTERN):
        assert found["asked"]["".join(map(str, pattern))] is None


def test_enough_remain_to_choose_from(found: dict[str, Any]) -> None:
    """More than 18 bits, were they chosen by chance; ten guesses find one of 37 000 times as many."""
    assert found["allowed"] > 370_000
    assert found["allowed"] + sum(found["refused"].values()) == EVERY_PATTERN


def test_six_dots_always_turn_twice(found: dict[str, Any]) -> None:
    assert found["fewestTurns"] >= 2


def test_turned_mirrored_or_backwards_a_pattern_is_judged_the_same(found: dict[str, Any]) -> None:
    assert found["unequal"] == []


def test_no_dot_is_drawn_twice(found: dict[str, Any]) -> None:
    assert found["skipping"] == []
