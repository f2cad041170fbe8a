"""How often API tokens call: counted together by all processes, and seldom written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.authn.throttle import TooManyAttempts
from idp.storage.schema import throttles
from idp.storage.statement import Statement
from idp.wiring.governing.token_calls import MINUTE, SHARES, TokenCalls
from tests.contract.region import NOW, Region, at_once

A_MINUTE = 60
"""Three to a share."""


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

    assert waits == [3, 6, 12, 24]


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
    assert sum(at_once(8, lambda _: counted(calls, 20))) == A_MINUTE


@pytest.mark.parametrize("limit", [1, 7, 19, 20, 21])
def test_a_small_limit_holds_too(region: Region, limit: int) -> None:
    assert counted(TokenCalls(region.stores.throttles, limit), 100) == limit
