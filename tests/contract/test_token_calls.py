"""How often API tokens call: counted together by all processes, and seldom written down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import select

from idp.authn.credentials import Charge, Schedule
from idp.authn.throttle import TooManyAttempts
from idp.storage.schema import throttles
from idp.storage.statement import Statement
from idp.wiring.governing.token_calls import MINUTE, SHARES, TokenCalls
from tests.contract.region import NOW, Region, at_once

A_MINUTE = 5 * SHARES
"""Five to a share."""
PATIENCE_SECONDS = 120


@pytest.fixture
def calls(region: Region) -> TokenCalls:
    return TokenCalls(region.stores.throttles, A_MINUTE)


def counted(calls: TokenCalls, tries: int, token: str = "t1", at: timedelta = timedelta(0)) -> int:
    """How many of these calls go ahead."""
    done = 0
    for _ in range(tries):
        try:
            calls.count(token, now=NOW + at)
        except TooManyAttempts:
            continue
        done += 1
    return done


def test_a_minute_has_so_many_calls_for_each_token(calls: TokenCalls) -> None:
    assert counted(calls, 2 * A_MINUTE) == A_MINUTE
    assert counted(calls, A_MINUTE, "t2") == A_MINUTE


def test_whoever_goes_on_waits_longer_each_time(calls: TokenCalls) -> None:
    counted(calls, A_MINUTE)

    waits = []
    at = timedelta(0)
    for _ in range(4):
        with pytest.raises(TooManyAttempts) as refused:
            calls.count("t1", now=NOW + at)
        assert refused.value.retry_at is not None
        waits.append((refused.value.retry_at - NOW - at).total_seconds())
        at = refused.value.retry_at - NOW
        assert counted(calls, A_MINUTE, at=at) == A_MINUTE // SHARES

    assert waits == [1, 2, 4, 8]


def test_the_next_minute_begins_afresh(calls: TokenCalls) -> None:
    counted(calls, 2 * A_MINUTE)

    assert counted(calls, 2 * A_MINUTE, at=MINUTE) == A_MINUTE


def test_who_stays_below_the_limit_is_never_stopped(calls: TokenCalls) -> None:
    pace = MINUTE / A_MINUTE

    assert sum(counted(calls, 1, at=number * pace) for number in range(10 * A_MINUTE)) == 10 * A_MINUTE


def test_a_share_of_calls_is_one_write_and_a_refusal_none(calls: TokenCalls, region: Region) -> None:
    counted(calls, 3 * A_MINUTE)

    row = region.database.one(Statement(select(throttles.c.misses)))

    assert row is not None
    assert row.misses == SHARES


def test_processes_count_together(calls: TokenCalls, region: Region) -> None:
    beside = TokenCalls(region.stores.throttles, A_MINUTE)

    assert counted(calls, A_MINUTE // 2) + counted(beside, A_MINUTE) == A_MINUTE


def test_of_many_at_once_no_more_go_ahead(calls: TokenCalls) -> None:
    assert sum(at_once(8, lambda _: counted(calls, A_MINUTE // 4))) == A_MINUTE


def test_the_first_calls_are_never_stopped_however_many_processes_they_meet(region: Region) -> None:
    processes = (TokenCalls(region.stores.throttles, 600) for _ in range(60))

    assert sum(counted(one, 1) for one in processes) == 60


def test_whoever_meets_many_processes_is_stopped_earlier_by_less_than_a_share_for_each(
    region: Region,
) -> None:
    processes = [TokenCalls(region.stores.throttles, A_MINUTE) for _ in range(30)]
    done = 0
    while counted(processes[done % 30], 1):
        done += 1

    assert done >= A_MINUTE - 30 * (A_MINUTE // SHARES - 1)


class Waiting:
    """A database that lets one token's count wait."""

    def __init__(self) -> None:
        self.asked, self.goes_on = Event(), Event()

    def charge(self, key: str, schedule: Schedule, *, now: datetime) -> Charge:
        if key == "staff-token:theirs":
            self.asked.set()
            assert self.goes_on.wait(PATIENCE_SECONDS)
        return Charge(allowed=True, retry_at=None, disabled=False)


def test_a_count_that_waits_for_the_database_keeps_no_other_token_waiting() -> None:
    store = Waiting()
    calls = TokenCalls(store, A_MINUTE)
    with ThreadPoolExecutor(2) as pool:
        theirs = pool.submit(calls.count, "theirs", now=NOW)
        assert store.asked.wait(PATIENCE_SECONDS)

        mine = pool.submit(calls.count, "mine", now=NOW)

        try:
            mine.result(PATIENCE_SECONDS / 2)
            assert not theirs.done()
        finally:
            store.goes_on.set()


@pytest.mark.parametrize("limit", [1, 7, 19, 20, 21])
def test_a_small_limit_holds_too(region: Region, limit: int) -> None:
    assert counted(TokenCalls(region.stores.throttles, limit), 100) == limit
