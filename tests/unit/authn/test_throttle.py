"""How patience wears out, and what it is counted under."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from idp.authn.throttle import (
    ADDRESSES,
    CODES,
    MOST_MISSES,
    NAMES_OF_AN_ACCOUNT,
    PASSWORDS,
    Throttle,
    ThrottledFactor,
    TooManyAttempts,
    network_of,
)
from tests.unit.authn.memory import MemoryThrottle
from tests.unit.authn.people import ADDRESS, NOW, SECRET

TOTP, PASSWORD = ThrottledFactor.TOTP, ThrottledFactor.PASSWORD


@pytest.fixture
def misses() -> MemoryThrottle:
    return MemoryThrottle()


@pytest.fixture
def throttle(misses: MemoryThrottle) -> Throttle:
    return Throttle(misses, SECRET)


def miss(throttle: Throttle, times: int, *, now: datetime = NOW, factor: ThrottledFactor = TOTP) -> datetime:
    """Miss again and again, each time as soon as it is allowed and from another address; returns the time."""
    for number in range(times):
        address = f"10.{number // 250}.{number % 250}.1"
        try:
            throttle.admit(factor, "ada", address, now=now)
        except TooManyAttempts as error:
            now = error.retry_at or now
            throttle.admit(factor, "ada", f"172.16.{number // 250}.{number % 250}", now=now)
    return now


def test_five_misses_cost_nothing_and_the_next_attempt_waits_half_a_minute(throttle: Throttle) -> None:
    miss(throttle, 5)

    with pytest.raises(TooManyAttempts) as refused:
        throttle.admit(TOTP, "ada", ADDRESS, now=NOW)

    assert refused.value.retry_at == NOW + timedelta(seconds=30)
    assert not refused.value.disabled


def test_the_wait_doubles_up_to_an_hour() -> None:
    waits = [CODES.wait_after(misses).total_seconds() for misses in (4, 5, 6, 7, 11, 12, 99, 10_000)]

    assert waits == [0, 30, 60, 120, 1920, 3600, 3600, 3600]


def test_a_hundred_misses_disable_a_factor_until_it_is_reset(throttle: Throttle) -> None:
    now = miss(throttle, MOST_MISSES) + timedelta(days=365)

    with pytest.raises(TooManyAttempts) as refused:
        throttle.admit(TOTP, "ada", ADDRESS, now=now)
    throttle.reset(TOTP, "ada")

    assert (refused.value.disabled, refused.value.retry_at) == (True, None)
    throttle.admit(TOTP, "ada", ADDRESS, now=now)


def test_all_names_of_an_account_together_stay_within_a_hundred_misses() -> None:
    assert PASSWORDS.disable_after is not None
    assert PASSWORDS.disable_after * NAMES_OF_AN_ACCOUNT <= MOST_MISSES


def test_a_refused_attempt_does_not_lengthen_the_wait(throttle: Throttle) -> None:
    miss(throttle, 5)
    for second in (0, 10, 29):
        with pytest.raises(TooManyAttempts):
            throttle.admit(TOTP, "ada", ADDRESS, now=NOW + timedelta(seconds=second))

    throttle.admit(TOTP, "ada", ADDRESS, now=NOW + timedelta(seconds=30))


def test_factors_and_people_are_counted_apart(throttle: Throttle) -> None:
    miss(throttle, 5)

    throttle.admit(ThrottledFactor.RECOVERY_CODE, "ada", ADDRESS, now=NOW)
    throttle.admit(TOTP, "bo", ADDRESS, now=NOW)


def test_a_success_forgives_the_misses_before_it(throttle: Throttle) -> None:
    miss(throttle, 4)
    throttle.admit(TOTP, "ada", ADDRESS, now=NOW)
    throttle.forgive(TOTP, "ada", ADDRESS)

    miss(throttle, 5)


def test_one_address_that_guesses_for_many_people_is_slowed_down_and_never_shut_out(
    throttle: Throttle,
) -> None:
    for number in range(ADDRESSES.free):
        throttle.admit(PASSWORD, f"person {number}", ADDRESS, now=NOW)

    with pytest.raises(TooManyAttempts) as refused:
        throttle.admit(PASSWORD, "one more", ADDRESS, now=NOW)

    assert not refused.value.disabled
    assert refused.value.retry_at is not None
    throttle.admit(PASSWORD, "one more", ADDRESS, now=refused.value.retry_at)
    for number in range(ADDRESSES.free):
        throttle.admit(PASSWORD, f"later person {number}", ADDRESS, now=NOW + timedelta(hours=1))


def test_a_refused_address_cannot_wear_out_somebody_s_account(
    throttle: Throttle, misses: MemoryThrottle
) -> None:
    for number in range(ADDRESSES.free):
        throttle.admit(PASSWORD, f"person {number}", ADDRESS, now=NOW)
    before = len(misses.misses)

    with pytest.raises(TooManyAttempts):
        throttle.admit(PASSWORD, "ada", ADDRESS, now=NOW)

    assert len(misses.misses) == before


def test_those_who_sign_in_rightly_do_not_use_up_their_shared_address(throttle: Throttle) -> None:
    for number in range(ADDRESSES.free * 3):
        throttle.admit(PASSWORD, f"citizen {number}", ADDRESS, now=NOW)
        throttle.forgive(PASSWORD, f"citizen {number}", ADDRESS)


def test_signing_in_to_one_s_own_account_buys_no_guesses_at_others(throttle: Throttle) -> None:
    """A success takes back its own charge of the address and not the misses before it."""
    for number in range(ADDRESSES.free - 1):
        throttle.admit(PASSWORD, f"victim {number}", ADDRESS, now=NOW)
    throttle.admit(PASSWORD, "attacker", ADDRESS, now=NOW)
    throttle.forgive(PASSWORD, "attacker", ADDRESS)

    with pytest.raises(TooManyAttempts):
        throttle.admit(PASSWORD, "next victim", ADDRESS, now=NOW)


def test_the_keys_do_not_say_who_or_from_where(throttle: Throttle, misses: MemoryThrottle) -> None:
    throttle.admit(PASSWORD, "ada", ADDRESS, now=NOW)

    assert len(misses.misses) == 2
    assert not any(word in key for key in misses.misses for word in ("ada", ADDRESS))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("192.0.2.7, 10.0.0.1", "unknown"),
        ("999.1.1.1", "unknown"),
    ],
)
def test_an_address_is_counted_as_its_network_and_never_goes_free(address: str, network: str) -> None:
    assert network_of(address) == network
