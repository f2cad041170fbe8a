"""Security event streams, and the events that wait on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Insert, Table, and_, case, delete, exists, func, insert, or_, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.signals.event_types import EventType
from idp.signals.pushing import DueStream
from idp.signals.security_event import QueuedEvent
from idp.signals.stream import MISSED, SILENT_FOR, VERIFIED_APART, Method, Stream, StreamLine, StreamStatus
from idp.storage.db import Database
from idp.storage.failures import RuleBroken
from idp.storage.rows import NOW, can_be_stored, document, given
from idp.storage.schema import clients, grants, stream_events, stream_exclusions, streams
from idp.storage.signals import LEVEL_CHANGE
from idp.storage.statement import Row, Statement

HEARD_WITHIN = timedelta(hours=1)
"""Noted no finer than this: one that looks every second would write every second."""

_row, _event = streams.c, stream_events.c
_is_this = _row.id == given("stream")
_is_theirs = and_(_is_this, _row.client_id == given("client"))
_of_this = _event.stream_id == given("stream")

ADD = Statement(insert(streams))
FIND = Statement(select(streams).where(_is_theirs))
OF_CLIENT = Statement(select(streams).where(_row.client_id == given("client")))
CHANGE = Statement(
    update(streams)
    .where(_is_theirs)
    .values(
        description=given("new_description"),
        events_requested=given("new_events"),
        sends_session_revoked=given("revoked"),
        sends_credential_change=given("credential"),
        sends_assurance_level_change=given("level"),
        method=given("new_method"),
        endpoint_url=given("new_url"),
        authorization_sealed=given("new_header"),
        # Whatever the old address did wrong, the new one is tried at once.
        due_at=NOW,
        attempts=0,
    )
)
LOCK = Statement(select(_row.is_held, _row.is_full).where(_is_this).with_for_update())
SET_STATUS = Statement(
    update(streams)
    .where(_is_this)
    .values(
        status=given("new_status"),
        reason=given("new_reason"),
        is_held=given("new_held"),
        is_full=given("new_full"),
        heard_at=NOW,
        due_at=NOW,
        attempts=0,
    )
)
REMOVE = Statement(delete(streams).where(_is_theirs, _row.is_held.is_(False)))
DROP_EVENTS = Statement(delete(stream_events).where(_of_this))
DROP_UPDATES = Statement(delete(stream_events).where(_of_this, _event.type == EventType.STREAM_UPDATED.value))
VERIFY = Statement(
    update(streams)
    .where(_is_theirs, or_(_row.verified_at.is_(None), _row.verified_at <= given("verified_before")))
    .values(verified_at=NOW)
    .returning(_row.status, _row.is_full)
)
_WRITTEN = ("stream_id", "type", "subject", "session_id", "detail", "happened_at")
ADD_EVENT = Statement(insert(stream_events).values({one: given(f"new_{one}") for one in _WRITTEN}).inline())


def _exclude(insert: Callable[[Table], Any]) -> Insert:
    # Only who came to this client: of names that it makes up there is no end.
    subject = given("sub", grants.c.subject.type)
    is_known = exists().where(grants.c.client_id == _row.client_id, grants.c.subject == subject)
    found = select(_row.id, subject, NOW).where(_is_this, is_known)
    kept = insert(stream_exclusions).from_select(["stream_id", "subject", "created_at"], found).inline()
    excluded: Insert = kept.on_conflict_do_nothing(index_elements=["stream_id", "subject"])
    return excluded


EXCLUDE = Statement(_exclude)
INCLUDE = Statement(
    delete(stream_exclusions).where(
        stream_exclusions.c.stream_id == given("stream"), stream_exclusions.c.subject == given("sub")
    )
)
# Of a paused stream only why it was paused: its receiver has to learn that somehow.
WINDOW = Statement(
    select(stream_events)
    .join(streams, _row.id == _event.stream_id)
    .where(
        _of_this,
        or_(
            _row.status == StreamStatus.ENABLED.value,
            and_(
                _row.status == StreamStatus.PAUSED.value,
                _event.type == EventType.STREAM_UPDATED.value,
            ),
        ),
    )
    .order_by(_event.id)
    .limit(given("most"))
)
DROP_EVENT = Statement(delete(stream_events).where(_event.id == given("event"), _of_this))
HEAR = Statement(update(streams).where(_is_this, _row.heard_at < given("heard_before")).values(heard_at=NOW))
_first = stream_events.alias("first")
_first_event = (
    select(func.min(_first.c.id))
    .where(
        _first.c.stream_id == _row.id,
        or_(
            _row.status == StreamStatus.ENABLED.value,
            _first.c.type == EventType.STREAM_UPDATED.value,
        ),
    )
    .correlate(streams)
    .scalar_subquery()
)
DUE = Statement(
    select(streams, _event.id.label("event_id"), _event.type, _event.subject, _event.session_id)
    .add_columns(_event.detail, _event.happened_at)
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
        _row.status != StreamStatus.DISABLED.value,
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
        _row.status == StreamStatus.ENABLED.value,
        _row.heard_at < given("before"),
    )
)
PAUSE = Statement(
    update(streams)
    .where(_is_this, _row.status == StreamStatus.ENABLED.value)
    .values(status=StreamStatus.PAUSED.value, reason=given("new_reason"))
)
_is_on_it = _event.stream_id == _row.id
_span = select(func.max(_event.id) - func.min(_event.id)).where(_is_on_it).correlate(streams)
_number = select(func.count(_event.id)).where(_is_on_it).correlate(streams)
# The span is found at the two ends of an index, and is no smaller than what is counted after it.
OVERFULL = Statement(
    select(_row.id).where(
        _row.is_full.is_(False),
        _row.status != StreamStatus.DISABLED.value,
        _span.scalar_subquery() >= given("most"),
        _number.scalar_subquery() > given("most"),
    )
)
FILL = Statement(
    update(streams)
    .where(_is_this, _row.is_full.is_(False), _row.status != StreamStatus.DISABLED.value)
    .values(
        status=StreamStatus.PAUSED.value,
        is_full=True,
        # An operator's reason stays: that is what has to be lifted.
        reason=case((_row.is_held, _row.reason), else_=given("new_reason")),
    )
)
# Counted for the rows that are shown and for no others.
_oldest = select(func.min(_event.happened_at)).where(_is_on_it).correlate(streams)
_lines = select(
    streams,
    _number.scalar_subquery().label("waiting"),
    _oldest.scalar_subquery().label("oldest"),
)
LINE = Statement(_lines.where(_row.client_id == given("client")))
LINES = Statement(_lines.where(_row.client_id > given("after")).order_by(_row.client_id).limit(given("most")))


class StreamRepository:
    """Implements `idp.signals.transmitter.StreamStore` and `idp.signals.pushing.EventOutbox`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, stream: Stream) -> bool:
        try:
            self._db.run(
                ADD,
                id=stream.id,
                client_id=stream.client_id,
                description=stream.description,
                events_requested=document(list(stream.events_requested)),
                sends_session_revoked=EventType.SESSION_REVOKED in stream.events_delivered,
                sends_credential_change=EventType.CREDENTIAL_CHANGE in stream.events_delivered,
                sends_assurance_level_change=EventType.ASSURANCE_LEVEL_CHANGE in stream.events_delivered,
                method=stream.method.value,
                endpoint_url=stream.endpoint_url,
                authorization_sealed=stream.authorization_sealed,
                status=stream.status.value,
                reason=stream.reason,
                is_held=stream.is_held,
                is_full=False,
                created_at=to_milliseconds(stream.created_at),
                heard_at=to_milliseconds(stream.heard_at),
                verified_at=None,
                due_at=to_milliseconds(stream.created_at),
                attempts=0,
            )
        except RuleBroken:
            if self.of_client(stream.client_id) is None:
                raise
            return False
        return True

    def find(self, stream_id: str, client_id: str) -> Stream | None:
        if not can_be_stored(stream_id):
            return None
        row = self._db.one(FIND, stream=stream_id, client=client_id)
        return None if row is None else _stream(row)

    def of_client(self, client_id: str) -> Stream | None:
        row = self._db.one(OF_CLIENT, client=client_id)
        return None if row is None else _stream(row)

    def change(self, stream: Stream, *, now: datetime) -> bool:
        hit = self._db.run(
            CHANGE,
            stream=stream.id,
            client=stream.client_id,
            new_description=stream.description,
            new_events=document(list(stream.events_requested)),
            revoked=EventType.SESSION_REVOKED in stream.events_delivered,
            credential=EventType.CREDENTIAL_CHANGE in stream.events_delivered,
            level=EventType.ASSURANCE_LEVEL_CHANGE in stream.events_delivered,
            new_method=stream.method.value,
            new_url=stream.endpoint_url,
            new_header=stream.authorization_sealed,
            now=to_milliseconds(now),
        )
        return hit == 1

    def set_status(
        self, stream_id: str, status: StreamStatus, reason: str, *, tell: bool, now: datetime
    ) -> bool:
        """With `tell`, it is an operator's word: the receiver hears of it on the stream, and cannot lift it."""
        at = to_milliseconds(now)
        with self._db.transaction() as tx:
            before = tx.one(LOCK, stream=stream_id)
            if before is None or (before.is_held and not tell):
                return False
            tx.run(
                SET_STATUS,
                stream=stream_id,
                new_status=status.value,
                new_reason=reason,
                new_held=tell and status is not StreamStatus.ENABLED,
                new_full=bool(before.is_full) and status is StreamStatus.PAUSED,
                now=at,
            )
            tx.run(DROP_EVENTS if status is StreamStatus.DISABLED else DROP_UPDATES, stream=stream_id)
            # Behind what was kept: that is where something is missing.
            is_back = bool(before.is_full) and status is StreamStatus.ENABLED
            if is_back or (tell and status is not StreamStatus.DISABLED):
                detail = _said(status, MISSED if is_back else reason)
                tx.run(ADD_EVENT, **_of_stream(stream_id, EventType.STREAM_UPDATED, detail, at))
        return True

    def remove(self, stream_id: str, client_id: str) -> bool:
        return self._db.run(REMOVE, stream=stream_id, client=client_id) == 1

    def verify(self, stream_id: str, client_id: str, state: str | None, *, now: datetime) -> bool:
        at = to_milliseconds(now)
        before = to_milliseconds(now - VERIFIED_APART)
        with self._db.transaction() as tx:
            row = tx.one(VERIFY, stream=stream_id, client=client_id, verified_before=before, now=at)
            if row is None:
                return False
            if row.status != StreamStatus.DISABLED.value and not row.is_full:
                detail = {} if state is None else {"state": state}
                tx.run(ADD_EVENT, **_of_stream(stream_id, EventType.VERIFICATION, detail, at))
        return True

    def exclude(self, stream_id: str, subject: str, *, now: datetime) -> None:
        self._db.run(EXCLUDE, stream=stream_id, sub=subject, now=to_milliseconds(now))

    def include(self, stream_id: str, subject: str) -> None:
        self._db.run(INCLUDE, stream=stream_id, sub=subject)

    def window(self, stream_id: str, most: int) -> tuple[QueuedEvent, ...]:
        return tuple(_queued(row, row.id) for row in self._db.all(WINDOW, stream=stream_id, most=most))

    def drop(self, events: tuple[QueuedEvent, ...]) -> None:
        with self._db.transaction() as tx:
            for event in events:
                tx.run(DROP_EVENT, event=event.id, stream=event.stream_id)

    def hear(self, stream_id: str, *, now: datetime) -> None:
        before = to_milliseconds(now - HEARD_WITHIN)
        self._db.run(HEAR, stream=stream_id, heard_before=before, now=to_milliseconds(now))

    def signal_level(self, account_id: str, detail: Mapping[str, str], *, now: datetime) -> None:
        """Tell everybody who knows the person what they can prove now. In the transaction that changed it."""
        self._db.run(
            LEVEL_CHANGE, account=account_id, detail=document(dict(detail)), now=to_milliseconds(now)
        )

    # Pushing

    def due(self, limit: int, *, now: datetime) -> tuple[DueStream, ...]:
        rows = self._db.all(DUE, now=to_milliseconds(now), most=limit)
        return tuple(
            DueStream(_stream(row), _queued(row, row.event_id, row.id), row.attempts) for row in rows
        )

    def claim(self, due: DueStream, until: datetime, *, now: datetime) -> bool:
        hit = self._db.run(
            CLAIM,
            stream=due.stream.id,
            seen=due.attempts,
            until=to_milliseconds(until),
            now=to_milliseconds(now),
        )
        return hit == 1

    def heard(self, due: DueStream, *, now: datetime) -> None:
        at, stream_id = to_milliseconds(now), due.stream.id
        with self._db.transaction() as tx:
            tx.run(DROP_EVENT, event=due.event.id, stream=stream_id)
            tx.run(RELEASE, stream=stream_id, tried=due.attempts + 1, now=at)
            tx.run(HEAR, stream=stream_id, heard_before=to_milliseconds(now - HEARD_WITHIN), now=at)

    def postpone(self, due: DueStream, until: datetime) -> None:
        self._db.run(POSTPONE, stream=due.stream.id, tried=due.attempts + 1, until=to_milliseconds(until))

    def pause_silent(self, reason: str, *, now: datetime) -> tuple[str, ...]:
        at = to_milliseconds(now)
        found = self._db.all(SILENT, before=to_milliseconds(now - SILENT_FOR))
        return tuple(row.id for row in found if self._pause(row.id, reason, at))

    def _pause(self, stream_id: str, reason: str, at: int) -> bool:
        with self._db.transaction() as tx:
            if tx.run(PAUSE, stream=stream_id, new_reason=reason) != 1:
                return False
            detail = _said(StreamStatus.PAUSED, reason)
            tx.run(ADD_EVENT, **_of_stream(stream_id, EventType.STREAM_UPDATED, detail, at))
        return True

    def pause_full(self, reason: str, most: int, *, now: datetime) -> tuple[str, ...]:
        at = to_milliseconds(now)
        found = self._db.all(OVERFULL, most=most)
        return tuple(row.id for row in found if self._fill(row.id, reason, at))

    def _fill(self, stream_id: str, reason: str, at: int) -> bool:
        with self._db.transaction() as tx:
            if tx.run(FILL, stream=stream_id, new_reason=reason) != 1:
                return False
            tx.run(DROP_UPDATES, stream=stream_id)
            detail = _said(StreamStatus.PAUSED, reason)
            tx.run(ADD_EVENT, **_of_stream(stream_id, EventType.STREAM_UPDATED, detail, at))
        return True

    # For operators

    def line_of(self, client_id: str) -> StreamLine | None:
        """One client's stream, with what waits on it."""
        row = self._db.one(LINE, client=client_id) if can_be_stored(client_id) else None
        return None if row is None else _line(row)

    def lines(self, after: str, limit: int) -> tuple[StreamLine, ...]:
        """Every stream by client, with what waits on it."""
        if not can_be_stored(after):
            return ()
        return tuple(map(_line, self._db.all(LINES, after=after, most=limit)))


