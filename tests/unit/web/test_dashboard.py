"""The dashboard's numbers: percentiles out of buckets, periods by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp.foundation.figures import SECONDS, Kept, Way
from idp.storage.figures import Amount
from idp.web.dashboard import Period, beginnings, of_amounts, percentile

NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
CHINA = timedelta(hours=8)
EMPTY = (0,) * (len(SECONDS) + 1)


def buckets(**counts: int) -> tuple[int, ...]:
    return tuple(counts.get(f"b{place}", 0) for place in range(len(EMPTY)))


@pytest.mark.parametrize(
    ("counts", "part", "seconds"),
    [
        ({"b0": 10}, 0.5, 0.0005),
        ({"b0": 10}, 1.0, 0.001),
        ({"b3": 95, "b6": 5}, 0.95, 0.01),
        ({"b3": 94, "b6": 6}, 0.95, 0.05 + 0.05 * 1 / 6),
        ({"b13": 1}, 0.5, 10.0),
        ({"b0": 1, "b13": 99}, 0.95, 10.0),
    ],
)
def test_a_percentile_lies_where_the_bucket_has_it(
    counts: dict[str, int], part: float, seconds: float
) -> None:
    assert percentile(buckets(**counts), part) == pytest.approx(seconds)


def test_without_requests_there_is_none() -> None:
    assert percentile(EMPTY, 0.5) is None


def test_the_last_day_ends_with_the_present_hour() -> None:
    begins = beginnings(Period.DAY, CHINA, now=NOW)

    assert (len(begins), begins[-1]) == (24, datetime(2026, 11, 1, 8, tzinfo=UTC))
    assert begins[0] == datetime(2026, 10, 31, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("offset", "today"),
    [
        (timedelta(0), datetime(2026, 11, 1, tzinfo=UTC)),
        (CHINA, datetime(2026, 10, 31, 16, tzinfo=UTC)),
        (timedelta(hours=-9), datetime(2026, 10, 31, 9, tzinfo=UTC)),
        (timedelta(hours=16), datetime(2026, 11, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_midnight_on_the_wall(offset: timedelta, today: datetime) -> None:
    begins = beginnings(Period.MONTH, offset, now=NOW)

    assert (len(begins), begins[-1]) == (30, today)


def test_the_share_of_passkeys_is_of_those_who_sign_in_here() -> None:
    hour = datetime(2026, 11, 1, 8, tzinfo=UTC)
    amounts = [
        Amount(Kept.SIGN_INS, Way.PASSKEY, hour, 3),
        Amount(Kept.SIGN_INS, Way.PASSWORD, hour, 1),
        Amount(Kept.SIGN_INS, Way.OTHER_REGION, hour, 96),
    ]

    seen = of_amounts(amounts, (hour,))

    assert (seen.sign_ins, seen.passkey_share) == (100, 0.75)
    assert of_amounts([], (hour,)).passkey_share is None


@pytest.mark.parametrize(("given", "declined", "left"), [(3, 1, 6), (10, 0, 0), (11, 0, 0)])
def test_who_neither_agreed_nor_declined_has_left(given: int, declined: int, left: int) -> None:
    hour = datetime(2026, 11, 1, 8, tzinfo=UTC)
    steps = {"asked": 10, "given": given, "declined": declined}
    amounts = [Amount(Kept.CONSENTS, step, hour, amount) for step, amount in steps.items()]

    assert of_amounts(amounts, (hour,)).undecided == left
