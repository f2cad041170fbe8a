"""Security event streams and what waits to be told.

What: the tables `streams`, `stream_events`, `stream_exclusions`, `signal_sources` and `home_endings`; the column
`home_sessions.home_issued_at`.
Why: what ends a session or changes a credential also writes down whom to tell (Shared Signals Framework 1.0), in one
transaction; and what other regions tell has to count once, whatever order it comes in.
Safe with the previous release: it looks at none of them. What it ends meanwhile is told by back-channel logout alone.
Locks: PostgreSQL adds the column without reading the table; the tables are new.
Going back: `idp db downgrade 0024` drops the streams with what waits on them. Receivers create theirs again.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
_SSF = "https://schemas.openid.net/secevent/ssf/event-type/"


def upgrade() -> None:
    op.add_column("home_sessions", number("home_issued_at", nullable=True))
    op.create_table(
        "streams",
        name("id", primary_key=True),
        name("client_id", sa.ForeignKey("clients.client_id", ondelete="CASCADE"), unique=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("events_requested", sa.Text(), nullable=False),
        flag("sends_session_revoked"),
        flag("sends_credential_change"),
        flag("sends_assurance_level_change"),
        name("method"),
        sa.Column("endpoint_url", sa.Text(), nullable=True),
        sa.Column("authorization_sealed", sa.LargeBinary(), nullable=True),
        name("status"),
        sa.Column("reason", sa.Text(), nullable=False),
        flag("is_held"),
        flag("is_full"),
        number("created_at"),
        number("heard_at"),
        number("verified_at", nullable=True),
        number("due_at", index=True),
        number("attempts"),
        sa.CheckConstraint("method IN ('urn:ietf:rfc:8935', 'urn:ietf:rfc:8936')", name="method"),
        sa.CheckConstraint("status IN ('enabled', 'paused', 'disabled')", name="status"),
        sa.CheckConstraint(
            "(method = 'urn:ietf:rfc:8935') = (endpoint_url IS NOT NULL)", name="pushed_somewhere"
        ),
        sa.CheckConstraint("status <> 'enabled' OR NOT (is_held OR is_full)", name="stopped_stands"),
    )
    op.create_table(
        "stream_events",
        sa.Column("id", ROW_NUMBER, primary_key=True),
        name("stream_id", sa.ForeignKey("streams.id", ondelete="CASCADE")),
        name("type"),
        name("subject", nullable=True),
        name("session_id", nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        number("happened_at", index=True),
        sa.CheckConstraint(
            f"type IN ('{_CAEP}session-revoked', '{_CAEP}credential-change', '{_CAEP}assurance-level-change', "
            f"'{_SSF}verification', '{_SSF}stream-updated')",
            name="type",
        ),
    )
    op.create_index("ix_stream_events_stream_id_id", "stream_events", ["stream_id", "id"])
    op.create_table(
        "stream_exclusions",
        name("stream_id", sa.ForeignKey("streams.id", ondelete="CASCADE")),
        name("subject"),
        number("created_at"),
        sa.PrimaryKeyConstraint("stream_id", "subject"),
    )
    op.create_table(
        "signal_sources",
        name("issuer", primary_key=True),
        sa.Column("configuration_url", sa.Text(), nullable=True),
        sa.Column("poll_url", sa.Text(), nullable=True),
        number("due_at"),
        number("heard_at", nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
    )
    op.create_table(
        "home_endings",
        name("home_iss"),
        name("home_sub"),
        number("ended_before"),
        number("noted_at", index=True),
        sa.PrimaryKeyConstraint("home_iss", "home_sub"),
    )


def downgrade() -> None:
    for table in ("home_endings", "signal_sources", "stream_exclusions", "stream_events", "streams"):
        op.drop_table(table)
    op.drop_column("home_sessions", "home_issued_at")


def name(title: str, *rules: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, EXACT_TEXT, *rules, **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})


def flag(title: str) -> sa.Column[Any]:
    return sa.Column(title, sa.Boolean(create_constraint=True, name=title), nullable=False)
