"""The dashboard's numbers: out of the hours that were kept, what the page and the command show of them.

Plain values; words are for whoever shows them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from idp.foundation.figures import SECONDS, Kept, Way

if TYPE_CHECKING:
    from idp.storage.figures import Amount
    from idp.wiring import Services

ONE_DAY = timedelta(days=1)
ONE_HOUR = timedelta(hours=1)


class Period(Enum):
    """How far back one looks, and in which steps."""

    DAY = (1, 24, ONE_HOUR)
    MONTH = (30, 30, ONE_DAY)

    def __init__(self, days: int, stretches: int, step: timedelta) -> None:
        self.days, self.stretches, self.step = days, stretches, step


@dataclass(frozen=True, slots=True)
class Stretch:
    """An hour, or a day."""

    begins_at: datetime
    sign_ins: int
    wrong_answers: int
    median: float | None
    """Seconds within which half of the requests were answered; None without requests."""
    slow: float | None
    """Seconds within which 95 of 100 were."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What happened in a period."""

    stretches: tuple[Stretch, ...]
    ways: Mapping[str, int]
    homes: Mapping[str, int]
    reasons: Mapping[str, int]
    wrong_answers: Mapping[str, int]
    consents: Mapping[str, int]
    median: float | None
    slow: float | None

    @property
    def sign_ins(self) -> int:
        return sum(self.ways.values())

    @property
    def passkey_share(self) -> float | None:
        """Of the sign-ins made here, those with a passkey; how other regions sign in is theirs to say."""
        here = self.sign_ins - self.ways.get(Way.OTHER_REGION, 0)
        return self.ways.get(Way.PASSKEY, 0) / here if here else None

    @property
    def undecided(self) -> int:
        """People who were asked to agree and neither did nor declined: they left, or came back and were asked again."""
        asked = self.consents.get("asked", 0)
        return max(asked - self.consents.get("given", 0) - self.consents.get("declined", 0), 0)


def read(services: Services, period: Period, offset: timedelta, *, now: datetime) -> Dashboard:
    """The dashboard of the period that ends with the present hour. `offset`: of the clock on the wall from UTC."""
    begins = beginnings(period, offset, now=now)
    amounts = services.figures.amounts(begins[0], now + ONE_HOUR, period.step, offset)
    return of_amounts(amounts, begins)


def beginnings(period: Period, offset: timedelta, *, now: datetime) -> tuple[datetime, ...]:
    """When each stretch of the period begins, the present one last."""
    here = now + offset
    first = here.replace(minute=0, second=0, microsecond=0)
    if period.step == ONE_DAY:
        first = first.replace(hour=0)
    last = first - offset
    return tuple(last - back * period.step for back in reversed(range(period.stretches)))


def of_amounts(amounts: Iterable[Amount], begins: tuple[datetime, ...]) -> Dashboard:
    """Sort what was kept into the dashboard."""
    totals: dict[str, Counter[str]] = {kept: Counter() for kept in Kept}
    by_time: dict[tuple[datetime, str], Counter[str]] = {}
    for one in amounts:
        totals[one.name][one.label] += one.amount
        by_time.setdefault((one.begins_at, one.name), Counter())[one.label] += one.amount
    durations = _buckets(totals[Kept.DURATIONS])
    return Dashboard(
        stretches=tuple(_stretch(moment, by_time) for moment in begins),
        ways=totals[Kept.SIGN_INS],
        homes=totals[Kept.HOMES],
        reasons=totals[Kept.REASONS],
        wrong_answers=totals[Kept.WRONG_ANSWERS],
        consents=totals[Kept.CONSENTS],
        median=percentile(durations, 0.5),
        slow=percentile(durations, 0.95),
    )


def document(seen: Dashboard) -> dict[str, Any]:
    """The dashboard for machines."""
    return {
        "sign_ins": seen.sign_ins,
        "passkey_share": seen.passkey_share,
        "median_seconds": seen.median,
        "slow_seconds": seen.slow,
        "ways": dict(seen.ways),
        "homes": dict(seen.homes),
        "wrong_answers": dict(seen.wrong_answers),
        "consents": dict(seen.consents),
        "reasons": dict(seen.reasons),
        "stretches": [
            {
                "begins_at": one.begins_at.isoformat(),
                "sign_ins": one.sign_ins,
                "wrong_answers": one.wrong_answers,
                "median_seconds": one.median,
                "slow_seconds": one.slow,
            }
            for one in seen.stretches
        ],
    }


def percentile(buckets: tuple[int, ...], part: float) -> float | None:
    """Seconds within which `part` of the requests were answered, evenly spread within a bucket; None without any."""
    wanted, below, bound = sum(buckets) * part, 0, 0.0
    for upper, count in zip(SECONDS, buckets, strict=False):
        if count and below + count >= wanted:
            return bound + (upper - bound) * (wanted - below) / count
        below, bound = below + count, upper
    # Beyond the last bound nobody measured how long.
    return bound if sum(buckets) else None


def _stretch(moment: datetime, by_time: Mapping[tuple[datetime, str], Counter[str]]) -> Stretch:
    def found(kept: Kept) -> Counter[str]:
        return by_time.get((moment, kept), Counter())

    durations = _buckets(found(Kept.DURATIONS))
    return Stretch(
        moment,
        found(Kept.SIGN_INS).total(),
        found(Kept.WRONG_ANSWERS).total(),
        percentile(durations, 0.5),
        percentile(durations, 0.95),
    )


def _buckets(counts: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(counts.get(f"{place:02}", 0) for place in range(len(SECONDS) + 1))
