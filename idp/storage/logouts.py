"""Sign-outs that mini-apps are to be told of: written by whatever ends a session, emptied by `idp.signals.telling`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
    update,
)

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.signals.telling import TRIED_FOR, LogoutState, WaitingLogout
from idp.storage.client_document import client_of
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import clients, grants, logouts
from idp.storage.statement import Row, Statement

_row = logouts.c
_is_this = _row.id == given("logout")
_is_waiting = _row.state == LogoutState.WAITING.value
_CLIENT, _UNTIL = given("client"), given("until")


def tell_apps(*which: ColumnElement[bool]) -> Statement:
    """For each session of these grants and each mini-app in it that wants to know: keep that it is to be told.

    Use it in the transaction that ends the sessions, after `drop_codes`: a redemption that was under way has made its
    grant by then. Revoked grants count too, their mini-app may have a session of its own still.
    """
    told = (
        select(
            grants.c.session_id,
            grants.c.client_id,
            func.max(grants.c.subject),
            literal(LogoutState.WAITING.value),
            NOW,
            NOW,
            literal(0),
        )
        .join(clients, clients.c.client_id == grants.c.client_id)
        .where(clients.c.backchannel_logout_uri.is_not(None), *which)
        .group_by(grants.c.session_id, grants.c.client_id)
    )
    written = ["session_id", "client_id", "subject", "state", "created_at", "due_at", "attempts"]
    return Statement(insert(logouts).from_select(written, told).inline())


# In two steps: whatever is due to one mini-app, a look costs a few rows of it and finds the others.
# An expression, so that SQLite finds what is due, and does not go through everything in order of mini-apps.
_app = _row.client_id + literal_column("''")
APPS_DUE = Statement(
    select(_app.label("app"))
    .where(_row.due_at <= NOW)
    .group_by(_app)
    .order_by(func.min(_row.due_at))
    .limit(given("most"))
)
DUE = Statement(
    select(
        clients,
        _row.id,
        _row.session_id,
        _row.subject,
        _row.created_at.label("ended_at"),
        _row.attempts,
    )
    .join(clients, clients.c.client_id == _row.client_id)
    .where(_row.client_id == _CLIENT, _row.due_at <= NOW)
    .order_by(_row.due_at, _row.id)
    .limit(given("most"))
)
# The attempt that was seen: whoever is second finds another number there.
CLAIM = Statement(
    update(logouts)
    .where(_is_this, _row.attempts == given("seen"), _is_waiting)
    .values(attempts=_row.attempts + 1, due_at=_UNTIL)
)
REMOVE = Statement(delete(logouts).where(_is_this))
REFUSED = Statement(
    update(logouts).where(_is_this, _is_waiting).values(state=LogoutState.REFUSED.value, due_at=null())
)
GIVE_UP = Statement(
    update(logouts)
    .where(_row.client_id == _CLIENT, _is_waiting, _row.created_at <= given("begun_before"))
    .values(state=LogoutState.GIVEN_UP.value, due_at=null())
)
# Its own lease ends with the attempt. Leases of others only grow.
POSTPONE = Statement(
    update(logouts)
    .where(
        _row.client_id == _CLIENT,
        _is_waiting,
        or_(_row.due_at < _UNTIL, and_(_is_this, _row.attempts == given("tried"))),
    )
    .values(due_at=_UNTIL)
)


class LogoutRepository:
    """Implements `idp.signals.telling.LogoutOutbox`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def due(self, limit: int, most_of_one: int, *, now: datetime) -> tuple[WaitingLogout, ...]:
        at = to_milliseconds(now)
        apps = [row.app for row in self._db.all(APPS_DUE, now=at, most=limit)]
        found = (self._db.all(DUE, client=app, now=at, most=most_of_one) for app in apps)
        return tuple(_waiting(row) for rows in found for row in rows)[:limit]

    def claim(self, waiting: WaitingLogout, until: datetime) -> bool:
        hit = self._db.run(CLAIM, logout=waiting.id, seen=waiting.attempts, until=to_milliseconds(until))
        return hit == 1

    def remove(self, logout_id: int) -> None:
        self._db.run(REMOVE, logout=logout_id)

    def refused(self, logout_id: int) -> None:
        self._db.run(REFUSED, logout=logout_id)

    def postpone(self, waiting: WaitingLogout, until: datetime) -> int:
        client, begun_before = waiting.client.client_id, to_milliseconds(until - TRIED_FOR)
        given_up = self._db.run(GIVE_UP, client=client, begun_before=begun_before)
        at = to_milliseconds(until)
        self._db.run(POSTPONE, client=client, until=at, logout=waiting.id, tried=waiting.attempts + 1)
        return given_up


def _waiting(row: Row) -> WaitingLogout:
    return WaitingLogout(
        id=row.id,
        session_id=row.session_id,
        subject=row.subject,
        client=client_of(row),
        ended_at=from_milliseconds(row.ended_at),
        attempts=row.attempts,
    )
