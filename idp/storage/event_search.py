"""Searching the audit trail: a statement for each set of filters, so that each has the index that answers it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from sqlalchemy import BigInteger, Column, Select, func, select, tuple_

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.event_search import MAX_PAGE, EventFilter, EventPlace, KeptEvent
from idp.foundation.events import Event, EventKind
from idp.storage.db import Database
from idp.storage.rows import can_be_stored, given
from idp.storage.schema import audit_events
from idp.storage.statement import Row, Statement

_BEYOND_ALL = 2**63 - 1
_NAMES = ("account_id", "kind", "subject")

_event = audit_events.c
_in_time = (_event.happened_at >= given("since"), _event.happened_at < given("until"))


def _page(names: tuple[str, ...]) -> Select[Any]:
    """By the column with the fewest lines for a value; the others are looked at afterwards."""
    if "account_id" in names:
        return _narrowed(names, "account_id", _event.id).where(_event.id < given("before_id"))
    place = tuple_(_event.happened_at, _event.id)
    below = tuple_(given("before_at", BigInteger()), given("before_id", BigInteger()))
    first = "subject" if "subject" in names else "kind"
    return _narrowed(names, first, _event.happened_at, _event.id).where(place < below)


def _narrowed(names: tuple[str, ...], first: str, *order: Column[Any]) -> Select[Any]:
    wanted = {name: given(f"wanted_{name}") for name in names}
    # What comes after the first must not tempt a planner to another index: half of all lines may be of one kind.
    conditions = [
        _event[name] == value if name == first else func.coalesce(_event[name], "") == value
        for name, value in wanted.items()
    ]
    page = select(audit_events).where(*conditions, *_in_time)
    return page.order_by(*(column.desc() for column in order)).limit(given("limit"))


PAGES = {names: Statement(_page(names)) for length in range(4) for names in combinations(_NAMES, length)}
"""By the columns that are asked for."""


class EventSearchRepository:
    """Implements `idp.foundation.event_search.EventSearch`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def page(self, wanted: EventFilter, after: EventPlace | None, limit: int) -> tuple[KeptEvent, ...]:
        named = {name: value for name in _NAMES if (value := getattr(wanted, name)) is not None}
        if not all(map(can_be_stored, named.values())):
            return ()
        before = after or EventPlace(_BEYOND_ALL, _BEYOND_ALL)
        rows = self._db.all(
            PAGES[tuple(named)],
            **{f"wanted_{name}": str(value) for name, value in named.items()},
            since=0 if wanted.since is None else to_milliseconds(wanted.since),
            until=_BEYOND_ALL if wanted.until is None else to_milliseconds(wanted.until),
            before_at=before.at_milliseconds,
            before_id=before.id,
            limit=max(0, min(limit, MAX_PAGE)),
        )
        return tuple(map(kept, rows))


def kept(row: Row) -> KeptEvent:
    """A row of the trail."""
    event = Event(
        kind=EventKind(row.kind),
        at=from_milliseconds(row.happened_at),
        account_id=row.account_id,
        client_id=row.client_id,
        subject=row.subject,
    )
    salt = None if row.salt is None else bytes(row.salt)
    return KeptEvent(row.id, event, row.log_index, salt, EventPlace(row.happened_at, row.id))
