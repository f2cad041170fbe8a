"""Change requests. Every step is one statement that still demands the step before it; of two at once one wins.

That the second person is another one, and that the delay is over, is held by the tables too (`schema_changes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, or_, select, tuple_, update

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
    canonical,
)
from idp.governance.kinds import Inverse
from idp.storage.db import Database
from idp.storage.rows import NOW, can_be_stored, document, given
from idp.storage.schema import change_applications, change_approvals, change_requests, staff
from idp.storage.statement import Row, Statement

_row, _approval, _application = change_requests.c, change_approvals.c, change_applications.c
_IS_THIS = _row.id == given("request_id")
_HAS_STATE = _row.state == given("old_state")
_LAST = 2**62
_HAS_JOINED = and_(staff.c.id == given("member"), staff.c.joined_at > given("since", staff.c.joined_at.type))
_about, _later = change_requests.alias("about"), change_applications.alias("later")
GIVE_ROLES = ("staff.invite", "staff.roles", "staff.break_glass")
"""Kinds by which somebody gets more to do."""

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

ADD = Statement(insert(change_requests))
FIND = Statement(_everything.where(_IS_THIS))
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
AGREE = Statement(
    update(change_requests)
    .where(_IS_THIS, _row.state == State.PROPOSED.value, _row.expires_at > NOW)
    .values(state=State.APPROVED.value)
)
ADD_APPROVAL = Statement(insert(change_approvals))
CLOSE = Statement(
    update(change_requests)
    .where(_IS_THIS, _HAS_STATE)
    .values(
        state=given("new_state"),
        closed_by=given("new_closed_by"),
        closed_at=given("new_closed_at", _row.closed_at.type),
        closed_why=given("new_closed_why"),
    )
)
LOCK_SUBJECT = Statement(
    select(_row.id).where(_row.subject == given("subject")).order_by(_row.id).with_for_update()
)
CARRY_OUT = Statement(
    update(change_requests)
    .where(
        _IS_THIS,
        _row.state == State.APPROVED.value,
        exists(
            select(_approval.request_id).where(_approval.request_id == _row.id, _approval.effective_at <= NOW)
        ),
    )
    .values(state=State.APPLIED.value)
)
ADD_APPLICATION = Statement(insert(change_applications))
SAY_OUTCOME = Statement(
    update(change_applications)
    .where(_application.request_id == given("request_id"))
    .values(outcome=given("new_outcome"), state_after=given("new_state_after"))
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
ALARM = Statement(
    update(change_requests)
    .where(_IS_THIS, _row.state == State.REVIEW_DUE.value, _row.alarmed_at.is_(None))
    .values(alarmed_at=NOW)
)
NEWEST_APPLIED = Statement(
    select(_row.payload)
    .join_from(change_requests, change_applications, _application.request_id == _row.id)
    .where(_row.kind == given("kind"))
    .order_by(_application.applied_at.desc(), _row.id.desc())
    .limit(1)
)
RAISED = Statement(
    select(_row.id)
    .join_from(change_requests, change_applications, _application.request_id == _row.id)
    .where(
        _row.proposer_id == given("proposer"),
        or_(*(_row.kind == kind for kind in GIVE_ROLES)),
        or_(_row.subject == given("member"), _application.outcome == given("member")),
        or_(
            _application.applied_at > given("since", _application.applied_at.type),
            exists(select(staff.c.id).where(_HAS_JOINED)),
        ),
    )
    .limit(1)
)
LET_IN = Statement(select(staff.c.id).where(_HAS_JOINED, staff.c.link_made_by == given("maker")))
OUT_OF_OFFICE = Statement(
    select(staff.c.id).where(
        or_(staff.c.id == given("proposer"), staff.c.id == given("approver")),
        staff.c.deactivated_at.is_not(None),
    )
)
OVERDUE = Statement(
    select(_row.id)
    .join_from(change_requests, change_applications, _application.request_id == _row.id)
    .where(
        _row.proposer_id == given("proposer"),
        _row.state == State.REVIEW_DUE.value,
        _application.applied_at <= given("reviewed_since", _application.applied_at.type),
    )
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


class ChangeRepository:
    """What was asked for, who agreed, what came of it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, request: ChangeRequest) -> None:
        """Keep a new request. Raises: RuleBroken — it is about its proposer, or repeats an id."""
        content = request.content
        self._db.run(
            ADD,
            id=request.id,
            kind=content.kind,
            payload=canonical(content.payload).decode(),
            subject=content.subject,
            direction=content.direction.value,
            base=content.base,
            delay_ms=_milliseconds(content.delay),
            content_hash=request.content_hash,
            why=request.why,
            diff=document([[line.field, line.before, line.after] for line in request.diff]),
            proposer_id=request.proposer,
            proposed_at=to_milliseconds(request.proposed_at),
            expires_at=to_milliseconds(request.expires_at),
            is_emergency=request.is_emergency,
            state=request.state.value,
            closed_by="",
            closed_at=None,
            closed_why="",
            rolls_back=request.rolls_back,
            alarmed_at=None,
        )

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

    def approve(self, request: ChangeRequest, *, now: datetime) -> bool:
        """Keep the approval that `request` has now. Atomic: False when it was approved, closed or expired before.

        Raises: RuleBroken — the approver proposed it, or it is about them.
        """
        approval, content = request.approval, request.content
        assert approval is not None  # `moved` made it
        with self._db.transaction() as tx:
            if tx.run(AGREE, request_id=request.id, now=to_milliseconds(now)) != 1:
                return False
            tx.run(
                ADD_APPROVAL,
                request_id=request.id,
                content_hash=request.content_hash,
                proposer_id=request.proposer,
                subject=content.subject,
                delay_ms=_milliseconds(content.delay),
                approver_id=approval.by,
                approved_at=to_milliseconds(approval.at),
                effective_at=to_milliseconds(approval.at) + _milliseconds(content.delay),
            )
        return True

    def close(self, before: ChangeRequest, after: ChangeRequest) -> bool:
        """Refused, cancelled, reviewed or lapsed. Atomic: False when it is not any more as it was before."""
        assert after.closed_at is not None  # `moved` made it
        hit = self._db.run(
            CLOSE,
            request_id=before.id,
            old_state=before.state.value,
            new_state=after.state.value,
            new_closed_by=after.closed_by,
            new_closed_at=to_milliseconds(after.closed_at),
            new_closed_why=after.closed_why,
        )
        return hit == 1

    def hold(self, subject: str) -> None:
        """Within a transaction: let nobody else apply a request about the same subject until it ends."""
        self._db.all(LOCK_SUBJECT, subject=subject)

    def carry_out(self, request: ChangeRequest, inverse: Inverse | None, *, now: datetime) -> bool:
        """Within the transaction that does it: note that it is applied. False: not approved, waiting, or done.

        Raises: RuleBroken — neither an approval whose delay is over nor an emergency allows it.
        """
        if (
            not request.is_emergency
            and self._db.run(CARRY_OUT, request_id=request.id, now=to_milliseconds(now)) != 1
        ):
            return False
        approval = request.approval
        self._db.run(
            ADD_APPLICATION,
            request_id=request.id,
            direction=request.content.direction.value,
            is_emergency=request.is_emergency,
            effective_at=None if approval is None else to_milliseconds(approval.effective_at),
            applied_at=to_milliseconds(now),
            outcome="",
            inverse=_written(inverse),
            state_after=None,
        )
        return True

    def say(self, request_id: str, outcome: str, state_after: str | None) -> None:
        """Within the same transaction: what came of it, and of an emergency a digest of how it left things."""
        self._db.run(SAY_OUTCOME, request_id=request_id, new_outcome=outcome, new_state_after=state_after)

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

    def alarm(self, request_id: str, *, now: datetime) -> bool:
        """Claim telling of it. True for one caller, once."""
        return self._db.run(ALARM, request_id=request_id, now=to_milliseconds(now)) == 1

    def newest_applied(self, kind: str) -> Mapping[str, Any] | None:
        """The payload of the last request of a kind that was applied."""
        row = self._db.one(NEWEST_APPLIED, kind=kind)
        return None if row is None else dict(orjson.loads(row.payload))

    def was_raised(self, member: str, by: str, *, since: datetime) -> bool:
        """Whether somebody has `by` to thank for being of the staff, or for a role, since then.

        By a request of theirs that was applied after `since`, or whose member joined after it; or by a one-time link
        that they got to see, and could have used.
        """
        moment = to_milliseconds(since)
        return (
            self._db.one(RAISED, proposer=by, member=member, since=moment) is not None
            or self._db.one(LET_IN, maker=by, member=member, since=moment) is not None
        )

    def has_left(self, request: ChangeRequest) -> bool:
        """Whether who proposed or who approved it was put out of office."""
        approver = request.proposer if request.approval is None else request.approval.by
        return self._db.one(OUT_OF_OFFICE, proposer=request.proposer, approver=approver) is not None

    def owes_review(self, proposer: str, *, now: datetime) -> bool:
        """Whether nobody looked in time at an emergency suspension of this person."""
        since = to_milliseconds(now - REVIEW_WITHIN)
        return self._db.one(OVERDUE, proposer=proposer, reviewed_since=since) is not None


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


def _written(inverse: Inverse | None) -> str | None:
    return None if inverse is None else canonical([inverse.kind, inverse.payload]).decode()


def _milliseconds(delay: timedelta) -> int:
    return round(delay.total_seconds() * 1000)


def _ids(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(row.id for row in rows)
