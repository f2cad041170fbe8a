"""Requests for dangerous changes, and who approved them.

What: the tables `change_requests`, `change_approvals` and `change_applications`; triggers that keep what is in them.
Why: what widens trust takes two people. Keys and checks hold that against whatever writes: an approval is by somebody
else and for exactly this content, an application has an approval whose delay is over, or was an emergency that
restricts.
Safe with the previous release: it does not look at the tables, and knows of no staff.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade 0022` forgets every request. What was applied stays; what waited never happens.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
STATES = (
    "proposed",
    "approved",
    "applied",
    "cancelled",
    "refused",
    "expired",
    "stale",
    "failed",
    "review_due",
    "confirmed",
    "reverted",
)
DIRECTIONS = ("loosens", "restricts", "neutral")
CONTENT = ("id", "content_hash", "proposer_id", "subject", "delay_ms")
OF_CONTENT = ("request_id", "content_hash", "proposer_id", "subject", "delay_ms")
FIXED = {
    "change_requests": (
        "id, kind, payload, subject, direction, base, delay_ms, content_hash, why, diff, proposer_id, proposed_at,"
        " expires_at, is_emergency, rolls_back"
    ),
    "change_approvals": (
        "request_id, content_hash, proposer_id, subject, delay_ms, approver_id, approved_at, effective_at"
    ),
    "change_applications": "request_id, direction, is_emergency, effective_at, applied_at, inverse",
}


def upgrade() -> None:
    make_requests()
    make_approvals()
    make_applications()
    for table, columns in FIXED.items():
        keep(table, columns)


def downgrade() -> None:
    for table in ("change_applications", "change_approvals", "change_requests"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_to_write_over()")


def make_requests() -> None:
    op.create_table(
        "change_requests",
        sa.Column("id", EXACT_TEXT, primary_key=True, nullable=False),
        words("kind"),
        sa.Column("payload", sa.Text(), nullable=False),
        *map(words, ("subject", "direction", "base")),
        number("delay_ms"),
        words("content_hash"),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("diff", sa.Text(), nullable=False),
        words("proposer_id", sa.ForeignKey("staff.id")),
        number("proposed_at"),
        number("expires_at"),
        sa.Column("is_emergency", sa.Boolean(create_constraint=True, name="is_emergency"), nullable=False),
        words("state"),
        words("closed_by"),
        number("closed_at", nullable=True),
        sa.Column("closed_why", sa.Text(), nullable=False),
        words("rolls_back", sa.ForeignKey("change_requests.id"), nullable=True, index=True),
        number("alarmed_at", nullable=True),
        sa.CheckConstraint(f"state IN ({quoted(STATES)})", name="state"),
        sa.CheckConstraint(f"direction IN ({quoted(DIRECTIONS)})", name="direction"),
        sa.CheckConstraint("proposer_id <> subject", name="not_about_oneself"),
        sa.CheckConstraint(
            "delay_ms >= 0 AND (direction = 'restricts' OR NOT is_emergency)", name="emergency"
        ),
        sa.CheckConstraint("closed_by <> proposer_id OR state = 'cancelled'", name="closed_by"),
        sa.CheckConstraint(
            "(state IN ('review_due', 'confirmed', 'reverted')) = is_emergency", name="reviewed_afterwards"
        ),
        sa.UniqueConstraint(*CONTENT, name="uq_change_requests_content"),
        sa.UniqueConstraint("id", "direction", "is_emergency", name="uq_change_requests_emergency"),
    )
    for title, *columns in (
        ("ix_change_requests_proposed_at_id", "proposed_at", "id"),
        ("ix_change_requests_state", "state", "proposed_at", "id"),
        ("ix_change_requests_kind", "kind", "proposed_at", "id"),
        ("ix_change_requests_subject", "subject", "proposed_at"),
        ("ix_change_requests_proposer_id", "proposer_id", "proposed_at"),
    ):
        op.create_index(title, "change_requests", columns)


def make_approvals() -> None:
    op.create_table(
        "change_approvals",
        sa.Column("request_id", EXACT_TEXT, primary_key=True, nullable=False),
        *map(words, ("content_hash", "proposer_id", "subject")),
        number("delay_ms"),
        words("approver_id", sa.ForeignKey("staff.id")),
        number("approved_at"),
        number("effective_at"),
        sa.ForeignKeyConstraint(
            OF_CONTENT, [f"change_requests.{column}" for column in CONTENT], ondelete="CASCADE"
        ),
        sa.CheckConstraint("approver_id <> proposer_id", name="somebody_else"),
        sa.CheckConstraint("approver_id <> subject", name="not_about_oneself"),
        sa.CheckConstraint("effective_at >= approved_at + delay_ms", name="waits"),
        sa.UniqueConstraint("request_id", "effective_at"),
    )


def make_applications() -> None:
    op.create_table(
        "change_applications",
        sa.Column("request_id", EXACT_TEXT, primary_key=True, nullable=False),
        words("direction"),
        sa.Column("is_emergency", sa.Boolean(create_constraint=True, name="is_emergency"), nullable=False),
        number("effective_at", nullable=True),
        number("applied_at"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("inverse", sa.Text(), nullable=True),
        words("state_after", nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id", "direction", "is_emergency"],
            ["change_requests.id", "change_requests.direction", "change_requests.is_emergency"],
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["request_id", "effective_at"],
            ["change_approvals.request_id", "change_approvals.effective_at"],
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "(effective_at IS NOT NULL AND applied_at >= effective_at)"
            " OR (is_emergency AND direction = 'restricts')",
            name="by_two_people",
        ),
    )


def keep(table: str, columns: str) -> None:
    """Let nobody write over these columns."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_are_kept BEFORE UPDATE OF {columns} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} are never written over'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_to_write_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ' are never written over';"
        " END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_are_kept BEFORE UPDATE OF {columns} ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_to_write_over()"
    )


def quoted(listed: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in listed)


def words(title: str, *rules: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, EXACT_TEXT, *rules, **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
