"""Regions that do not answer are left alone for a while."""

from __future__ import annotations

import pytest

from idp.federation.circuit import FAILURES, CircuitOpen, Circuits
from tests.support.clock import FakeClock

EAST, NORTH = "https://east.example", "https://north.example"


@pytest.fixture
def circuits(clock: FakeClock) -> Circuits:
    return Circuits(clock.now)


def fail(circuits: Circuits, times: int = FAILURES, issuer: str = EAST) -> None:
    for _ in range(times):
        circuits.enter(issuer)
        circuits.failed(issuer)


def test_a_few_failures_change_nothing(circuits: Circuits) -> None:
    fail(circuits, FAILURES - 1)

    circuits.enter(EAST)
    assert not circuits.is_open(EAST)


def test_many_in_a_short_time_close_it_off(circuits: Circuits) -> None:
    fail(circuits)

    assert circuits.is_open(EAST)
    with pytest.raises(CircuitOpen):
        circuits.enter(EAST)


def test_many_over_a_long_time_do_not(circuits: Circuits, clock: FakeClock) -> None:
    for _ in range(FAILURES):
        fail(circuits, 1)
        clock.advance(seconds=3)

    circuits.enter(EAST)


def test_an_answer_in_between_begins_the_count_anew(circuits: Circuits) -> None:
    fail(circuits, FAILURES - 1)
    circuits.succeeded(EAST)
    fail(circuits, FAILURES - 1)

    circuits.enter(EAST)


def test_the_trouble_of_one_is_nobody_elses(circuits: Circuits) -> None:
    fail(circuits)

    circuits.enter(NORTH)
    assert not circuits.is_open(NORTH)


def test_after_a_while_one_tries_and_the_others_wait(circuits: Circuits, clock: FakeClock) -> None:
    fail(circuits)
    clock.advance(seconds=5)

    circuits.enter(EAST)

    with pytest.raises(CircuitOpen):
        circuits.enter(EAST)


def test_when_the_one_succeeds_all_may(circuits: Circuits, clock: FakeClock) -> None:
    fail(circuits)
    clock.advance(seconds=5)
    circuits.enter(EAST)

    circuits.succeeded(EAST)

    circuits.enter(EAST)
    circuits.enter(EAST)


def test_when_the_one_fails_it_is_closed_off_again(circuits: Circuits, clock: FakeClock) -> None:
    fail(circuits)
    clock.advance(seconds=5)
    circuits.enter(EAST)

    circuits.failed(EAST)

    assert circuits.is_open(EAST)
    clock.advance(seconds=5)
    circuits.enter(EAST)


def test_one_who_never_comes_back_does_not_close_it_off_for_good(
    circuits: Circuits, clock: FakeClock
) -> None:
    fail(circuits)
    clock.advance(seconds=5)
    circuits.enter(EAST)
    clock.advance(seconds=5)

    circuits.enter(EAST)
