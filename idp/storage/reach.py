"""How many a change would reach: counted when somebody looks at it, and never on the way of a sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, Table, distinct, func, select

from idp.foundation.clock import to_milliseconds
from idp.governance.kinds import COUNTED_UP_TO
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import grants, sessions
from idp.storage.statement import Statement


def _up_to(table: Table, columns: Iterable[ColumnElement[Any]], *which: ColumnElement[bool]) -> Subquery:
    return select(*columns).where(table.c.expires_at > NOW, *which).limit(COUNTED_UP_TO).subquery("counted")


def _number(table: Table, *which: ColumnElement[bool]) -> Statement:
    counted = _up_to(table, [table.c.id], *which)
    return Statement(select(func.count().label("number")).select_from(counted))


def _of_client() -> Statement:
    """People and sessions are those of the grants that were counted: with more grants, there may be more of them."""
    mine = (grants.c.client_id == given("client"), grants.c.revoked_at.is_(None))
    counted = _up_to(grants, [grants.c.account_id, grants.c.session_id], *mine)
    numbers: tuple[ColumnElement[Any], ...] = (
        func.count().label("grants"),
        func.count(distinct(counted.c.account_id)).label("people"),
        func.count(distinct(counted.c.session_id)).label("sessions"),
    )
    return Statement(select(*numbers).select_from(counted))


OF_CLIENT = _of_client()
GRANTS = _number(grants, grants.c.revoked_at.is_(None))
SESSIONS = _number(sessions, sessions.c.ended_at.is_(None))


@dataclass(frozen=True, slots=True)
class ClientReach:
    """What hangs from one mini-app now, counted up to `COUNTED_UP_TO` grants."""

    grants: int
    people: int
    sessions: int

    @property
    def is_at_least(self) -> bool:
        """Whether the count stopped, so that each of the numbers may be larger."""
        return self.grants >= COUNTED_UP_TO


class ReachRepository:
    """Counts."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of_client(self, client_id: str, *, now: datetime) -> ClientReach:
        """Grants of a mini-app in force, the people who gave them, and the sessions they came from."""
        row = self._db.one(OF_CLIENT, client=client_id, now=to_milliseconds(now))
        return ClientReach(0, 0, 0) if row is None else ClientReach(row.grants, row.people, row.sessions)

    def grants(self, *, now: datetime) -> int:
        """Grants in force, of everybody, up to `COUNTED_UP_TO`."""
        return self._number(GRANTS, now)

    def sessions(self, *, now: datetime) -> int:
        """Sessions that were neither ended nor outlived, used lately or not, up to as many."""
        return self._number(SESSIONS, now)

    def _number(self, counting: Statement, now: datetime) -> int:
        row = self._db.one(counting, now=to_milliseconds(now))
        return 0 if row is None else int(row.number)
