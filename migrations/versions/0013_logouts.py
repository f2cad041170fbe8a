"""Sign-outs that mini-apps are told of.

What: the table `logouts`; the column `clients.backchannel_logout_uri`.
Why: what ends a session also writes down whom to tell (OpenID Connect Back-Channel Logout 1.0), in one transaction, so
that no process that dies in between leaves a mini-app in the belief that somebody is still signed in.
Safe with the previous release: it looks at neither, and tells nobody.
Locks: PostgreSQL adds the column without reading the table.
Going back: `idp db downgrade 0012` drops what was not delivered yet, and the addresses. Mini-apps then learn of a
sign-out when they next use a token.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("clients", sa.Column("backchannel_logout_uri", sa.Text(), nullable=True))
    op.create_table(
        "logouts",
        sa.Column("id", ROW_NUMBER, primary_key=True),
        sa.Column("session_id", EXACT_TEXT, nullable=False),
        sa.Column(
            "client_id", EXACT_TEXT, sa.ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", EXACT_TEXT, nullable=False),
        number("created_at", index=True),
        number("due_at", nullable=True, index=True),
        number("attempts"),
        sa.CheckConstraint("state IN ('waiting', 'refused', 'given_up')", name="state"),
        sa.CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name="due_while_waiting"),
    )
    op.create_index("ix_logouts_client_id_due_at", "logouts", ["client_id", "due_at"])


def downgrade() -> None:
    op.drop_table("logouts")
    op.drop_column("clients", "backchannel_logout_uri")


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
