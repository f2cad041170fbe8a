"""Whether two people are two: who got somebody else in, who is in office, who owes a review."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, exists, or_, select

from idp.foundation.clock import to_milliseconds
from idp.governance.change_request import REVIEW_WITHIN, ChangeRequest, State
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import change_applications, change_requests, staff
from idp.storage.statement import Statement

_row, _application = change_requests.c, change_applications.c
_HAS_JOINED = and_(staff.c.id == given("member"), staff.c.joined_at > given("since", staff.c.joined_at.type))
GIVE_ROLES = ("staff.invite", "staff.roles", "staff.break_glass")
"""Kinds by which somebody gets more to do."""

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


class SecondPeople:
    """Questions about those who propose and approve."""

    def __init__(self, database: Database) -> None:
        self._db = database

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
