"""The trust bundle that a region received.

What: the tables `trust_bundles`, `trust_pulls` and `trust_thefts`; the generation `trust`; an index of attempts by
their region.
Why: every worker decides from memory whom to trust; what it remembers is read from here, also after a restart without
network, and never goes back to something older.
Safe with the previous release: it does not look at the tables, and asks for no generation of this name.
Locks: none that anybody could wait for; the tables are new, and that of attempts holds some minutes' worth.
Going back: `idp db downgrade 0017` forgets the bundle. It is fetched again with the keys of `trust_keys_file`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
generations = sa.table("generations", sa.column("name", sa.Text()), sa.column("value", sa.BigInteger()))


def upgrade() -> None:
    op.create_table(
        "trust_bundles",
        sa.Column("issuer", EXACT_TEXT, primary_key=True, nullable=False),
        *(number(title) for title in ("root_version", "seq")),
        sa.Column("content_hash", EXACT_TEXT, nullable=False),
        *(number(title) for title in ("issued_at", "expires_at", "next_update_at", "admitted_at")),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("lineage", sa.Text(), nullable=True),
        sa.Column("applied_hash", EXACT_TEXT, nullable=True),
    )
    op.create_table(
        "trust_pulls",
        sa.Column("issuer", EXACT_TEXT, primary_key=True, nullable=False),
        number("due_at"),
        number("latest_at"),
    )
    op.create_table(
        "trust_thefts",
        *(sa.Column(title, EXACT_TEXT, primary_key=True, nullable=False) for title in ("issuer", "kid")),
        number("noted_at"),
    )
    op.create_index(op.f("ix_upstream_attempts_home_iss"), "upstream_attempts", ["home_iss"])
    op.bulk_insert(generations, [{"name": "trust", "value": 1}])


def downgrade() -> None:
    op.execute(generations.delete().where(generations.c.name == "trust"))
    op.drop_index(op.f("ix_upstream_attempts_home_iss"), "upstream_attempts")
    op.drop_table("trust_thefts")
    op.drop_table("trust_pulls")
    op.drop_table("trust_bundles")


def number(title: str) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), nullable=False)
