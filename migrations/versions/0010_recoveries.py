"""Recoveries of lost accounts.

What: the table `recoveries`.
Why: a citizen who lost a password or a key gets back in by two anchors and a waiting time, or at a counter.
Safe with the previous release: it does not look at the new table.
Locks: none that anybody could wait for; the table is new.
Going back: `idp db downgrade 0009` drops it with all it holds: whoever waits must begin again.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WORDS = "'begun', 'one_proved', 'waiting', 'requested', 'approved', 'ready', 'finished', 'cancelled'"
IS_OPEN = sa.text("state IN ('waiting', 'ready')")


def upgrade() -> None:
    op.create_table(
        "recoveries",
        sa.Column("id", EXACT_TEXT, primary_key=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True, unique=True),
        sa.Column(
            "account_id",
            EXACT_TEXT,
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            nullable=True,
            index=True,
        ),
        sa.Column("name_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", EXACT_TEXT, nullable=False),
        text("anchors"),
        text("officer"),
        text("approver"),
        text("lost"),
        sa.Column("stop_hash", sa.LargeBinary(), nullable=True, unique=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True, unique=True),
        number("wrong_answers"),
        number("created_at"),
        number("waits_until", nullable=True),
        number("expires_at", index=True),
        number("consumed_at", nullable=True),
        sa.CheckConstraint(f"state IN ({WORDS})", name="state"),
    )
    # Of one account at most one recovery waits or is ready, whatever happens at the same moment.
    op.create_index(
        "uq_recoveries_open_account_id",
        "recoveries",
        ["account_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )


def downgrade() -> None:
    op.drop_table("recoveries")


def text(title: str) -> sa.Column[Any]:
    return sa.Column(title, sa.Text(), nullable=False)


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
