"""Sign-ins by scanning a code with a signed-in phone.

What: the table `qr_sign_ins`, one row for each code shown on a screen, kept for a day.
Why: a person without a keyboard they trust signs in on that screen with the passkey on their phone.
Safe with the previous release: it does not look at the new table.
Locks: none that anybody could wait for; the table is new.
Going back: `idp db downgrade 0003` drops it; whoever is in the middle of scanning begins again.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
STATES = "'waiting', 'claimed', 'matched', 'approved', 'used', 'denied', 'cancelled'"


def upgrade() -> None:
    op.create_table(
        "qr_sign_ins",
        binary("digest", primary_key=True),
        name("state"),
        binary("transaction_digest", index=True),
        binary("browser_digest"),
        name("client_id", sa.ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=True),
        text("address"),
        text("user_agent"),
        number("created_at"),
        number("expires_at", index=True),
        name("account_id", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=True, index=True),
        name("session_id", sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=True, index=True),
        text("proof", nullable=True),
        name("authenticator_id", nullable=True),
        number("consumed_at", nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name="state"),
        sa.CheckConstraint(
            "(state IN ('used', 'denied', 'cancelled')) = (consumed_at IS NOT NULL)", name="consumed_once"
        ),
        sa.CheckConstraint("(account_id IS NULL) = (session_id IS NULL)", name="one_phone"),
        sa.CheckConstraint("state NOT IN ('approved', 'used') OR proof IS NOT NULL", name="proved"),
    )


def downgrade() -> None:
    op.drop_table("qr_sign_ins")


def name(title: str, *rules: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, EXACT_TEXT, *rules, **{"nullable": False, **options})


def binary(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.LargeBinary(), **{"nullable": False, **options})


def text(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.Text(), **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
