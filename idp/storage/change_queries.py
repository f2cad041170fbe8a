"""Change requests, looked at: one of them, pages of them, and those whose time has come. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.governance.change_listing import ChangeFilters, Place
from idp.governance.change_request import (
    OPEN,
    REVIEW_WITHIN,
    Approval,
    ChangeRequest,
    Content,
    DiffLine,
    Direction,
    State,
)
from idp.governance.kinds import Inverse
from idp.storage.db import Database
from idp.storage.rows import NOW, can_be_stored, given
from idp.storage.schema import change_applications, change_approvals, change_requests
from idp.storage.statement import Row, Statement

_row, _approval, _application = change_requests.c, change_approvals.c, change_applications.c
_LAST = 2**62
_about, _later = change_requests.alias("about"), change_applications.alias("later")

_everything: Select[Any] = (
    select(
        change_requests,
        _approval.approver_id,
        _approval.approved_at,
        _approval.effective_at,
        _application.applied_at,
        _application.outcome,
    )
    .join_from(change_requests, change_approvals, _approval.request_id == _row.id, isouter=True)
    .join(change_applications, _application.request_id == _row.id, isouter=True)
)
_FILTERS: dict[str, ColumnElement[bool]] = {
    "state": _row.state == given("state"),
    "kind": _row.kind == given("kind"),
    "subject": _row.subject == given("subject"),
    "proposer": _row.proposer_id == given("proposer"),
}
_PAGE = (
    _everything.where(
        tuple_(_row.proposed_at, _row.id)
        < tuple_(given("before_at", _row.proposed_at.type), given("before_id"))
    )
    .order_by(_row.proposed_at.desc(), _row.id.desc())
    .limit(given("limit"))
)

FIND = Statement(_everything.where(_row.id == given("request_id")))
# A statement for each set of filters: an index helps only where the database knows which ones there are.
PAGES = {
    frozenset(chosen): Statement(_PAGE.where(*(_FILTERS[name] for name in chosen)))
    for size in range(len(_FILTERS) + 1)
    for chosen in combinations(_FILTERS, size)
}
COUNT_OPEN = Statement(
    select(func.count().label("open")).where(
        _row.proposer_id == given("proposer"), or_(*(_row.state == state.value for state in sorted(OPEN)))
    )
)
INVERSE = Statement(select(_application.inverse).where(_application.request_id == given("request_id")))
DUE = Statement(
    select(_row.id)
    .join_from(change_requests, change_approvals, _approval.request_id == _row.id)
    .where(_row.state == State.APPROVED.value, _approval.effective_at <= NOW)
    .order_by(_approval.effective_at, _row.id)
    .limit(given("limit"))
)
EXPIRED = Statement(
    select(_row.id)
    .where(_row.state == State.PROPOSED.value, _row.expires_at <= NOW)
    .order_by(_row.id)
    .limit(given("limit"))
)
UNREVIEWED = Statement(
    select(_row.id)
    .join_from(change_requests, change_applications, _application.request_id == _row.id)
    .where(
        _row.state == State.REVIEW_DUE.value,
        _application.applied_at <= given("reviewed_since", _application.applied_at.type),
    )
    .order_by(_application.applied_at, _row.id)
    .limit(given("limit"))
)
NEWEST_APPLIED = Statement(
    select(_row.payload)
    .join_from(change_requests, change_applications, _application.request_id == _row.id)
    .where(_row.kind == given("kind"))
    .order_by(_application.applied_at.desc(), _row.id.desc())
    .limit(1)
)
LEFT_AS = Statement(
    select(_application.state_after).where(
        _application.request_id == given("request_id"),
        ~exists(
            select(_later.c.request_id)
            .join_from(_about, _later, _later.c.request_id == _about.c.id)
            .where(
                _about.c.subject == given("subject"),
                _about.c.id != given("request_id"),
                _later.c.applied_at > _application.applied_at,
            )
        ),
    )
)


class ChangeQueries:
    """What was asked for, who agreed, what came of it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, request_id: str) -> ChangeRequest | None:
        row = self._db.one(FIND, request_id=request_id) if can_be_stored(request_id) else None
        return None if row is None else _request(row)

    def page(self, filters: ChangeFilters, after: Place | None, limit: int) -> tuple[ChangeRequest, ...]:
        """The newest requests behind a place."""
        given_values: dict[str, Any] = {
            name: str(value) for name in _FILTERS if (value := getattr(filters, name)) is not None
        }
        before_id = "" if after is None else after.id
        if not all(map(can_be_stored, (before_id, *given_values.values()))):
            return ()
        rows = self._db.all(
            PAGES[frozenset(given_values)],
            before_at=_LAST if after is None else to_milliseconds(after.at),
            before_id=before_id,
            limit=limit,
            **given_values,
        )
        return tuple(map(_request, rows))

    def count_open(self, proposer: str) -> int:
        """How many requests of somebody are neither done nor closed."""
        row = self._db.one(COUNT_OPEN, proposer=proposer)
        return 0 if row is None else int(row.open)

    def left_as(self, request: ChangeRequest) -> str | None:
        """That digest, while no later request about the same was applied."""
        row = self._db.one(LEFT_AS, request_id=request.id, subject=request.content.subject)
        return None if row is None else row.state_after

    def inverse(self, request_id: str) -> Inverse | None:
        """What would undo it, as it was known when it was applied."""
        row = self._db.one(INVERSE, request_id=request_id)
        if row is None or row.inverse is None:
            return None
        kind, payload = orjson.loads(row.inverse)
        return Inverse(kind, payload)

    def due(self, limit: int, *, now: datetime) -> tuple[str, ...]:
        """Approved requests whose time has come."""
        return _ids(self._db.all(DUE, now=to_milliseconds(now), limit=limit))

    def expired(self, limit: int, *, now: datetime) -> tuple[str, ...]:
        """Proposals that nobody approved in time."""
        return _ids(self._db.all(EXPIRED, now=to_milliseconds(now), limit=limit))

    def unreviewed(self, limit: int, *, now: datetime) -> tuple[str, ...]:
        """Emergency suspensions that nobody else looked at in time."""
        return _ids(
            self._db.all(UNREVIEWED, reviewed_since=to_milliseconds(now - REVIEW_WITHIN), limit=limit)
        )

    def newest_applied(self, kind: str) -> Mapping[str, Any] | None:
        """The payload of the last request of a kind that was applied."""
        row = self._db.one(NEWEST_APPLIED, kind=kind)
        return None if row is None else dict(orjson.loads(row.payload))


