"""The audit trail, append only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.events import Event, EventKind
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import audit_events
from idp.storage.statement import Row, Statement

_COLUMNS = ("kind", "happened_at", "account_id", "client_id", "subject")

RECORD = Statement(insert(audit_events).values({name: given(name) for name in _COLUMNS}).inline())
OF_ACCOUNT = Statement(
    select(audit_events)
    .where(audit_events.c.account_id == given("account"))
    .order_by(audit_events.c.id.desc())
    .limit(given("limit"))
)


class EventRepository:
    """Implements `idp.foundation.events.EventLog`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def record(self, event: Event) -> None:
        self._db.run(RECORD, **values_of(event))

    def of_account(self, account_id: str, limit: int) -> tuple[Event, ...]:
        return tuple(_event(row) for row in self._db.all(OF_ACCOUNT, account=account_id, limit=limit))


def values_of(event: Event) -> dict[str, Any]:
    """What `RECORD` takes, for a line that belongs to a transaction of somebody else's."""
    return {
        "kind": event.kind.value,
        "happened_at": to_milliseconds(event.at),
        "account_id": event.account_id,
        "client_id": event.client_id,
        "subject": event.subject,
    }


def _event(row: Row) -> Event:
    return Event(
        kind=EventKind(row.kind),
        at=from_milliseconds(row.happened_at),
        account_id=row.account_id,
        client_id=row.client_id,
        subject=row.subject,
    )
