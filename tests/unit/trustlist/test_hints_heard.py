"""A hint is believed by nobody, and yet not lost when the hub itself is a moment behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.trustlist.bundle import Bundle
from idp.trustlist.pulling import QUESTIONS
from idp.trustlist.reading import read_bundle
from idp.wiring.following.hints_heard import HintsHeard
from tests.verifier.nation import Nation

AT_ONCE = timedelta(0)


@pytest.fixture(scope="module")
def held() -> Bundle:
    return read_bundle(Nation().claims(seq=7))


@pytest.fixture
def hints() -> HintsHeard:
    return HintsHeard()


def questions(hints: HintsHeard, held: Bundle | None) -> int:
    """How often the hub is asked when it always answers with what is held."""
    asked = 0
    while hints.wait(AT_ONCE):
        asked += 1
        hints.asked(held)
    return asked


def test_nobody_is_woken_unless_somebody_speaks(hints: HintsHeard) -> None:
    assert not hints.wait(AT_ONCE)


def test_a_hub_that_does_not_know_yet_is_asked_again(hints: HintsHeard, held: Bundle) -> None:
    hints.hear(held.seq + 1)
    assert hints.wait(AT_ONCE)

    hints.asked(held)

    assert hints.is_due


def test_what_has_come_is_asked_for_no_more(hints: HintsHeard, held: Bundle) -> None:
    hints.hear(held.seq)

    assert questions(hints, held) == 1


@pytest.mark.parametrize("lie", [8, 2**53 - 1])
def test_a_lie_costs_a_few_questions_and_makes_no_later_hint_dearer(
    hints: HintsHeard, held: Bundle, lie: int
) -> None:
    hints.hear(lie)
    assert questions(hints, held) == QUESTIONS

    hints.hear(held.seq)

    assert questions(hints, held) == 1


def test_what_is_said_while_the_hub_is_asked_is_not_lost(hints: HintsHeard, held: Bundle) -> None:
    hints.hear(held.seq)
    assert hints.wait(AT_ONCE)
    hints.hear(held.seq + 1)

    hints.asked(held)

    assert hints.is_due
