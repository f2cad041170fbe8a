"""How many people of one region are signed in at another, told to the hub.

What: the table `told_visitors`; the columns `trust_reports.told_at` and `trust_pulls.counted_at`; the indexes
`ix_sessions_visits` and `ix_grants_of_visitors`.
Why: whoever takes a region off the list sees first how many sign-ins at the other regions end. The regions count, and
tell the hub in whole tens.
Safe with the previous release: it does not look at the table, the new columns may be empty, and the indexes are kept by
the database.
Locks: PostgreSQL adds empty columns without looking at a row. While it makes each index, which has entries for visitors
alone, rows of `sessions` and of `grants` can be read but not changed: a second for a million of them.
Going back: `idp db downgrade 0026` forgets what was told; the regions tell it again after the next upgrade.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBERS = ("sessions", "above_1", "above_2", "people", "apps")
IS_VISIT = sa.text("home_iss IS NOT NULL AND ended_at IS NULL")
IS_OF_VISITOR = sa.text("home_iss IS NOT NULL AND revoked_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "told_visitors",
        sa.Column("op", EXACT_TEXT, of_region(), primary_key=True, nullable=False),
        sa.Column("home_iss", EXACT_TEXT, of_region(), primary_key=True, nullable=False, index=True),
        *(number(title) for title in NUMBERS),
    )
    op.add_column("trust_reports", number("told_at", nullable=True))
    op.add_column("trust_pulls", number("counted_at", nullable=True))
    op.create_index(
        "ix_sessions_visits",
        "sessions",
        ["home_iss", "account_id", "level", "expires_at", "ended_at"],
        sqlite_where=IS_VISIT,
        postgresql_where=IS_VISIT,
    )
    op.create_index(
        "ix_grants_of_visitors",
        "grants",
        ["home_iss", "client_id", "expires_at", "revoked_at"],
        sqlite_where=IS_OF_VISITOR,
        postgresql_where=IS_OF_VISITOR,
    )


def downgrade() -> None:
    op.drop_index("ix_grants_of_visitors", "grants")
    op.drop_index("ix_sessions_visits", "sessions")
    op.drop_column("trust_pulls", "counted_at")
    op.drop_column("trust_reports", "told_at")
    op.drop_table("told_visitors")


def of_region() -> sa.ForeignKey:
    return sa.ForeignKey("trust_regions.op")


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
