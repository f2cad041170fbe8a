"""The transparency logs: entries, tiles and heads; and for each line of the audit trail its entry.

What: the tables `log_heads`, `log_entries` and `log_tiles`; columns `log_index` and `salt` of `audit_events` with an
index of the lines that have no entry yet, and three to search the trail by; `log_index` of `trust_contents`.
Why: everybody can see that the record was not changed; and the trail is searched by time, kind and subject.
Safe with the previous release: it writes lines and contents without an entry, and they get theirs from this one.
Locks: on PostgreSQL the indexes of `audit_events` are built while nobody can write to the trail: some seconds for each
million lines. On a large trail make them before, by the same names, with CREATE INDEX CONCURRENTLY.
Going back: `idp db downgrade 0020` drops the logs. Nobody who kept a checkpoint believes a log that begins again:
restore a backup instead of going back, once anybody has seen one.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SEARCHED_BY = {
    "ix_audit_events_happened_at_id": ["happened_at", "id"],
    "ix_audit_events_kind_happened_at_id": ["kind", "happened_at", "id"],
    "ix_audit_events_subject_happened_at_id": ["subject", "happened_at", "id"],
}


def upgrade() -> None:
    op.create_table(
        "log_heads",
        of_log(),
        number("size"),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("log IN ('trust', 'audit')", name="log"),
        sa.CheckConstraint("size >= 0", name="size"),
    )
    op.create_table(
        "log_entries",
        of_log(),
        number("idx", primary_key=True, autoincrement=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("log IN ('trust', 'audit')", name="log"),
        sa.CheckConstraint("idx >= 0", name="idx"),
    )
    op.create_table(
        "log_tiles",
        of_log(),
        sa.Column("level", sa.SmallInteger(), primary_key=True, autoincrement=False, nullable=False),
        number("idx", primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("log IN ('trust', 'audit')", name="log"),
    )
    op.add_column("trust_contents", number("log_index", nullable=True))
    op.add_column("audit_events", number("log_index", nullable=True))
    op.add_column("audit_events", sa.Column("salt", sa.LargeBinary(), nullable=True))
    for index, columns in SEARCHED_BY.items():
        op.create_index(index, "audit_events", columns, if_not_exists=True)
    is_unlogged = sa.text("log_index IS NULL")
    op.create_index(
        "ix_audit_events_unlogged",
        "audit_events",
        ["id"],
        sqlite_where=is_unlogged,
        postgresql_where=is_unlogged,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_events_unlogged", "audit_events")
    for index in reversed(SEARCHED_BY):
        op.drop_index(index, "audit_events")
    op.drop_column("audit_events", "salt")
    op.drop_column("audit_events", "log_index")
    op.drop_column("trust_contents", "log_index")
    for table in ("log_tiles", "log_entries", "log_heads"):
        op.drop_table(table)


def of_log() -> sa.Column[Any]:
    return sa.Column("log", EXACT_TEXT, primary_key=True, nullable=False)


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
