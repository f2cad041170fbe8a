"""Figures by the hour: counted from the audit trail and from the boards of servers, each line and number once.

How far it was counted is kept with what was counted, in one transaction. So a process may die at any moment, and
several may count at once: nothing is lost and nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, Insert, Table, and_, delete, func, select

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.storage.db import Access, Database
from idp.storage.rows import document, given
from idp.storage.schema import audit_events, figure_hours, figure_positions, figure_runs, sessions
from idp.storage.statement import Row, Statement, replacing

GAP_PATIENCE = timedelta(minutes=5)
"""Lines are numbered when they are written and seen when they are committed: a number that is missing may still come.
After this long it was undone; a statement ends after half a minute."""
EVENTS = "events"
PROBE = "probe"

_BEFORE = given("before", BigInteger())


def _reach(insert: Callable[[Table], Any]) -> Insert:
    """Take hold of a position, whether or not it was ever there; a second caller waits until the first is done."""
    row = insert(figure_positions)
    held: Insert = row.on_conflict_do_update(
        index_elements=["name"], set_={"moved_at": row.excluded.moved_at}
    )
    return held


def _reach_run(insert: Callable[[Table], Any]) -> Insert:
    row = insert(figure_runs)
    held: Insert = row.on_conflict_do_update(index_elements=["run"], set_={"added_at": row.excluded.added_at})
    return held


def _add(insert: Callable[[Table], Any]) -> Insert:
    row = insert(figure_hours)
    added: Insert = row.on_conflict_do_update(
        index_elements=["hour", "name", "label"],
        set_={"amount": figure_hours.c.amount + row.excluded.amount},
    )
    return added


REACH = Statement(_reach)
POSITION = Statement(select(figure_positions.c.position).where(figure_positions.c.name == given("name")))
MOVE = Statement(replacing(figure_positions))
LINES = Statement(
    select(
        audit_events.c.id,
        audit_events.c.kind,
        audit_events.c.happened_at,
        sessions.c.proofs,
        sessions.c.home_iss,
    )
    .outerjoin(
        sessions,
        and_(sessions.c.id == audit_events.c.subject, sessions.c.account_id == audit_events.c.account_id),
    )
    .where(audit_events.c.id > given("after"))
    .order_by(audit_events.c.id)
    .limit(given("limit"))
)
LAST_LINE = Statement(select(func.max(audit_events.c.id).label("id")))
ADD = Statement(_add)
REACH_RUN = Statement(_reach_run)
NUMBERS = Statement(select(figure_runs.c.numbers).where(figure_runs.c.run == given("run")))
REMEMBER = Statement(replacing(figure_runs))
FORGET_HOURS = Statement(delete(figure_hours).where(figure_hours.c.hour < _BEFORE))
FORGET_RUNS = Statement(delete(figure_runs).where(figure_runs.c.added_at < _BEFORE))

_stretch = (
    select(
        figure_hours.c.name,
        figure_hours.c.label,
        (
            figure_hours.c.hour
            - (figure_hours.c.hour + given("offset", BigInteger())) % given("step", BigInteger())
        ).label("begins_at"),
        figure_hours.c.amount,
    )
    .where(figure_hours.c.hour >= given("since", BigInteger()), figure_hours.c.hour < _BEFORE)
    .subquery()
)
AMOUNTS = Statement(
    select(
        _stretch.c.name,
        _stretch.c.label,
        _stretch.c.begins_at,
        # A sum of large numbers is a type of its own in PostgreSQL; ours stays a whole number.
        func.sum(_stretch.c.amount).cast(BigInteger()).label("amount"),
    ).group_by(_stretch.c.name, _stretch.c.label, _stretch.c.begins_at)
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the audit trail as it is counted, with the session it names."""

    kind: str
    at: datetime
    methods: tuple[str, ...]
    """What was shown, first things first; empty where the line names no session."""
    home_iss: str | None
    """Whose word the session stands on, for somebody from another region."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How often something happened in a stretch of time."""

    name: str
    label: str
    begins_at: datetime
    amount: int


