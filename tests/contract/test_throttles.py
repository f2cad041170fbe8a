"""The throttle's count: nothing is lost, nobody slips through (NIST SP 800-63B-4 §3.2.2)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from idp.authn.credentials import Charge, Schedule
from idp.authn.throttle import Throttle, ThrottledFactor, TooManyAttempts
from idp.foundation.secret import Secret
from tests.contract.region import NOW, Region, at_once

HOUR = timedelta(hours=1)
FACTOR = Schedule(free=5, first_delay=timedelta(seconds=30), longest_delay=HOUR, disable_after=100)
ADDRESS = Schedule(free=3, first_delay=timedelta(seconds=1), longest_delay=timedelta(seconds=60), window=HOUR)
ALLOWED = Charge(allowed=True, retry_at=None, disabled=False)
DISABLED = Charge(allowed=False, retry_at=None, disabled=True)


def refused_until(moment: datetime) -> Charge:
    return Charge(allowed=False, retry_at=moment, disabled=False)


def wear_out(region: Region, schedule: Schedule, misses: int, *, key: str = "key") -> datetime:
    """Charge so often, each time as soon as it is allowed; the moment of the last charge."""
    now = NOW
    for count in range(1, misses + 1):
        assert region.stores.throttles.charge(key, schedule, now=now) == ALLOWED
        if count < misses:
            now += schedule.wait_after(count)
    return now


@pytest.mark.parametrize("misses", [*range(1, 16), 40])
def test_the_database_counts_the_wait_as_the_schedule_does(region: Region, misses: int) -> None:
    now = wear_out(region, FACTOR, misses)
    expected = FACTOR.wait_after(misses)

    answer = region.stores.throttles.charge("key", FACTOR, now=now)

    assert answer == (refused_until(now + expected) if expected else ALLOWED)


def test_a_schedule_without_free_misses_makes_the_first_one_wait(region: Region) -> None:
    strict = Schedule(free=1, first_delay=HOUR, longest_delay=HOUR)

    assert region.stores.throttles.charge("key", strict, now=NOW) == ALLOWED
    assert region.stores.throttles.charge("key", strict, now=NOW) == refused_until(NOW + HOUR)


def test_trying_again_too_early_makes_nobody_wait_longer(region: Region) -> None:
    now = wear_out(region, FACTOR, 5)
    retry_at = now + timedelta(seconds=30)

    answers = {region.stores.throttles.charge("key", FACTOR, now=now) for _ in range(50)}

    assert answers == {refused_until(retry_at)}
    assert region.stores.throttles.charge("key", FACTOR, now=retry_at) == ALLOWED


def test_a_factor_is_disabled_after_a_hundred_misses_until_it_is_forgiven(region: Region) -> None:
    now = wear_out(region, FACTOR, 100)

    assert region.stores.throttles.charge("key", FACTOR, now=now + 1000 * HOUR) == DISABLED
    region.stores.throttles.forgive("key")

    assert region.stores.throttles.charge("key", FACTOR, now=now) == ALLOWED


def test_a_hundred_attempts_at_once_get_no_more_than_the_free_ones(region: Region) -> None:
    answers = at_once(20, lambda _: region.stores.throttles.charge("key", FACTOR, now=NOW).allowed)

    assert answers.count(True) == 5


def test_every_one_of_many_attempts_at_once_is_counted(region: Region) -> None:
    open_for_twenty = Schedule(free=20, first_delay=HOUR, longest_delay=HOUR)

    assert all(at_once(20, lambda _: region.stores.throttles.charge("key", open_for_twenty, now=NOW).allowed))

    assert not region.stores.throttles.charge("key", open_for_twenty, now=NOW).allowed


def test_forgiving_begins_afresh(region: Region) -> None:
    now = wear_out(region, FACTOR, 4)

    region.stores.throttles.forgive("key")

    assert wear_out(region, FACTOR, 5) >= now


def test_a_refund_takes_back_one_miss_but_no_wait_that_runs(region: Region) -> None:
    now = wear_out(region, FACTOR, 5)

    region.stores.throttles.refund("key")

    assert not region.stores.throttles.charge("key", FACTOR, now=now).allowed
    later = now + timedelta(seconds=30)
    assert region.stores.throttles.charge("key", FACTOR, now=later) == ALLOWED
    # Four left, so this was again the fifth: the shortest wait.
    assert region.stores.throttles.charge("key", FACTOR, now=later) == refused_until(
        later + timedelta(seconds=30)
    )


def test_refunds_never_go_below_none(region: Region) -> None:
    region.stores.throttles.refund("key")
    region.stores.throttles.charge("key", FACTOR, now=NOW)
    for _ in range(3):
        region.stores.throttles.refund("key")

    assert wear_out(region, FACTOR, 5) == NOW


def test_a_window_forgets_misses_that_have_grown_old(region: Region) -> None:
    wear_out(region, ADDRESS, 2)

    for _ in range(2):
        assert region.stores.throttles.charge("key", ADDRESS, now=NOW + HOUR) == ALLOWED
    assert region.stores.throttles.charge("key", ADDRESS, now=NOW + HOUR) == ALLOWED
    assert not region.stores.throttles.charge("key", ADDRESS, now=NOW + HOUR).allowed


def test_keys_are_counted_apart_whatever_they_are_made_of(region: Region) -> None:
    wear_out(region, FACTOR, 5, key="password:𠮷")

    for key in ("password:吉", "password:", "x" * 10_000, "a\0b"):
        assert region.stores.throttles.charge(key, FACTOR, now=NOW) == ALLOWED


def test_misses_and_successes_of_one_person_at_once_get_stuck_nowhere(region: Region) -> None:
    throttle = Throttle(region.stores.throttles, Secret("a secret for tests only: 0123456789 abcdefghij"))

    def sign_in(_: int) -> None:
        for _ in range(10):
            try:
                throttle.admit(ThrottledFactor.PASSWORD, "ada", "192.0.2.1", now=NOW)
            except TooManyAttempts:
                continue
            throttle.forgive(ThrottledFactor.PASSWORD, "ada", "192.0.2.1")

    at_once(4, sign_in)
