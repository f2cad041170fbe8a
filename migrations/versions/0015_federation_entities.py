"""Whom an entity of the federation vouches for, and trust marks.

What: the tables `subordinates`, `trust_marks`, `trust_mark_types` and `trust_mark_delegations`; the generation
`federation`.
Why: a region's intermediate answers for the entities that its operators enrolled, a hub says who may issue trust marks,
and both give marks that can be taken back.
Safe with the previous release: it does not look at the tables, and asks for no generation of this name.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade 0014` forgets everybody who was enrolled and every mark: `idp federation list --json` and
`idp federation mark list --json` show them before.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
generations = sa.table("generations", sa.column("name", sa.Text()), sa.column("value", sa.BigInteger()))


def upgrade() -> None:
    op.create_table(
        "subordinates",
        name("entity_id", primary_key=True),
        text("entity_types"),
        sa.Column(
            "is_intermediate", sa.Boolean(create_constraint=True, name="is_intermediate"), nullable=False
        ),
        *(text(title) for title in ("jwks", "metadata", "metadata_policy", "constraints")),
        name("state"),
        number("enrolled_at"),
        number("changed_at"),
        sa.CheckConstraint("state IN ('active', 'suspended', 'removed')", name="state"),
    )
    op.create_table(
        "trust_marks",
        sa.Column("token_digest", sa.LargeBinary(), primary_key=True, nullable=False),
        text("token"),
        *(name(title) for title in ("kid", "issuer", "mark_type")),
        name("subject", index=True),
        number("issued_at"),
        number("expires_at", index=True),
        number("revoked_at", nullable=True),
        text("reason"),
    )
    op.create_table(
        "trust_mark_types",
        name("mark_type", primary_key=True),
        text("issuers"),
        name("owner", nullable=True),
        text("owner_jwks", nullable=True),
    )
    op.create_table(
        "trust_mark_delegations",
        name("mark_type", primary_key=True),
        name("owner"),
        text("token"),
        number("expires_at"),
    )
    op.bulk_insert(generations, [{"name": "federation", "value": 1}])


def downgrade() -> None:
    op.execute(generations.delete().where(generations.c.name == "federation"))
    for table in ("trust_mark_delegations", "trust_mark_types", "trust_marks", "subordinates"):
        op.drop_table(table)


def name(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, EXACT_TEXT, **{"nullable": False, **options})


def text(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.Text(), **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
