"""Security event streams: what their receivers and operators do with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, insert, or_, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.signals.security_event import QueuedEvent
from idp.signals.stream import MISSED, VERIFIED_APART, Stream, StreamLine, StreamStatus
from idp.storage import waiting_events
from idp.storage.db import Database
from idp.storage.failures import RuleBroken
from idp.storage.rows import NOW, can_be_stored, document, given
from idp.storage.schema import streams
from idp.storage.signals import LEVEL_CHANGE
from idp.storage.statement import Row, Statement
from idp.storage.stream_rows import CHOSEN, chosen, stream_from
from idp.storage.stream_subjects import EXCLUDE, INCLUDE
from idp.storage.waiting_events import event_from

HEARD_WITHIN = timedelta(hours=1)
"""Noted no finer than this: one that looks every second would write every second."""

_row = streams.c
_is_this = _row.id == given("stream")
_is_theirs = and_(_is_this, _row.client_id == given("client"))

ADD = Statement(insert(streams))
FIND = Statement(select(streams).where(_is_theirs))
OF_CLIENT = Statement(select(streams).where(_row.client_id == given("client")))
CHANGE = Statement(
    update(streams)
    .where(_is_theirs)
    .values(
        # Whatever the old address did wrong, the new one is tried at once.
        due_at=NOW,
        attempts=0,
        **{name: given(f"new_{name}") for name in CHOSEN},
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
VERIFY = Statement(
    update(streams)
    .where(_is_theirs, or_(_row.verified_at.is_(None), _row.verified_at <= given("verified_before")))
    .values(verified_at=NOW)
    .returning(_row.status, _row.is_full)
)
HEAR = Statement(update(streams).where(_is_this, _row.heard_at < given("heard_before")).values(heard_at=NOW))
_lines = select(streams, waiting_events.number.label("waiting"), waiting_events.oldest.label("oldest"))
LINE = Statement(_lines.where(_row.client_id == given("client")))
LINES = Statement(_lines.where(_row.client_id > given("after")).order_by(_row.client_id).limit(given("most")))


def heard_before(now: datetime) -> int:
    """The value of `HEAR`: who was heard since then needs no new note."""
    return to_milliseconds(now - HEARD_WITHIN)


class StreamRepository:
    """Implements `idp.signals.stream_store.StreamStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, stream: Stream) -> bool:
        try:
            self._db.run(
                ADD,
                **chosen(stream),
                id=stream.id,
                client_id=stream.client_id,
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
        return None if row is None else stream_from(row)

    def of_client(self, client_id: str) -> Stream | None:
        row = self._db.one(OF_CLIENT, client=client_id)
        return None if row is None else stream_from(row)

    def change(self, stream: Stream, *, now: datetime) -> bool:
        new = {f"new_{name}": value for name, value in chosen(stream).items()}
        at = to_milliseconds(now)
        return self._db.run(CHANGE, stream=stream.id, client=stream.client_id, now=at, **new) == 1

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
            is_off = status is StreamStatus.DISABLED
            tx.run(waiting_events.DROP_ALL if is_off else waiting_events.DROP_UPDATES, stream=stream_id)
            # Behind what was kept: that is where something is missing.
            is_back = bool(before.is_full) and status is StreamStatus.ENABLED
            if is_back or (tell and not is_off):
                said = waiting_events.update(stream_id, status, MISSED if is_back else reason, at)
                tx.run(waiting_events.ADD, **said)
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
                tx.run(waiting_events.ADD, **waiting_events.verification(stream_id, state, at))
        return True

    def exclude(self, stream_id: str, subject: str, *, now: datetime) -> None:
        self._db.run(EXCLUDE, stream=stream_id, sub=subject, now=to_milliseconds(now))

    def include(self, stream_id: str, subject: str) -> None:
        self._db.run(INCLUDE, stream=stream_id, sub=subject)

    def window(self, stream_id: str, most: int) -> tuple[QueuedEvent, ...]:
        rows = self._db.all(waiting_events.WINDOW, stream=stream_id, most=most)
        return tuple(map(event_from, rows))

    def drop(self, events: tuple[QueuedEvent, ...]) -> None:
        with self._db.transaction() as tx:
            for event in events:
                tx.run(waiting_events.DROP, event=event.id, stream=event.stream_id)

    def hear(self, stream_id: str, *, now: datetime) -> None:
        self._db.run(HEAR, stream=stream_id, heard_before=heard_before(now), now=to_milliseconds(now))

    def signal_level(self, account_id: str, detail: Mapping[str, str], *, now: datetime) -> None:
        """Tell everybody who knows the person what they can prove now. In the transaction that changed it."""
        self._db.run(
            LEVEL_CHANGE, account=account_id, detail=document(dict(detail)), now=to_milliseconds(now)
        )

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
    return StreamLine(stream_from(row), row.waiting, oldest_at)
