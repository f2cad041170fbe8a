"""Messages that wait to be sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from idp.authn.messages import Channel, WaitingMessage
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import outgoing_messages
from idp.storage.statement import Row, Statement

_row = outgoing_messages.c
_is_this = _row.id == given("message")

ADD = Statement(insert(outgoing_messages))
DUE = Statement(
    select(outgoing_messages)
    .where(_row.due_at <= NOW, _row.channel == given("by"))
    .order_by(_row.due_at)
    .limit(given("most"))
)
# The attempt that was seen: whoever is second finds another number there.
CLAIM = Statement(
    update(outgoing_messages)
    .where(_is_this, _row.attempts == given("seen"))
    .values(attempts=_row.attempts + 1, due_at=given("next_due"))
)
REMOVE = Statement(delete(outgoing_messages).where(_is_this))


class OutboxRepository:
    """Implements `idp.authn.messages.Outbox`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, waiting: WaitingMessage) -> None:
        self._db.run(
            ADD,
            id=waiting.id,
            channel=waiting.channel.value,
            message_sealed=waiting.message_sealed,
            due_at=to_milliseconds(waiting.due_at),
            expires_at=to_milliseconds(waiting.expires_at),
            attempts=waiting.attempts,
        )

    def due(self, channel: Channel, limit: int, *, now: datetime) -> tuple[WaitingMessage, ...]:
        rows = self._db.all(DUE, now=to_milliseconds(now), by=channel.value, most=limit)
        return tuple(map(_waiting, rows))

    def claim(self, waiting: WaitingMessage, next_due_at: datetime) -> bool:
        hit = self._db.run(
            CLAIM, message=waiting.id, seen=waiting.attempts, next_due=to_milliseconds(next_due_at)
        )
        return hit == 1

    def remove(self, message_id: str) -> None:
        self._db.run(REMOVE, message=message_id)


def _waiting(row: Row) -> WaitingMessage:
    return WaitingMessage(
        id=row.id,
        channel=Channel(row.channel),
        message_sealed=row.message_sealed,
        due_at=from_milliseconds(row.due_at),
        expires_at=from_milliseconds(row.expires_at),
        attempts=row.attempts,
    )
