"""Figures of the installation: counted from the audit trail and from boards in the background, read by the hour.

Nothing here happens while somebody signs in. What the audit trail tells is exact. What boards tell (how long requests
took, why they were refused) is added once a minute; a server that is killed loses what came since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from idp.authn.ways import way_of
from idp.foundation.board import Board, OwnMemory, Reading, Together
from idp.foundation.clock import to_milliseconds
from idp.foundation.entropy import SystemEntropy
from idp.foundation.events import EventKind
from idp.foundation.figures import CONSENT, HERE, REFUSAL, SECONDS, SIGN_IN, Family, Kept, Outcome, Way
from idp.storage.figures import Amount, Amounts, FigureRepository, Line

HOUR = timedelta(hours=1)
BATCH = 500
MOST_BATCHES = 200
"""Of the audit trail in one round; the next round goes on."""
KEEP_HOURS = timedelta(days=400)
KEEP_RUNS = timedelta(days=30)


def alone() -> Together:
    """A process beside which no other works."""
    return Together(OwnMemory(), lambda: False, SystemEntropy().token(16))


class Figures:
    """Counts in the background, and reads what was counted."""

    def __init__(self, store: FigureRepository, run: str) -> None:
        self._store, self._run = store, run

    def count_events(self, *, now: datetime) -> int:
        """Bring the hours up to date with the audit trail; how many lines that were."""
        counted = 0
        for _ in range(MOST_BATCHES):
            found = self._store.count_events(of_lines, BATCH, now=now)
            counted += found
            if found < BATCH:
                break
        return counted

    def add(self, board: Board, requests: Board, *, now: datetime) -> None:
        """Add to the present hour what all processes of this server counted since last time."""
        seen, hour = board.read(), hour_of(now)
        timed = requests.read()
        numbers = [*seen.numbers, *timed.numbers]

        def since(before: Sequence[int]) -> Amounts:
            fits = len(before) == len(numbers)
            of_board, of_requests = (
                (before[: len(seen.numbers)], before[len(seen.numbers) :]) if fits else ((), ())
            )
            return of_reading(hour, seen.since(of_board), timed.since(of_requests))

        self._store.add_run(self._run, numbers, since, now=now)

    def forget(self, *, now: datetime) -> None:
        """Let go of what nobody will look at again."""
        self._store.forget(hours_before=now - KEEP_HOURS, runs_before=now - KEEP_RUNS)

    def uncounted(self) -> int:
        """How many lines of the audit trail are still to be counted, about."""
        return self._store.uncounted()

    def amounts(
        self, since: datetime, before: datetime, step: timedelta, offset: timedelta = timedelta(0)
    ) -> tuple[Amount, ...]:
        """What happened between two hours, in stretches of `step`; `offset`: of the clock on the wall from UTC."""
        return self._store.amounts(since, before, step, offset)


def hour_of(moment: datetime) -> int:
    """The beginning of its hour, as hours are kept."""
    return to_milliseconds(moment.replace(minute=0, second=0, microsecond=0))


def of_lines(lines: Sequence[Line]) -> Amounts:
    """What lines of the audit trail add to which hours."""
    amounts: Counter[tuple[int, str, str]] = Counter()
    for line in lines:
        hour = hour_of(line.at)
        amounts[hour, Kept.EVENTS, line.kind] += 1
        if line.kind == EventKind.SIGNED_IN:
            amounts[hour, Kept.SIGN_INS, way_of(line.methods, line.home_iss)] += 1
            amounts[hour, Kept.HOMES, line.home_iss or HERE] += 1
    return amounts


def of_reading(hour: int, board: Reading, requests: Reading) -> Amounts:
    """What boards add to an hour."""
    amounts: Counter[tuple[int, str, str]] = Counter()
    for (reason,) in REFUSAL.combinations():
        amounts[hour, Kept.REASONS, reason] += board.of(REFUSAL, reason)[0]
    for (step,) in CONSENT.combinations():
        amounts[hour, Kept.CONSENTS, step] += board.of(CONSENT, step)[0]
    for way in Way:
        amounts[hour, Kept.WRONG_ANSWERS, way] += board.of(SIGN_IN, way, Outcome.REFUSED)[0]
    for label, count in _durations(requests.families[1], requests).items():
        amounts[hour, Kept.DURATIONS, label] += count
    return +amounts


def _durations(family: Family, requests: Reading) -> dict[str, int]:
    """How many requests took up to each bound, over all routes; the label is the place of the bound."""
    buckets = [0] * (len(SECONDS) + 1)
    for combination in family.combinations():
        for place, count in enumerate(requests.of(family, *combination)[: len(buckets)]):
            buckets[place] += count
    return {f"{place:02}": count for place, count in enumerate(buckets)}
