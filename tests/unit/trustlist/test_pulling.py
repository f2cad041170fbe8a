"""When and where a region asks for the next bundle, and what it says of failures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.foundation.clock import from_seconds
from idp.trustlist.admission import Expired, Fork, Gap, Rollback, WrongIssuer
from idp.trustlist.bundle import Bundle
from idp.trustlist.pulling import (
    PATIENCE,
    Complaints,
    Sources,
    is_alarm,
    is_overdue,
    is_worth_asking,
    kind_of,
    lineage_address,
    turn,
    wait,
)
from idp.trustlist.reading import read_bundle
from tests.verifier.nation import NOW, Nation

POLL = timedelta(seconds=30)


@pytest.fixture(scope="module")
def held() -> Bundle:
    return read_bundle(Nation().claims(seq=7))


def test_the_hub_is_asked_first_and_then_the_mirrors_in_their_order() -> None:
    sources = Sources("https://hub.example", ("https://a.example/b", "https://c.example/trust/bundle"))

    assert sources.addresses == (
        "https://hub.example/trust/bundle",
        "https://a.example/b",
        "https://c.example/trust/bundle",
    )
    assert sources.seen == "https://hub.example/trust/seen"


def test_the_lineage_is_asked_of_who_gave_the_bundle() -> None:
    assert lineage_address("https://c.example/trust/bundle", 7) == "https://c.example/trust/lineage?from=7"


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_a_poll_comes_at_most_a_fifth_sooner_or_later(chance: float) -> None:
    assert abs(wait(POLL, chance) - POLL) <= POLL / 5


def test_who_asked_last_can_ask_next() -> None:
    assert turn(POLL) < wait(POLL, 0)


def test_a_bundle_is_overdue_when_the_next_one_should_have_come(held: Bundle) -> None:
    due = from_seconds(NOW + 60)

    assert is_overdue(None, now=due)
    assert not is_overdue(held, now=due + PATIENCE)
    assert is_overdue(held, now=due + PATIENCE + timedelta(seconds=1))


def test_only_a_hint_of_something_newer_is_worth_a_question(held: Bundle) -> None:
    assert [is_worth_asking(seq, held) for seq in (6, 7, 8)] == [False, False, True]
    assert is_worth_asking(1, None)


def test_a_contradiction_is_an_alarm_and_an_outage_is_none() -> None:
    assert is_alarm(Fork("two"))
    assert is_alarm(Rollback("older"))
    assert not any(map(is_alarm, (Gap(1), Expired("late"), WrongIssuer("other"), OSError("away"))))


def test_a_failure_is_said_once_for_each_kind_and_source() -> None:
    complaints = Complaints()

    assert complaints.is_new("hub", "timeout")
    assert not complaints.is_new("hub", "timeout")
    assert complaints.is_new("hub", "Fork")
    assert complaints.is_new("mirror", "timeout")


def test_a_failure_is_said_again_when_it_comes_again() -> None:
    complaints = Complaints()
    complaints.is_new("hub", "timeout")

    assert complaints.has_ended("hub")
    assert not complaints.has_ended("hub")
    assert complaints.is_new("hub", "timeout")


def test_failures_of_one_kind_differ_in_nothing_that_changes() -> None:
    assert kind_of(Gap(3)) == kind_of(Gap(4)) == "Gap"