def _line(row: Row) -> StreamLine:
    oldest_at = None if row.oldest is None else from_milliseconds(row.oldest)
    return StreamLine(_stream(row), row.waiting, oldest_at)


def _said(status: StreamStatus, reason: str) -> dict[str, str]:
    return {"status": status.value, **({"reason": reason} if reason else {})}


def _of_stream(stream_id: str, event: EventType, detail: dict[str, str], at: int) -> dict[str, Any]:
    return {
        "new_stream_id": stream_id,
        "new_type": event.value,
        "new_subject": None,
        "new_session_id": None,
        "new_detail": document(detail),
        "new_happened_at": at,
    }


def _queued(row: Row, event_id: int, stream_id: str | None = None) -> QueuedEvent:
    return QueuedEvent(
        id=event_id,
        stream_id=stream_id or row.stream_id,
        type=EventType(row.type),
        happened_at=from_milliseconds(row.happened_at),
        subject=row.subject,
        session_id=row.session_id,
        detail=orjson.loads(row.detail),
    )


def _stream(row: Row) -> Stream:
    sealed = row.authorization_sealed
    return Stream(
        id=row.id,
        client_id=row.client_id,
        events_requested=tuple(orjson.loads(row.events_requested)),
        method=Method(row.method),
        created_at=from_milliseconds(row.created_at),
        heard_at=from_milliseconds(row.heard_at),
        endpoint_url=row.endpoint_url,
        authorization_sealed=None if sealed is None else bytes(sealed),
        description=row.description,
        status=StreamStatus(row.status),
        reason=row.reason,
        is_held=bool(row.is_held),
    )
