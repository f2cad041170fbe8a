"""Staff, their roles, passkeys, sessions, API tokens and one-time links; and whether the installation is governed.

What: the tables `staff`, `staff_roles`, `staff_links`, `staff_passkeys`, `staff_challenges`, `staff_sessions`,
`staff_tokens` and `governed`.
Why: what is dangerous is done by people with a name, a role and a passkey, and no longer by whoever has the machine.
Safe with the previous release: it does not look at these tables. It takes dangerous changes without two people, as it
always did: once administrators have joined, let no process of it run.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade 0019` drops them. Staff are lost, and the installation is as if nobody had ever joined.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ROLES = "'national_operator', 'regional_admin', 'reviewer', 'auditor', 'support', 'developer', 'break_glass'"


def upgrade() -> None:
    op.create_table(
        "staff",
        name("id", primary_key=True),
        text("name"),
        text("organisation", nullable=True),
        number("created_at"),
        number("joined_at", nullable=True),
        name("link_made_by", nullable=True),
        number("deactivated_at", nullable=True),
    )
    op.create_table(
        "staff_roles",
        of_member(),
        name("role"),
        number("granted_at"),
        number("expires_at", nullable=True),
        name("granted_by"),
        sa.PrimaryKeyConstraint("staff_id", "role"),
        sa.CheckConstraint(f"role IN ({ROLES})", name="role"),
        sa.CheckConstraint(
            "(role = 'break_glass') = (expires_at IS NOT NULL)"
            " AND (expires_at IS NULL OR expires_at - granted_at <= 3600000)",
            name="lasts",
        ),
    )
    op.create_table(
        "staff_links",
        digest("digest", primary_key=True),
        of_member(index=True),
        name("made_by"),
        number("created_at"),
        number("expires_at", index=True),
        number("consumed_at", nullable=True),
    )
    op.create_table(
        "staff_passkeys",
        digest("credential_id", primary_key=True),
        of_member(),
        name("id"),
        digest("public_key"),
        number("sign_count"),
        flag("is_backup_eligible"),
        flag("is_backed_up"),
        name("aaguid"),
        text("transports"),
        text("label"),
        number("created_at"),
        number("last_used_at", nullable=True),
        number("suspended_at", nullable=True),
        sa.UniqueConstraint("staff_id", "id"),
    )
    op.create_table(
        "staff_challenges",
        digest("digest", primary_key=True),
        name("purpose"),
        of_member("account_id", nullable=True, index=True),
        digest("bound_to"),
        text("data"),
        number("created_at"),
        number("expires_at", index=True),
        number("step"),
        number("wrong_answers"),
        number("consumed_at", nullable=True),
    )
    op.create_table(
        "staff_sessions",
        digest("digest", primary_key=True),
        name("id", unique=True),
        of_member(index=True),
        number("created_at"),
        number("last_seen_at"),
        number("expires_at", index=True),
        number("ended_at", nullable=True),
        text("user_agent"),
        text("address"),
    )
    op.create_table(
        "staff_tokens",
        digest("digest", primary_key=True),
        name("id", unique=True),
        of_member(index=True),
        text("label"),
        text("actions"),
        number("created_at"),
        number("expires_at", index=True),
        number("last_used_at", nullable=True),
        number("revoked_at", nullable=True),
    )
    op.create_table(
        "governed",
        name("installation", primary_key=True),
        number("since"),
        sa.CheckConstraint("installation = 'this'", name="installation"),
    )


def downgrade() -> None:
    for table in (
        "governed",
        "staff_tokens",
        "staff_sessions",
        "staff_challenges",
        "staff_passkeys",
        "staff_links",
        "staff_roles",
        "staff",
    ):
        op.drop_table(table)


def name(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, EXACT_TEXT, **{"nullable": False, **options})


def text(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.Text(), **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})


def digest(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.LargeBinary(), **{"nullable": False, **options})


def flag(title: str) -> sa.Column[Any]:
    return sa.Column(title, sa.Boolean(create_constraint=True, name=title), nullable=False)


def of_member(title: str = "staff_id", **options: Any) -> sa.Column[Any]:
    return sa.Column(
        title, EXACT_TEXT, sa.ForeignKey("staff.id", ondelete="CASCADE"), **{"nullable": False, **options}
    )
