"""Clients that registered by the trust others put in them.

What: the table `federated_clients`.
Why: an entity of the federation becomes a client by its trust chain, and is none any more when the chain ends.
Safe with the previous release: it does not look at the table. Rows that entities have in `clients` are switched off, so
it lets none of them in.
Locks: none that anybody could wait for; the table is new.
Going back: `idp db downgrade 0015` drops the registrations. Entities register again; what people agreed to stays.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "federated_clients",
        sa.Column(
            "client_id",
            EXACT_TEXT,
            sa.ForeignKey("clients.client_id", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column("registered_by", EXACT_TEXT, nullable=False),
        sa.Column("trust_anchor", EXACT_TEXT, nullable=False),
        sa.Column("signers", sa.Text(), nullable=False),
        number("registered_at"),
        number("expires_at", index=True),
        sa.CheckConstraint("registered_by IN ('automatic', 'explicit')", name="registered_by"),
    )


def downgrade() -> None:
    op.drop_table("federated_clients")


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
