"""Which stream is to be pushed to next, and which is to rest: its receiver is silent, or too much waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, func, or_, select, update

from idp.foundation.clock import to_milliseconds
from idp.signals.event_types import EventType
from idp.signals.pushing import DueStream
from idp.signals.stream import SILENT_FOR, Method, StreamStatus
from idp.storage import waiting_events
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import clients, stream_events, streams
from idp.storage.statement import Statement
from idp.storage.stream_rows import stream_from
from idp.storage.streams import HEAR, heard_before
from idp.storage.waiting_events import event_from

_row, _event = streams.c, stream_events.c
_is_this = _row.id == given("stream")
_is_enabled = _row.status == StreamStatus.ENABLED.value
_is_on = _row.status != StreamStatus.DISABLED.value

_first = stream_events.alias("first")
_first_event = (
    select(func.min(_first.c.id))
    .where(
        _first.c.stream_id == _row.id,
        or_(_is_enabled, _first.c.type == EventType.STREAM_UPDATED.value),
    )
    .correlate(streams)
    .scalar_subquery()
)
DUE = Statement(
    select(streams, *waiting_events.OF_EVENT)
    .select_from(
        streams.join(stream_events, _event.id == _first_event).join(
            clients, clients.c.client_id == _row.client_id
        )
    )
    .where(
        # Entities stand there switched off: whether they are trusted is known elsewhere.
        or_(clients.c.enabled.is_(True), _row.client_id.contains("://")),
        _row.method == Method.PUSH.value,
        _row.due_at <= NOW,
        _is_on,
    )
    .order_by(_row.due_at, _row.id)
    .limit(given("most"))
)
# The attempt that was seen: whoever is second finds another number there.
CLAIM = Statement(
    update(streams)
    .where(_is_this, _row.attempts == given("seen"), _row.due_at <= NOW)
    .values(attempts=_row.attempts + 1, due_at=given("until"))
)
STILL_WAITS = Statement(
    select(_event.id).where(_event.id == given("event"), _event.stream_id == given("stream"))
)
RELEASE = Statement(
    update(streams).where(_is_this, _row.attempts == given("tried")).values(attempts=0, due_at=NOW)
)
POSTPONE = Statement(
    update(streams).where(_is_this, _row.attempts == given("tried")).values(due_at=given("until"))
)
# From the events on: of streams there are many, of old events few.
SILENT = Statement(
    select(_row.id).where(
        _row.id.in_(select(_event.stream_id).where(_event.happened_at < given("before"))),
        _is_enabled,
        _row.heard_at < given("before"),
    )
)
PAUSE = Statement(
    update(streams)
    .where(_is_this, _is_enabled)
    .values(status=StreamStatus.PAUSED.value, reason=given("new_reason"))
)
# Counted only where the span, which is found at once, leaves it possible.
OVERFULL = Statement(
    select(_row.id).where(
        _row.is_full.is_(False),
        _is_on,
        waiting_events.span >= given("most"),
        waiting_events.number > given("most"),
    )
)
FILL = Statement(
    update(streams)
    .where(_is_this, _row.is_full.is_(False), _is_on)
    .values(
        status=StreamStatus.PAUSED.value,
        is_full=True,
        # An operator's reason stays: that is what has to be lifted.
        reason=case((_row.is_held, _row.reason), else_=given("new_reason")),
    )
)


class EventPushes:
    """Implements `idp.signals.pushing.EventOutbox`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def due(self, limit: int, *, now: datetime) -> tuple[DueStream, ...]:
        rows = self._db.all(DUE, now=to_milliseconds(now), most=limit)
        return tuple(DueStream(stream_from(row), event_from(row), row.attempts) for row in rows)

    def claim(self, due: DueStream, until: datetime, *, now: datetime) -> bool:
        at, stream_id = to_milliseconds(now), due.stream.id
        with self._db.transaction() as tx:
            lease = to_milliseconds(until)
            if tx.run(CLAIM, stream=stream_id, seen=due.attempts, until=lease, now=at) != 1:
                return False
            # Attempts are counted anew for each event: they can be what was seen, and the event be heard already.
            if tx.one(STILL_WAITS, event=due.event.id, stream=stream_id) is None:
                tx.run(RELEASE, stream=stream_id, tried=due.attempts + 1, now=at)
                return False
        return True

    def heard(self, due: DueStream, *, now: datetime) -> None:
        at, stream_id = to_milliseconds(now), due.stream.id
        with self._db.transaction() as tx:
            tx.run(waiting_events.DROP, event=due.event.id, stream=stream_id)
            tx.run(RELEASE, stream=stream_id, tried=due.attempts + 1, now=at)
            tx.run(HEAR, stream=stream_id, heard_before=heard_before(now), now=at)

    def postpone(self, due: DueStream, until: datetime) -> None:
        self._db.run(POSTPONE, stream=due.stream.id, tried=due.attempts + 1, until=to_milliseconds(until))

    def pause_silent(self, reason: str, *, now: datetime) -> tuple[str, ...]:
        at, found = to_milliseconds(now), self._db.all(SILENT, before=to_milliseconds(now - SILENT_FOR))
        return tuple(row.id for row in found if self._pause(PAUSE, row.id, reason, at))

    def pause_full(self, reason: str, most: int, *, now: datetime) -> tuple[str, ...]:
        at, found = to_milliseconds(now), self._db.all(OVERFULL, most=most)
        # What was said of the stream before is said anew when it flows again.
        stale = waiting_events.DROP_UPDATES
        return tuple(row.id for row in found if self._pause(FILL, row.id, reason, at, stale))

    def _pause(self, by: Statement, stream_id: str, reason: str, at: int, *first: Statement) -> bool:
        with self._db.transaction() as tx:
            if tx.run(by, stream=stream_id, new_reason=reason) != 1:
                return False
            for statement in first:
                tx.run(statement, stream=stream_id)
            tx.run(waiting_events.ADD, **waiting_events.update(stream_id, StreamStatus.PAUSED, reason, at))
        return True
