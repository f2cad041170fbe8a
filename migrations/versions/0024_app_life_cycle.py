"""Mini-apps on their way from submission to retirement, and the directory of the published ones.

What: the tables `apps`, `app_moves`, `app_versions`, `app_appeals`, `app_logos`, `app_names`, `app_keys`, `directory`,
`directory_words`, `app_figures` and `app_counting`; an index on the mini-app of a grant.
Why: a mini-app is submitted, reviewed by somebody else, published by two people, and retired without a gap. What ends
with it is found by the index.
Safe with the previous release: it does not look at the tables. A mini-app that is being retired takes nobody new only
with this release; its tokens end on the day also with the previous one.
Locks: new tokens wait while the index is made, some seconds for each ten million grants. The tables are new.
Going back: `idp db downgrade 0023` drops what was submitted, reviewed and said about it. Published mini-apps go on:
they are in `clients`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

STANDINGS = "standing IN ('unpublished', 'published', 'suspended', 'retiring', 'retired')"
STAGES = "stage IN ('none', 'draft', 'submitted', 'in_review', 'approved', 'returned')"
MOVES = (
    "move IN ('save', 'submit', 'withdraw', 'take', 'accept', 'return', 'publish', 'suspend', 'appeal', 'answer', "
    "'restore', 'retire', 'end')"
)
TABLES = (
    "apps",
    "app_moves",
    "app_versions",
    "app_appeals",
    "app_logos",
    "app_names",
    "app_keys",
    "directory",
    "directory_words",
    "app_figures",
    "app_counting",
)


def upgrade() -> None:
    create_apps()
    create_history()
    create_lookups()
    create_directory()
    create_figures()
    op.create_index("ix_grants_client_id", "grants", ["client_id"])


def downgrade() -> None:
    op.drop_index("ix_grants_client_id", "grants")
    for table in reversed(TABLES):
        op.drop_table(table)


def create_apps() -> None:
    op.create_table(
        "apps",
        name("client_id", primary_key=True),
        name("organisation"),
        name("standing"),
        name("stage"),
        number("revision"),
        text("name"),
        text("candidate", nullable=True),
        text("in_force", nullable=True),
        name("submitted_by", nullable=True),
        name("reviewed_by", nullable=True),
        name("suspended_by", nullable=True),
        text("returned_for"),
        text("reason"),
        number("since_at"),
        number("published_at", nullable=True),
        number("retires_at", nullable=True),
        sa.CheckConstraint(STANDINGS, name="standing"),
        sa.CheckConstraint(STAGES, name="stage"),
        sa.CheckConstraint("reviewed_by <> submitted_by", name="two_people"),
        sa.CheckConstraint("stage <> 'approved' OR reviewed_by IS NOT NULL", name="reviewed"),
        sa.CheckConstraint(
            "standing NOT IN ('published', 'suspended') OR in_force IS NOT NULL", name="published_version"
        ),
        sa.CheckConstraint("standing <> 'retiring' OR retires_at IS NOT NULL", name="last_day"),
    )
    for column in ("organisation", "stage", "standing"):
        op.create_index(f"ix_apps_{column}_client_id", "apps", [column, "client_id"])


def create_history() -> None:
    op.create_table(
        "app_moves",
        sa.Column("id", ROW_NUMBER, primary_key=True),
        of_app(),
        number("revision"),
        name("move"),
        number("happened_at"),
        name("staff_id", nullable=True),
        text("note"),
        sa.CheckConstraint(MOVES, name="move"),
        sa.UniqueConstraint("client_id", "revision"),
    )
    op.create_table(
        "app_versions", of_app(primary_key=True), name("version", primary_key=True), number("since_at")
    )
    op.create_table(
        "app_appeals",
        of_app(primary_key=True),
        number("suspension", primary_key=True, autoincrement=False),
        name("suspended_by"),
        name("appealed_by"),
        text("appeal"),
        number("appealed_at"),
        name("answered_by", nullable=True),
        text("answer"),
        number("answered_at", nullable=True),
        sa.CheckConstraint("answered_by <> suspended_by", name="two_people"),
        sa.CheckConstraint("(answered_by IS NULL) = (answered_at IS NULL)", name="answered_once"),
    )


def create_lookups() -> None:
    op.create_table(
        "app_logos",
        name("digest", primary_key=True),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        number("created_at"),
    )
    op.create_table(
        "app_names",
        name("skeleton", primary_key=True),
        of_app(primary_key=True, index=True),
        text("name"),
    )
    op.create_table("app_keys", name("thumbprint", primary_key=True), of_app(primary_key=True, index=True))


def create_directory() -> None:
    op.create_table(
        "directory",
        sa.Column("place", ROW_NUMBER, primary_key=True),
        of_app(unique=True),
        text("card"),
        number("since_at"),
    )
    op.create_table(
        "directory_words",
        name("word", primary_key=True),
        sa.Column(
            "place",
            sa.BigInteger(),
            sa.ForeignKey("directory.place", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
            nullable=False,
            index=True,
        ),
    )


def create_figures() -> None:
    op.create_table(
        "app_figures",
        name("client_id", primary_key=True),
        number("day", primary_key=True, autoincrement=False),
        name("what", primary_key=True),
        number("total"),
    )
    op.create_table("app_counting", name("source", primary_key=True), number("counted_until"))


def of_app(**options: Any) -> sa.Column[Any]:
    return name("client_id", sa.ForeignKey("apps.client_id", ondelete="CASCADE"), **options)


def name(title: str, *rules: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, EXACT_TEXT, *rules, **{"nullable": False, **options})


def text(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.Text(), **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
