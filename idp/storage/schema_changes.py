"""Tables of change requests. What two people are for is held here too, whatever writes: by keys and checks.

An approval repeats what it approves, and a foreign key over all of it says that this is what was proposed: for other
content, or by the proposer, there can be no approval. An application has an approval whose delay is over, or was an
emergency that restricts. Triggers keep what was proposed, and approved, from being written over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
    event,
)

from idp.governance.change_request import Direction, State
from idp.storage.columns import count, flag, json, metadata, moment, name, one_of, text
from idp.storage.schema_staff import staff

_CONTENT = ("id", "content_hash", "proposer_id", "subject", "delay_ms")
_OF_CONTENT = ("request_id", "content_hash", "proposer_id", "subject", "delay_ms")
_RESTRICTS = f"direction = '{Direction.RESTRICTS.value}'"

change_requests = Table(
    "change_requests",
    metadata,
    name("id", primary_key=True),
    name("kind"),
    json("payload"),
    name("subject"),
    name("direction"),
    name("base"),
    count("delay_ms"),
    name("content_hash"),
    text("why"),
    json("diff"),
    name("proposer_id", ForeignKey(staff.c.id)),
    moment("proposed_at"),
    moment("expires_at"),
    flag("is_emergency"),
    name("state"),
    name("closed_by"),
    moment("closed_at", nullable=True),
    text("closed_why"),
    name("rolls_back", ForeignKey("change_requests.id"), nullable=True, index=True),
    moment("alarmed_at", nullable=True),
    one_of("state", State),
    one_of("direction", Direction),
    CheckConstraint("proposer_id <> subject", name="not_about_oneself"),
    CheckConstraint(f"delay_ms >= 0 AND ({_RESTRICTS} OR NOT is_emergency)", name="emergency"),
    CheckConstraint("closed_by <> proposer_id OR state = 'cancelled'", name="closed_by"),
    CheckConstraint(
        "(state IN ('review_due', 'confirmed', 'reverted')) = is_emergency", name="reviewed_afterwards"
    ),
    UniqueConstraint(*_CONTENT, name="uq_change_requests_content"),
    UniqueConstraint("id", "direction", "is_emergency", name="uq_change_requests_emergency"),
)
Index("ix_change_requests_proposed_at_id", change_requests.c.proposed_at, change_requests.c.id)
Index(
    "ix_change_requests_state",
    change_requests.c.state,
    change_requests.c.proposed_at,
    change_requests.c.id,
)
Index(
    "ix_change_requests_kind",
    change_requests.c.kind,
    change_requests.c.proposed_at,
    change_requests.c.id,
)
Index("ix_change_requests_subject", change_requests.c.subject, change_requests.c.proposed_at)
Index("ix_change_requests_proposer_id", change_requests.c.proposer_id, change_requests.c.proposed_at)

change_approvals = Table(
    "change_approvals",
    metadata,
    name("request_id", primary_key=True),
    name("content_hash"),
    name("proposer_id"),
    name("subject"),
    count("delay_ms"),
    name("approver_id", ForeignKey(staff.c.id)),
    moment("approved_at"),
    moment("effective_at"),
    ForeignKeyConstraint(
        _OF_CONTENT,
        [f"change_requests.{column}" for column in _CONTENT],
        ondelete="CASCADE",
    ),
    CheckConstraint("approver_id <> proposer_id", name="somebody_else"),
    CheckConstraint("approver_id <> subject", name="not_about_oneself"),
    CheckConstraint("effective_at >= approved_at + delay_ms", name="waits"),
    UniqueConstraint("request_id", "effective_at"),
)
"""One a request, by somebody else, for exactly this content."""

change_applications = Table(
    "change_applications",
    metadata,
    name("request_id", primary_key=True),
    name("direction"),
    flag("is_emergency"),
    moment("effective_at", nullable=True),
    moment("applied_at"),
    text("outcome"),
    json("inverse", nullable=True),
    name("state_after", nullable=True),
    ForeignKeyConstraint(
        ["request_id", "direction", "is_emergency"],
        ["change_requests.id", "change_requests.direction", "change_requests.is_emergency"],
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["request_id", "effective_at"],
        ["change_approvals.request_id", "change_approvals.effective_at"],
        ondelete="CASCADE",
    ),
    # Without an approval `effective_at` is NULL, and then only an emergency is left.
    CheckConstraint(
        f"(effective_at IS NOT NULL AND applied_at >= effective_at) OR (is_emergency AND {_RESTRICTS})",
        name="by_two_people",
    ),
)
"""That a change was carried out, written in the transaction that did it."""

_FIXED = {
    change_requests: (
        "id, kind, payload, subject, direction, base, delay_ms, content_hash, why, diff, proposer_id, proposed_at,"
        " expires_at, is_emergency, rolls_back"
    ),
    change_approvals: (
        "request_id, content_hash, proposer_id, subject, delay_ms, approver_id, approved_at, effective_at"
    ),
    change_applications: "request_id, direction, is_emergency, effective_at, applied_at, inverse",
}
_statement: Callable[[str], Any] = DDL
for _table, _columns in _FIXED.items():
    # PostgreSQL's triggers are in the migration alone.
    _keep = _statement(
        f"CREATE TRIGGER {_table.name}_are_kept BEFORE UPDATE OF {_columns} ON {_table.name}"
        f" BEGIN SELECT RAISE(ABORT, '{_table.name} are never written over'); END"
    )
    event.listen(_table, "after_create", _keep.execute_if(dialect="sqlite"))
