"""Keys in a browser, unlocked by a pattern.

What: the table `device_keys`: public keys, and how often in a row the pattern was wrong.
Why: the gesture factor; the private keys and the patterns stay in people's browsers.
Safe with the previous release: it does not look at the new tables.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade 0005` drops them with all they hold.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "device_keys",
        sa.Column("id", EXACT_TEXT, primary_key=True, nullable=False),
        sa.Column("account_id", EXACT_TEXT, nullable=False),
        sa.Column("algorithm", EXACT_TEXT, nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("misses", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("algorithm IN ('Ed25519', 'P-256')", name="algorithm"),
        sa.CheckConstraint("misses >= 0", name="misses"),
        sa.ForeignKeyConstraint(
            ["account_id", "id"], ["authenticators.account_id", "authenticators.id"], ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("device_keys")
