"""The history of an account: its lines of the audit trail, each with the session it names."""

from __future__ import annotations

import orjson
from sqlalchemy import and_, select

from idp.authn.history import Happening, Visit
from idp.foundation.clock import from_milliseconds
from idp.foundation.events import Event, EventKind
from idp.oidc.proofs import Proof
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import audit_events, sessions
from idp.storage.statement import Row, Statement

_BEYOND_ALL = 2**63 - 1

OF = Statement(
    select(audit_events, sessions.c.user_agent, sessions.c.address, sessions.c.proofs)
    .outerjoin(
        sessions,
        and_(sessions.c.id == audit_events.c.subject, sessions.c.account_id == audit_events.c.account_id),
    )
    .where(audit_events.c.account_id == given("account"), audit_events.c.id < given("before"))
    .order_by(audit_events.c.id.desc())
    .limit(given("limit"))
)


class HistoryRepository:
    """Implements `idp.authn.history.HistoryStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, account_id: str, *, before: int | None, limit: int) -> tuple[Happening, ...]:
        before = _BEYOND_ALL if before is None else min(before, _BEYOND_ALL)
        rows = self._db.all(OF, account=account_id, before=before, limit=limit)
        return tuple(Happening(row.id, _event(row), _visit(row)) for row in rows)


def _event(row: Row) -> Event:
    return Event(
        kind=EventKind(row.kind),
        at=from_milliseconds(row.happened_at),
        account_id=row.account_id,
        client_id=row.client_id,
        subject=row.subject,
    )


def _visit(row: Row) -> Visit | None:
    if row.user_agent is None:
        return None
    return Visit(row.user_agent, row.address, tuple(map(Proof.from_json, orjson.loads(row.proofs))))
