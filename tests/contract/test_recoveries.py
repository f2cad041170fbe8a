"""Recoveries: each step once and only after the one before it, whatever happens at the same moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from idp.authn import recovery as rules
from idp.authn.recovery import (
    Anchor,
    Approved,
    Begun,
    Cancelled,
    Finished,
    Ready,
    Recovery,
    Requested,
    Waiting,
)
from idp.foundation.identifiers import digest
from idp.storage.failures import RuleBroken
from tests.contract.region import MINUTE, NOW, Region, at_once, race

DAY = timedelta(days=1)


def begin(region: Region, name: str = "r1", account_id: str | None = "acct_ada") -> Recovery:
    recovery = Recovery(name, account_id, Begun(), NOW, NOW + 30 * MINUTE, name_hash=b"\0as typed\xff")
    region.stores.recoveries.add(recovery, digest(name))
    return recovery


def proved(region: Region, name: str = "r1", account_id: str = "acct_ada") -> Recovery:
    before = begin(region, name, account_id)
    after = rules.prove(before, Anchor.EMAIL)
    assert region.stores.recoveries.move(before, after, now=NOW)
    return after


def wait(region: Region, before: Recovery, anchor: Anchor = Anchor.TEXT_MESSAGE) -> bool:
    after = waited(before, anchor)
    return region.stores.recoveries.wait(before, after, digest(f"stop {before.id}"), now=NOW)


def waited(before: Recovery, anchor: Anchor = Anchor.TEXT_MESSAGE) -> Recovery:
    return rules.wait(rules.prove(before, anchor), until=NOW + DAY, expires_at=NOW + 8 * DAY)


def waiting(region: Region, name: str = "r1") -> Recovery:
    assert wait(region, proved(region, name))
    return found(region, name)


def visit(region: Region, name: str = "v1", code: str = "the code") -> Recovery:
    """Asked for by one officer, approved by another."""
    store, asked = (
        region.stores.recoveries,
        Recovery(name, "acct_ada", Requested("Li"), NOW, NOW + 60 * MINUTE),
    )
    store.add(asked, None)
    approved = rules.approve(asked, "Wang", expires_at=NOW + 10 * MINUTE)
    assert store.approve(asked, approved, digest(code), now=NOW)
    return approved


def take_over(
    region: Region, code: str = "the code", browser: str = "browser", **at: datetime
) -> Recovery | None:
    now = at.get("now", NOW)
    return region.stores.recoveries.take_over(
        "acct_ada", digest(code), digest(browser), expires_at=now + 30 * MINUTE, now=now
    )


def found(region: Region, name: str) -> Recovery:
    recovery = region.stores.recoveries.find_by_id(name)
    assert recovery is not None
    return recovery


def test_a_recovery_is_found_by_what_its_browser_holds(region: Region) -> None:
    region.add_account()
    kept = begin(region)

    assert region.stores.recoveries.find(digest("r1")) == kept
    assert region.stores.recoveries.find_by_id("r1") == kept
    assert region.stores.recoveries.find(digest("r2")) is None


def test_nobodys_recovery_is_kept_like_anybodys(region: Region) -> None:
    kept = begin(region, account_id=None)

    assert region.stores.recoveries.find(digest("r1")) == kept


def test_a_step_is_taken_once(region: Region) -> None:
    region.add_account()
    before = begin(region)
    after = rules.prove(before, Anchor.EMAIL)

    answers = at_once(20, lambda _: region.stores.recoveries.move(before, after, now=NOW))

    assert answers.count(True) == 1
    assert found(region, "r1") == after


def test_a_lapsed_recovery_does_not_move(region: Region) -> None:
    region.add_account()
    before, late = begin(region), NOW + 30 * MINUTE

    assert not region.stores.recoveries.move(before, rules.prove(before, Anchor.EMAIL), now=late)
    assert not region.stores.recoveries.cancel("r1", now=late)


def test_one_anchor_is_not_enough_to_wait(region: Region) -> None:
    """The store looks for itself: a state that claims an anchor which is not there moves nothing."""
    region.add_account()
    before = begin(region)
    pretended = replace(before, state=rules.OneProved(Anchor.RECOVERY_CODE))

    assert not wait(region, pretended)
    assert found(region, "r1").state == Begun()


def test_of_one_account_one_recovery_waits(region: Region) -> None:
    region.add_account()
    several = [proved(region, f"r{number}") for number in range(8)]

    answers = at_once(8, lambda index: wait(region, several[index]))

    assert answers.count(True) == 1
    running = region.stores.recoveries.find_open("acct_ada", now=NOW)
    assert running is not None
    assert running.state == Waiting(frozenset({Anchor.EMAIL, Anchor.TEXT_MESSAGE}), NOW + DAY)


def test_the_database_itself_keeps_to_one_that_waits(region: Region) -> None:
    region.add_account()
    waiting(region)
    other = waited(proved(region, "r2"))

    with pytest.raises(RuleBroken):
        region.stores.recoveries.add(replace(other, id="r3"), digest("r3"))


def test_one_that_nobody_finished_makes_way_for_the_next(region: Region) -> None:
    region.add_account()
    waiting(region)
    later = NOW + 9 * DAY
    before = replace(proved(region, "r2"), expires_at=later + MINUTE)
    with region.database.transaction():
        region.stores.recoveries.move(before, before, now=NOW)
    after = rules.wait(
        rules.prove(before, Anchor.TEXT_MESSAGE), until=later + DAY, expires_at=later + 8 * DAY
    )

    assert region.stores.recoveries.find_open("acct_ada", now=later) is None
    assert region.stores.recoveries.wait(before, after, digest("stop"), now=later)


def test_nothing_is_finished_before_its_waiting_is_over(region: Region) -> None:
    region.add_account()
    recovery = waiting(region)

    assert not region.stores.recoveries.finish(recovery, now=NOW + DAY - MINUTE)
    assert not region.stores.recoveries.finish(recovery, now=NOW + 8 * DAY)
    assert region.stores.recoveries.finish(recovery, now=NOW + DAY)


@pytest.mark.parametrize("stage", [begin, proved])
def test_nothing_is_finished_that_does_not_wait(region: Region, stage: object) -> None:
    region.add_account()
    assert callable(stage)
    recovery = stage(region)

    assert not region.stores.recoveries.finish(recovery, now=NOW + 10 * MINUTE)


def test_a_recovery_is_finished_once_and_ends_every_session_code_and_grant(region: Region) -> None:
    account, _, session = region.signed_in()
    grant = region.add_grant("redeemed", session, offline=True)
    region.add_code("open", session)
    recovery, later = waiting(region), NOW + DAY
    one_proved = proved(region, "r2")

    answers = at_once(10, lambda _: region.stores.recoveries.finish(recovery, now=later))

    assert answers.count(True) == 1
    assert found(region, "r1").state == Finished()
    assert found(region, one_proved.id).state == Cancelled()
    assert not region.stores.sessions.list_of(account.id, now=NOW)
    assert region.stores.grants.find_live(grant.id, "jti", now=NOW) is None
    assert region.stores.codes.find(digest("open")) is None


def test_a_recovery_of_a_disabled_account_is_not_finished(region: Region) -> None:
    account = region.add_account()
    recovery = waiting(region)
    region.stores.accounts.set_active(account.id, False, now=NOW)

    assert not region.stores.recoveries.finish(recovery, now=NOW + DAY)


def test_of_finishing_and_stopping_at_once_one_wins(region: Region) -> None:
    region.add_account()
    recovery, later, store = waiting(region), NOW + DAY, region.stores.recoveries

    answers = race(lambda: store.finish(recovery, now=later), lambda: store.cancel("r1", now=later))

    assert answers.count(True) == 1


def test_the_key_of_a_notice_finds_its_recovery_while_it_can_be_stopped(region: Region) -> None:
    region.add_account()
    waiting(region)
    store, key = region.stores.recoveries, digest("stop r1")

    assert store.find_by_stop_key(key, now=NOW) == found(region, "r1")
    assert store.find_by_stop_key(digest("another"), now=NOW) is None
    assert store.cancel("r1", now=NOW)
    assert store.find_by_stop_key(key, now=NOW) is None
    assert not store.cancel("r1", now=NOW)


def test_a_code_from_the_counter_opens_one_browser(region: Region) -> None:
    region.add_account()
    visit(region)

    answers = at_once(10, lambda index: take_over(region, browser=f"browser {index}"))

    (won,) = [answer for answer in answers if answer is not None]
    assert won.state == Ready(Approved("Li", "Wang"))
    assert region.stores.recoveries.finish(won, now=NOW)


def test_a_code_from_the_counter_is_good_for_its_time_and_account_only(region: Region) -> None:
    region.add_account()
    visit(region)
    store = region.stores.recoveries

    assert take_over(region, "another code") is None
    assert take_over(region, now=NOW + 10 * MINUTE) is None
    other = store.take_over("nobody", digest("the code"), digest("x"), expires_at=NOW + MINUTE, now=NOW)
    assert other is None


def test_nobody_takes_over_what_one_officer_asked_for(region: Region) -> None:
    region.add_account()
    asked = Recovery("v1", "acct_ada", Requested("Li"), NOW, NOW + 60 * MINUTE)
    region.stores.recoveries.add(asked, None)

    assert take_over(region) is None
    assert not region.stores.recoveries.finish(asked, now=NOW)


def test_a_counter_visit_ends_what_waited_online(region: Region) -> None:
    """Somebody with the mailbox may have begun it; the person stands here."""
    region.add_account()
    waiting(region)
    visit(region)

    assert take_over(region) is not None

    assert found(region, "r1").state == Cancelled()


def test_a_wrong_code_from_the_counter_ends_nothing(region: Region) -> None:
    region.add_account()
    waiting(region)
    visit(region)

    assert take_over(region, "a guess") is None

    assert isinstance(found(region, "r1").state, Waiting)


def test_officers_see_what_could_still_be_finished(region: Region) -> None:
    region.add_account()
    begin(region, "begun")
    waiting(region)
    visit(region)

    listed = {recovery.id for recovery in region.stores.recoveries.list_open(10, now=NOW)}

    assert listed == {"r1", "v1"}
    assert region.stores.recoveries.list_open(10, now=NOW + 30 * DAY) == ()


def test_wrong_answers_are_counted(region: Region) -> None:
    begin(region, account_id=None)

    answers = at_once(5, lambda _: region.stores.recoveries.count_wrong_answer("r1"))

    assert sorted(answers) == [1, 2, 3, 4, 5]
    with pytest.raises(LookupError):
        region.stores.recoveries.count_wrong_answer("unknown")


def test_lapsed_recoveries_are_swept_after_a_week(region: Region) -> None:
    begin(region, account_id=None)

    assert region.stores.housekeeping.sweep(now=NOW + 7 * DAY).get("recoveries") == 0
    assert region.stores.housekeeping.sweep(now=NOW + 8 * DAY).get("recoveries") == 1
