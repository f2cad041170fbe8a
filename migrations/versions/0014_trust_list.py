"""The trust list of the hub.

What: the tables `trust_regions`, `trust_region_keys`, `trust_revoked_keys`, `trust_visits`, `trust_contents` and
`trust_reports`, and the number `trust_list` that tells workers to look again.
Why: the hub keeps the list of regions, publishes it numbered and signed, and knows how far every region is.
Safe with the previous release: it does not look at the tables. In a region they stay empty.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade 0013` drops the list with all that was published. Make a copy first: without the numbers
given so far, every region refuses what the hub would publish next.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
GENERATIONS = sa.table("generations", sa.column("name", EXACT_TEXT), sa.column("value", sa.BigInteger()))

TABLES = (
    "trust_regions",
    "trust_region_keys",
    "trust_revoked_keys",
    "trust_visits",
    "trust_contents",
    "trust_reports",
)


def upgrade() -> None:
    create_regions()
    create_keys()
    create_visits()
    create_published()
    op.bulk_insert(GENERATIONS, [{"name": "trust_list", "value": 1}])


def downgrade() -> None:
    op.execute(GENERATIONS.delete().where(GENERATIONS.c.name == "trust_list"))
    for table in reversed(TABLES):
        op.drop_table(table)


def create_regions() -> None:
    op.create_table(
        "trust_regions",
        name("op", primary_key=True),
        text("name"),
        name("status"),
        number("since_at"),
        name("reason"),
        sa.Column("ceiling", sa.SmallInteger(), nullable=False),
        text("domains"),
        text("statement"),
        text("op_statement"),
        text("rp_statement"),
        text("op_metadata"),
        text("rp_metadata"),
        name("meaning"),
        number("renew_at"),
        number("expires_at"),
        sa.CheckConstraint("status IN ('active', 'suspended', 'removed')", name="status"),
    )


def create_keys() -> None:
    op.create_table(
        "trust_region_keys",
        region(),
        name("thumbprint", primary_key=True),
        text("jwk"),
        sa.Column("is_former", sa.Boolean(create_constraint=True, name="is_former"), nullable=False),
    )
    op.create_table(
        "trust_revoked_keys",
        name("issuer", primary_key=True),
        name("kid", primary_key=True),
        number("revoked_at"),
        name("reason"),
    )


def create_visits() -> None:
    op.create_table(
        "trust_visits",
        region(),
        number("due_at"),
        number("visited_at", nullable=True),
        number("configured_at"),
        text("fault"),
    )


def create_published() -> None:
    op.create_table(
        "trust_contents",
        number("seq", primary_key=True, autoincrement=False),
        name("hash"),
        text("content", nullable=True),
        text("signed", nullable=True),
        number("signed_at"),
        number("published_at"),
    )
    op.create_table("trust_reports", region(), number("seq"), number("reported_at"), name("jti"))


def region() -> sa.Column[Any]:
    return name("op", sa.ForeignKey("trust_regions.op"), primary_key=True)


def name(title: str, *rules: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, EXACT_TEXT, *rules, **{"nullable": False, **options})


def text(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.Text(), **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
