"""The times of configurations that registrations used.

What: the table `configuration_times`.
Why: an older chain that still holds must not bring back the keys an entity had then.
Safe with the previous release: it does not look at the table. What registers with it is not noted there, so that the
guard of this release begins with the entity's next registration.
Locks: none that anybody could wait for; the table is new.
Going back: `idp db downgrade 0018` drops the table, and with it the guard. Registrations stay.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "configuration_times",
        sa.Column(
            "client_id",
            EXACT_TEXT,
            sa.ForeignKey("clients.client_id", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column("configured_at", sa.BigInteger(), nullable=False),
        sa.Column("vouched_at", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("configuration_times")
