"""Sealed voice templates and the consent to them.

What: the table `voices`: for each template its wrapped key, its model and version, and what its owner agreed to.
Why: a region may listen to spoken digits, as an extra sign beside another factor.
Safe with the previous release: it does not look at the new table.
Locks: none that anybody could wait for; the table is new.
Going back: `idp db downgrade 0007` drops it with all it holds. Everybody who wants to use their voice enrols again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "voices",
        sa.Column("account_id", EXACT_TEXT, primary_key=True, nullable=False),
        sa.Column("authenticator_id", EXACT_TEXT, nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("template_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("model_id", EXACT_TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("spoken", sa.Text(), nullable=False),
        sa.Column("consent_version", sa.Text(), nullable=False),
        sa.Column("consent_text_hash", sa.Text(), nullable=False),
        sa.Column("consented_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "authenticator_id"],
            ["authenticators.account_id", "authenticators.id"],
            name="fk_voices_authenticator",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table("voices")
