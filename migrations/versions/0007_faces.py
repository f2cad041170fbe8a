"""Sealed face templates and the consent to them.

What: the table `faces`: for each template its wrapped key, its model and version, and what its owner agreed to.
Why: a region may compare faces, as something more beside what a person holds.
Safe with the previous release: it does not look at the new tables.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade 0006` drops them with all they hold. Everybody who wants to use their face enrols again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "faces",
        sa.Column("account_id", EXACT_TEXT, primary_key=True, nullable=False),
        sa.Column("authenticator_id", EXACT_TEXT, nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("template_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("model_id", EXACT_TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("consent_version", sa.Text(), nullable=False),
        sa.Column("consent_text_hash", sa.Text(), nullable=False),
        sa.Column("consented_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "authenticator_id"],
            ["authenticators.account_id", "authenticators.id"],
            name="fk_faces_authenticator",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table("faces")