Key = tuple[int, str, str]
"""Hour in milliseconds, name, label."""
Amounts = Mapping[Key, int]


class FigureRepository:
    """Keeps figures, and how far they have been counted."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def count_events(self, count: Callable[[Sequence[Line]], Amounts], limit: int, *, now: datetime) -> int:
        """Count the next lines of the audit trail, at most `limit`; how many there were."""
        with self._db.transaction() as tx:
            reached = _reached(tx, EVENTS, now)
            rows = _settled(tx.all(LINES, after=reached, limit=limit), reached, now)
            if not rows:
                return 0
            _keep(tx, count([_line(row) for row in rows]))
            tx.run(MOVE, name=EVENTS, position=rows[-1].id, moved_at=to_milliseconds(now))
        return len(rows)

    def uncounted(self) -> int:
        """How many lines of the audit trail are still to be counted, about."""
        last, reached = self._db.one(LAST_LINE), self._db.one(POSITION, name=EVENTS)
        return max((last.id or 0 if last else 0) - (reached.position if reached else 0), 0)

    def add_run(
        self,
        run: str,
        numbers: Sequence[int],
        count: Callable[[Sequence[int]], Amounts],
        *,
        now: datetime,
    ) -> None:
        """Add what a running server counted since this was last done. `count` is told what stood there then."""
        with self._db.transaction() as tx:
            at = to_milliseconds(now)
            tx.run(REACH_RUN, run=run, numbers="[]", added_at=at)
            row = tx.one(NUMBERS, run=run)
            _keep(tx, count(orjson.loads(row.numbers) if row else ()))
            tx.run(REMEMBER, run=run, numbers=document(list(numbers)), added_at=at)

    def amounts(
        self, since: datetime, before: datetime, step: timedelta, offset: timedelta = timedelta(0)
    ) -> tuple[Amount, ...]:
        """What happened between two hours, in stretches of `step`: a whole number of hours that divides a day.

        `offset`: of the clock on the wall from UTC, so that a day begins at its midnight.
        """
        rows = self._db.all(
            AMOUNTS,
            since=to_milliseconds(since),
            before=to_milliseconds(before),
            step=step // timedelta(milliseconds=1),
            offset=offset // timedelta(milliseconds=1),
        )
        return tuple(
            Amount(row.name, row.label, from_milliseconds(row.begins_at), row.amount) for row in rows
        )

    def probe(self, *, now: datetime) -> None:
        """Write, durably: whether the database takes anything. Raises: StorageError."""
        self._db.run(REACH, name=PROBE, position=0, moved_at=to_milliseconds(now))

    def forget(self, *, hours_before: datetime, runs_before: datetime) -> None:
        """Let go of old hours, and of what servers had counted that stopped long ago."""
        self._db.run(FORGET_HOURS, before=to_milliseconds(hours_before))
        self._db.run(FORGET_RUNS, before=to_milliseconds(runs_before))


def _reached(tx: Access, name: str, now: datetime) -> int:
    """The position, ours until the transaction ends."""
    tx.run(REACH, name=name, position=0, moved_at=to_milliseconds(now))
    row = tx.one(POSITION, name=name)
    return 0 if row is None else int(row.position)


def _settled(rows: Sequence[Row], reached: int, now: datetime) -> list[Row]:
    """The lines before the first number that is missing and may still come."""
    settled: list[Row] = []
    before = to_milliseconds(now - GAP_PATIENCE)
    for row in rows:
        if row.id != reached + 1 and row.happened_at > before:
            break
        settled.append(row)
        reached = row.id
    return settled


def _keep(tx: Access, amounts: Amounts) -> None:
    # In one order everywhere: two that add to the same hours wait for each other, and never both for ever.
    for (hour, name, label), amount in sorted(amounts.items()):
        tx.run(ADD, hour=hour, name=name, label=label, amount=amount)


def _line(row: Row) -> Line:
    methods = () if row.proofs is None else tuple(one["method"] for one in orjson.loads(row.proofs))
    return Line(row.kind, from_milliseconds(row.happened_at), methods, row.home_iss)