def _request(row: Row) -> ChangeRequest:
    return ChangeRequest(
        id=row.id,
        content=Content(
            kind=row.kind,
            payload=orjson.loads(row.payload),
            subject=row.subject,
            direction=Direction(row.direction),
            base=row.base,
            delay=timedelta(milliseconds=row.delay_ms),
        ),
        content_hash=row.content_hash,
        why=row.why,
        diff=tuple(DiffLine(*line) for line in orjson.loads(row.diff)),
        proposer=row.proposer_id,
        proposed_at=from_milliseconds(row.proposed_at),
        expires_at=from_milliseconds(row.expires_at),
        state=State(row.state),
        is_emergency=bool(row.is_emergency),
        approval=_approval_of(row),
        applied_at=None if row.applied_at is None else from_milliseconds(row.applied_at),
        outcome=row.outcome or "",
        closed_by=row.closed_by,
        closed_at=None if row.closed_at is None else from_milliseconds(row.closed_at),
        closed_why=row.closed_why,
        rolls_back=row.rolls_back,
    )


def _approval_of(row: Row) -> Approval | None:
    if row.approver_id is None:
        return None
    return Approval(row.approver_id, from_milliseconds(row.approved_at), from_milliseconds(row.effective_at))


def _ids(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(row.id for row in rows)
