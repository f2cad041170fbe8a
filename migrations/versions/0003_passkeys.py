"""Public keys of passkeys.

What: the tables `passkeys` and `passkey_offers`.
Why: people sign in with a fingerprint, a face or a PIN that their own device checks.
Safe with the previous release: it does not look at the new tables.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade 0002` drops them with all they hold. Who had only a passkey then has no way in.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("credential_id", sa.LargeBinary(), primary_key=True, nullable=False),
        sa.Column("account_id", EXACT_TEXT, nullable=False),
        sa.Column("authenticator_id", EXACT_TEXT, nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        flag("is_backup_eligible"),
        flag("is_backed_up"),
        sa.Column("aaguid", EXACT_TEXT, nullable=False),
        sa.Column("transports", sa.Text(), nullable=False),
        sa.UniqueConstraint("account_id", "authenticator_id"),
        sa.ForeignKeyConstraint(
            ["account_id", "authenticator_id"],
            ["authenticators.account_id", "authenticators.id"],
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "passkey_offers",
        sa.Column(
            "account_id",
            EXACT_TEXT,
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.Column("skips", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("passkey_offers")
    op.drop_table("passkeys")


def flag(title: str) -> sa.Column[bool]:
    return sa.Column(title, sa.Boolean(create_constraint=True, name=title), nullable=False)
