"""Figures for the dashboards.

What: the tables `figure_hours`, `figure_positions` and `figure_runs`.
Why: dashboards show what happened by the hour. It is counted from the audit trail in the background, never while
somebody signs in.
Safe with the previous release: it does not look at the tables.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade 0025` drops the figures. Those that come from the audit trail are counted again after the
next upgrade; how long requests took is lost.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "figure_hours",
        number("hour"),
        sa.Column("name", EXACT_TEXT, nullable=False),
        sa.Column("label", EXACT_TEXT, nullable=False),
        number("amount"),
        sa.PrimaryKeyConstraint("hour", "name", "label"),
    )
    op.create_table(
        "figure_positions",
        sa.Column("name", EXACT_TEXT, primary_key=True, nullable=False),
        number("position"),
        number("moved_at"),
    )
    op.create_table(
        "figure_runs",
        sa.Column("run", EXACT_TEXT, primary_key=True, nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        number("added_at", index=True),
    )


def downgrade() -> None:
    op.drop_table("figure_runs")
    op.drop_table("figure_positions")
    op.drop_table("figure_hours")


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
