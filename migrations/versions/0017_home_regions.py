"""People of other regions: who they are there, and what began there.

What: the tables `linked_subjects`, `upstream_attempts`, `home_sessions` and `consents_on_behalf`; the column `home_iss`
of `sessions`, `authorization_codes` and `grants`.
Why: a person signs in at their own region for a mini-app of ours. Their account is found by who they are there and by
nothing else; their session ends when their region is no longer trusted; their tokens say where they come from.
Safe with the previous release: the new columns may be empty and it fills none. It gives a session that came from
another region no strength, because that proved nothing here, and so lets nobody in with one.
Locks: PostgreSQL adds empty columns without looking at a row, and an index over `sessions.home_iss`, whose rows can be
read meanwhile but not changed: a second for a million of them.
Going back: `idp db downgrade 0016` forgets the links, so people of other regions arrive as new ones. End their sessions
first with `idp account disable`, or wait until they have.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SAY_WHERE_FROM = ("sessions", "authorization_codes", "grants")


def upgrade() -> None:
    for table in SAY_WHERE_FROM:
        op.add_column(table, name("home_iss", nullable=True))
    op.create_index("ix_sessions_home_iss", "sessions", ["home_iss"])
    op.create_table(
        "linked_subjects",
        name("home_iss"),
        name("home_sub"),
        name("account_id", of_account(), index=True),
        sa.Column("is_visitor", sa.Boolean(create_constraint=True, name="is_visitor"), nullable=False),
        number("created_at"),
        number("last_used_at"),
        sa.PrimaryKeyConstraint("home_iss", "home_sub"),
    )
    op.create_table(
        "upstream_attempts",
        sa.Column("state_digest", sa.LargeBinary(), primary_key=True, nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=False),
        name("home_iss"),
        sa.Column("nonce_digest", sa.LargeBinary(), nullable=False),
        sa.Column("secrets_sealed", sa.LargeBinary(), nullable=False),
        name("required_acr", nullable=True),
        number("authenticated_after", nullable=True),
        number("created_at"),
        number("expires_at", index=True),
        number("consumed_at", nullable=True),
    )
    create_home_sessions()
    create_consents_on_behalf()


def create_home_sessions() -> None:
    op.create_table(
        "home_sessions",
        name("session_id", sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
        name("home_iss"),
        name("home_sub"),
        name("home_sid", nullable=True),
        sa.Column("id_token_sealed", sa.LargeBinary(), nullable=False),
    )
    for column in ("home_sub", "home_sid"):
        op.create_index(f"ix_home_sessions_home_iss_{column}", "home_sessions", ["home_iss", column])


def create_consents_on_behalf() -> None:
    op.create_table(
        "consents_on_behalf",
        name("account_id", of_account()),
        name("client_id", sa.ForeignKey("clients.client_id", ondelete="CASCADE")),
        name("sector"),
        *(sa.Column(title, sa.Text(), nullable=False) for title in ("scopes", "claims", "display")),
        number("agreed_at"),
        number("withdrawn_at", nullable=True),
        sa.PrimaryKeyConstraint("account_id", "client_id", "sector"),
    )


def downgrade() -> None:
    for table in ("consents_on_behalf", "home_sessions", "upstream_attempts", "linked_subjects"):
        op.drop_table(table)
    op.drop_index("ix_sessions_home_iss", "sessions")
    for table in SAY_WHERE_FROM:
        op.drop_column(table, "home_iss")


def of_account() -> sa.ForeignKey:
    return sa.ForeignKey("accounts.id", ondelete="CASCADE")


def name(title: str, *rules: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, EXACT_TEXT, *rules, **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
