"""How a bundle counts that the hub signed, by what its log and its witnesses say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.foundation.clock import from_seconds
from idp.trustlist.admission import Pinned
from idp.trustlist.belief import (
    Belief,
    Evidence,
    LogFork,
    LogHead,
    LogRollback,
    NotWitnessed,
    believe,
    is_witness_overdue,
    judges,
    known_log_keys,
    log_keys,
)
from idp.trustlist.bundle import Witnesses
from idp.trustlist.reading import read_bundle
from tests.verifier.nation import ACR, EAST, HUB, NOW, WEST, Nation

LADDER = tuple(f"{ACR}{level}" for level in (1, 2, 3))
START = from_seconds(NOW)
MINUTE = timedelta(minutes=1)
NATION = Nation()
FIRST = NATION.claims()
HELD = read_bundle(FIRST)
GIVES = read_bundle(
    NATION.successor(FIRST, regions=[NATION.region(EAST, name={"en": "Other"}), NATION.region(WEST)])
)
TAKES = read_bundle(NATION.successor(FIRST, regions=[NATION.region(EAST)]))
HEAD, LATER = LogHead(5, "root of five"), LogHead(7, "root of seven")
KNOWN = Belief(START, HEAD)
ALONE = Evidence(LATER, lack="1 of 2 witnesses stand by the checkpoint")


def test_what_is_proven_and_witnessed_counts_as_its_witnesses_say() -> None:
    found = believe(GIVES, HELD, KNOWN, Evidence(LATER, START - MINUTE), LADDER, now=START)

    assert found == Belief(START - MINUTE, LATER)


def test_a_witness_ahead_of_us_makes_nothing_younger_than_its_signature() -> None:
    found = believe(GIVES, HELD, KNOWN, Evidence(LATER, START + MINUTE), LADDER, now=START)

    assert found == Belief(START, LATER)


@pytest.mark.parametrize(
    "evidence", [ALONE, Evidence(lack="no log has it"), Evidence(LATER, START - 11 * MINUTE)]
)
def test_what_gives_trust_and_lacks_something_does_not_count(evidence: Evidence) -> None:
    with pytest.raises(NotWitnessed):
        believe(GIVES, HELD, KNOWN, evidence, LADDER, now=START)
    with pytest.raises(NotWitnessed):
        believe(HELD, None, None, evidence, LADDER, now=START)


@pytest.mark.parametrize("evidence", [ALONE, Evidence(lack="no log has it"), Evidence()])
def test_what_takes_away_counts_at_once(evidence: Evidence) -> None:
    found = believe(TAKES, HELD, KNOWN, evidence, LADDER, now=START)

    assert found == Belief(START, HEAD, is_witnessed=False)


def test_what_takes_away_again_is_as_old_as_the_first_that_nobody_stood_by() -> None:
    known = Belief(START - 5 * MINUTE, HEAD, is_witnessed=False)

    found = believe(TAKES, HELD, known, ALONE, LADDER, now=START)

    assert found == Belief(START - 5 * MINUTE, HEAD, is_witnessed=False)


def test_the_same_content_without_its_witnesses_says_nothing_new() -> None:
    again = replace(HELD, issued_at=START + 5 * MINUTE)

    assert believe(again, HELD, KNOWN, ALONE, LADDER, now=START + 5 * MINUTE) is None


def test_the_same_content_is_as_old_as_its_witnesses_however_old_they_are() -> None:
    again = replace(HELD, issued_at=START + 60 * MINUTE)

    found = believe(again, HELD, KNOWN, Evidence(LATER, START + MINUTE), LADDER, now=START + 60 * MINUTE)

    assert found == Belief(START + MINUTE, LATER)


def test_a_log_that_was_seen_once_is_asked_for_ever_after() -> None:
    without = Evidence()

    assert believe(GIVES, HELD, Belief(START, None), without, LADDER, now=START) == Belief(START, None)
    with pytest.raises(NotWitnessed):
        believe(GIVES, HELD, KNOWN, without, LADDER, now=START)


@pytest.mark.parametrize("new", [GIVES, TAKES])
def test_two_pasts_are_an_alarm_whatever_the_bundle_says(new: object) -> None:
    assert isinstance(new, type(HELD))
    with pytest.raises(LogFork):
        believe(new, HELD, KNOWN, Evidence(LogHead(5, "another")), LADDER, now=START)
    with pytest.raises(LogRollback):
        believe(new, HELD, KNOWN, Evidence(LogHead(4, "shorter")), LADDER, now=START)


def test_an_earlier_signing_of_what_is_held_is_no_alarm() -> None:
    shorter = Evidence(LogHead(HEAD.size - 1, "root of four"), START)

    assert believe(HELD, HELD, KNOWN, shorter, LADDER, now=START) is None


def test_witnesses_are_overdue_after_ten_minutes() -> None:
    waiting = Belief(START, HEAD, is_witnessed=False)

    assert not is_witness_overdue(waiting, now=START + 10 * MINUTE)
    assert is_witness_overdue(waiting, now=START + 11 * MINUTE)
    assert not is_witness_overdue(KNOWN, now=START + 11 * MINUTE)


def test_the_held_bundle_names_the_witnesses_of_the_next_one() -> None:
    pinned = Pinned(HUB, {}, witnesses=Witnesses(2, ("a", "b")), log_keys=("pinned",))
    naming = replace(HELD, witnesses=Witnesses(0, ()), log_keys=("held",))

    assert judges(pinned, None) == pinned.witnesses
    assert judges(pinned, HELD) == pinned.witnesses, "of a release that knew none"
    assert judges(pinned, naming) == Witnesses()
    assert log_keys(pinned, None, naming) == ("pinned",)
    assert log_keys(pinned, naming, replace(GIVES, log_keys=("new",))) == ("held",)
    assert log_keys(Pinned(HUB, {}), None, naming) == ("held",)
    assert known_log_keys(pinned, None) == ("pinned",)
    assert known_log_keys(pinned, naming) == ("held",)
    assert known_log_keys(Pinned(HUB, {}), None) == ()
