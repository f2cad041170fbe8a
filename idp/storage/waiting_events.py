"""What waits on streams.

What is about people is written by `storage.signals`, what is about a stream itself here.
"""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import and_, delete, func, insert, or_, select

from idp.foundation.clock import from_milliseconds
from idp.signals.event_types import EventType
from idp.signals.security_event import QueuedEvent
from idp.signals.stream import StreamStatus
from idp.storage.rows import document, given
from idp.storage.schema import stream_events, streams
from idp.storage.statement import Row, Statement

_event = stream_events.c
_is_of_this = _event.stream_id == given("stream")
_is_update = _event.type == EventType.STREAM_UPDATED.value
_WRITTEN = ("stream_id", "type", "subject", "session_id", "detail", "happened_at")

_is_on_it = _event.stream_id == streams.c.id
number = select(func.count(_event.id)).where(_is_on_it).correlate(streams).scalar_subquery()
"""How many wait on the stream of a row; counted for the rows that are shown and for no others."""
oldest = select(func.min(_event.happened_at)).where(_is_on_it).correlate(streams).scalar_subquery()
span = select(func.max(_event.id) - func.min(_event.id)).where(_is_on_it).correlate(streams).scalar_subquery()
"""No smaller than their number less one, and found at the two ends of an index."""

OF_EVENT = (_event.id.label("event_id"), *(_event[name] for name in _WRITTEN))
"""The columns that `event_from` reads; none of a stream has such a name."""

ADD = Statement(insert(stream_events).values({name: given(f"new_{name}") for name in _WRITTEN}).inline())
DROP = Statement(delete(stream_events).where(_event.id == given("event"), _is_of_this))
DROP_ALL = Statement(delete(stream_events).where(_is_of_this))
DROP_UPDATES = Statement(delete(stream_events).where(_is_of_this, _is_update))
# Of a paused stream only why it was paused: its receiver has to learn that somehow.
WINDOW = Statement(
    select(*OF_EVENT)
    .join(streams, _is_on_it)
    .where(
        _is_of_this,
        or_(
            streams.c.status == StreamStatus.ENABLED.value,
            and_(streams.c.status == StreamStatus.PAUSED.value, _is_update),
        ),
    )
    .order_by(_event.id)
    .limit(given("most"))
)


def verification(stream_id: str, state: str | None, at: int) -> dict[str, Any]:
    """The values of `ADD` for an event that shows that the stream works."""
    return _of_stream(stream_id, EventType.VERIFICATION, {} if state is None else {"state": state}, at)


def update(stream_id: str, status: StreamStatus, reason: str, at: int) -> dict[str, Any]:
    """The same for one that says what became of the stream."""
    detail = {"status": status.value, **({"reason": reason} if reason else {})}
    return _of_stream(stream_id, EventType.STREAM_UPDATED, detail, at)


def event_from(row: Row) -> QueuedEvent:
    """The event of a row that has the columns `OF_EVENT`."""
    return QueuedEvent(
        id=row.event_id,
        stream_id=row.stream_id,
        type=EventType(row.type),
        happened_at=from_milliseconds(row.happened_at),
        subject=row.subject,
        session_id=row.session_id,
        detail=orjson.loads(row.detail),
    )


def _of_stream(stream_id: str, event: EventType, detail: dict[str, str], at: int) -> dict[str, Any]:
    return {
        "new_stream_id": stream_id,
        "new_type": event.value,
        "new_subject": None,
        "new_session_id": None,
        "new_detail": document(detail),
        "new_happened_at": at,
    }
