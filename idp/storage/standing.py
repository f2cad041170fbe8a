"""How much waits where, and since when: counted for whoever watches over the installation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select

from idp.foundation.clock import from_milliseconds
from idp.governance.change_request import State
from idp.signals.telling import LogoutState
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import (
    audit_events,
    change_requests,
    log_heads,
    logouts,
    outgoing_messages,
    stream_events,
    witnessed_logs,
)
from idp.storage.statement import Row, Statement
from idp.transparency.leaves import LogName


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue: how many are in it, and since when the first of them."""

    name: str
    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class WitnessedLog:
    """A log, and when enough witnesses last stood by its head."""

    name: str
    size: int
    cosigned_at: datetime | None


def _queue(table: Table, moment: ColumnElement[int], *which: ColumnElement[bool]) -> Statement:
    counted: Any = select(func.count().label("waiting"), func.min(moment).label("since"))
    return Statement(counted.select_from(table).where(*which))


QUEUES: dict[str, Statement] = {
    "messages": _queue(outgoing_messages, outgoing_messages.c.due_at),
    "logouts": _queue(logouts, logouts.c.created_at, logouts.c.state == LogoutState.WAITING.value),
    "signals": _queue(stream_events, stream_events.c.happened_at),
    "audit_log": _queue(audit_events, audit_events.c.happened_at, audit_events.c.log_index.is_(None)),
}
"""What a thread empties: full, something is in the way."""
OPEN_CHANGES: tuple[State, ...] = (State.PROPOSED, State.APPROVED, State.REVIEW_DUE)
CHANGES = {
    state.value: _queue(
        change_requests, change_requests.c.proposed_at, change_requests.c.state == state.value
    )
    for state in OPEN_CHANGES
}
"""What people are to do something about."""
LOG = Statement(
    select(log_heads.c.log, log_heads.c.size, witnessed_logs.c.cosigned_at)
    .outerjoin(witnessed_logs, witnessed_logs.c.log == log_heads.c.log)
    .where(log_heads.c.log == given("log"))
)


class StandingRepository:
    """Counts. Every statement goes by an index, or over a table that is short when all is well."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def queues(self) -> tuple[Waiting, ...]:
        """What is to be handed over, told or logged."""
        return self._counted(QUEUES)

    def changes(self) -> tuple[Waiting, ...]:
        """Change requests that wait for somebody, by their state."""
        return self._counted(CHANGES)

    def logs(self) -> tuple[WitnessedLog, ...]:
        """The logs of this installation."""
        found = (self._db.one(LOG, log=log.value) for log in LogName)
        return tuple(
            WitnessedLog(row.log, row.size, _moment(row.cosigned_at)) for row in found if row is not None
        )

    def _counted(self, statements: dict[str, Statement]) -> tuple[Waiting, ...]:
        found: Sequence[tuple[str, Row | None]] = [
            (name, self._db.one(statement)) for name, statement in statements.items()
        ]
        return tuple(Waiting(name, row.waiting, _moment(row.since)) for name, row in found if row is not None)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else from_milliseconds(value)
