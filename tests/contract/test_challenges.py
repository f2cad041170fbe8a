"""Open questions: answered once, in time, for the purpose they were asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from idp.authn.challenges import MAX_WRONG_ANSWERS, Challenge, ChallengePurpose
from idp.foundation.identifiers import digest
from idp.storage.schema import challenges
from idp.storage.statement import Statement
from tests.contract.region import MINUTE, NOW, Region, at_once

EVERY = Statement(select(challenges))
SIGN_IN, ENROLMENT = ChallengePurpose.PASSKEY_SIGN_IN, ChallengePurpose.PASSKEY_ENROLMENT
ID = "ch_" + "a" * 43
OPEN = Challenge(
    id=ID,
    purpose=SIGN_IN,
    account_id=None,
    bound_to=digest("a browser"),
    data={"challenge": "AAECAw", "name": "𬭚", "order": ["left", "up"], "number": 7},
    created_at=NOW,
    expires_at=NOW + 5 * MINUTE,
)


def asked(region: Region, challenge: Challenge = OPEN) -> Challenge:
    region.stores.challenges.add(challenge)
    return challenge


def test_a_challenge_is_found_as_it_was_asked(region: Region) -> None:
    asked(region)

    assert region.stores.challenges.find(ID, SIGN_IN, now=NOW) == OPEN


def test_it_may_ask_somebody_known(region: Region) -> None:
    account = region.add_account()
    mine = asked(region, replace(OPEN, account_id=account.id))

    assert region.stores.challenges.find(ID, SIGN_IN, now=NOW) == mine


def test_for_another_purpose_it_does_not_exist(region: Region) -> None:
    """An answer to one question never passes for the answer to another."""
    asked(region)
    store = region.stores.challenges

    for other in set(ChallengePurpose) - {SIGN_IN}:
        assert store.find(ID, other, now=NOW) is None
        assert not store.advance(ID, other, step=0, data={}, now=NOW)
        assert not store.consume(ID, other, now=NOW)

    assert store.find(ID, SIGN_IN, now=NOW) == OPEN


@pytest.mark.parametrize(
    "unknown", ["ch_" + "b" * 43, "", "ch_", "tx_" + "a" * 43, "ch_\0", "ch_" + "a" * 9000]
)
def test_what_was_not_asked_cannot_be_answered(region: Region, unknown: str) -> None:
    asked(region)
    store = region.stores.challenges

    assert store.find(unknown, SIGN_IN, now=NOW) is None
    assert not store.consume(unknown, SIGN_IN, now=NOW)
    assert not store.advance(unknown, SIGN_IN, step=0, data={}, now=NOW)


def test_it_is_consumed_once(region: Region) -> None:
    asked(region)
    store = region.stores.challenges

    answers = at_once(20, lambda _: store.consume(ID, SIGN_IN, now=NOW))

    assert answers.count(True) == 1
    assert store.find(ID, SIGN_IN, now=NOW) is None
    assert not store.advance(ID, SIGN_IN, step=0, data={}, now=NOW)


def test_what_it_knew_is_gone_once_it_is_consumed(region: Region) -> None:
    asked(region)
    assert region.stores.challenges.consume(ID, SIGN_IN, now=NOW)

    assert [row.data for row in region.database.all(EVERY)] == ["{}"]


def test_it_ends_with_its_time(region: Region) -> None:
    asked(region)
    store, last = region.stores.challenges, OPEN.expires_at - MINUTE / 60

    assert store.find(ID, SIGN_IN, now=last) == OPEN
    assert store.find(ID, SIGN_IN, now=OPEN.expires_at) is None
    assert not store.advance(ID, SIGN_IN, step=0, data={}, now=OPEN.expires_at)
    assert not store.consume(ID, SIGN_IN, now=OPEN.expires_at)
    assert store.consume(ID, SIGN_IN, now=last)


def test_of_twenty_who_take_one_step_at_once_one_does(region: Region) -> None:
    asked(region)
    store = region.stores.challenges

    answers = at_once(20, lambda number: store.advance(ID, SIGN_IN, step=0, data={"winner": number}, now=NOW))

    assert answers.count(True) == 1
    found = store.find(ID, SIGN_IN, now=NOW)
    assert found is not None
    assert (found.step, list(found.data)) == (1, ["winner"])


def test_steps_are_taken_in_order_and_none_twice(region: Region) -> None:
    asked(region)
    store = region.stores.challenges

    def advance(step: int) -> bool:
        return store.advance(ID, SIGN_IN, step=step, data={"after": step}, now=NOW)

    assert [advance(step) for step in (1, 0, 0, 2, 1, 1, 2)] == [False, True, False, False, True, False, True]
    found = store.find(ID, SIGN_IN, now=NOW)
    assert found is not None
    assert (found.step, found.data) == (3, {"after": 2})


def test_it_dies_with_too_many_wrong_answers(region: Region) -> None:
    asked(region)
    store = region.stores.challenges

    counts = [store.count_wrong_answer(ID) for _ in range(MAX_WRONG_ANSWERS - 1)]
    assert store.find(ID, SIGN_IN, now=NOW) is not None
    counts.append(store.count_wrong_answer(ID))

    assert counts == list(range(1, MAX_WRONG_ANSWERS + 1))
    assert store.find(ID, SIGN_IN, now=NOW) is None
    assert not store.consume(ID, SIGN_IN, now=NOW)
    assert not store.advance(ID, SIGN_IN, step=0, data={}, now=NOW)


def test_no_wrong_answer_is_lost_when_many_come_at_once(region: Region) -> None:
    asked(region)

    answers = at_once(20, lambda _: region.stores.challenges.count_wrong_answer(ID))

    assert sorted(answers) == list(range(1, 21))


def test_two_challenges_are_two(region: Region) -> None:
    asked(region)
    other = asked(region, replace(OPEN, id="ch_" + "b" * 43, data={}))
    store = region.stores.challenges

    assert store.consume(ID, SIGN_IN, now=NOW)
    assert store.find(other.id, SIGN_IN, now=NOW) == other
