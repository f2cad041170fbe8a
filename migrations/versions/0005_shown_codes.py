"""Codes that citizens show at a counter.

What: the table `shown_codes`: digests of the codes, what the person ticked, and who redeemed which of it.
Why: an office with a counter learns who stands there, once, from what the person chose to show.
Safe with the previous release: it does not look at the new tables.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade 0004` drops them with all they hold.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "shown_codes",
        sa.Column("digest", sa.LargeBinary(), primary_key=True, nullable=False),
        sa.Column("digits_hash", sa.LargeBinary(), unique=True, nullable=False),
        sa.Column("showing", EXACT_TEXT, nullable=False),
        refers("account_id", "accounts.id"),
        refers("session_id", "sessions.id", index=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        number("authenticated_at"),
        number("began_at"),
        number("expires_at", index=True),
        number("consumed_at", nullable=True),
        refers("client_id", "clients.client_id", nullable=True),
        sa.Column("released", sa.Text(), nullable=True),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        sa.CheckConstraint(
            "(consumed_at IS NULL) = (client_id IS NULL) AND (consumed_at IS NULL) = (released IS NULL)",
            name="redeemed",
        ),
    )
    op.create_index("ix_shown_codes_account_id_showing", "shown_codes", ["account_id", "showing"])


def downgrade() -> None:
    op.drop_table("shown_codes")


def refers(title: str, target: str, **options: Any) -> sa.Column[Any]:
    key = sa.ForeignKey(target, ondelete="CASCADE")
    return sa.Column(title, EXACT_TEXT, key, **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
