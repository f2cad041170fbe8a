"""Requests that clients push, and keys of further purposes.

What: the table `pushed_requests`; the column `transactions.pushed_digest`; `signing_keys.purpose` may say `broker` and
`encryption`.
Why: a client shows its request before the browser does (RFC 9126), and an answer claims it exactly once. A region's
broker signs with keys of its own; request objects are encrypted to keys of their own (RFC 9101).
Safe with the previous release: as long as no key of the new purposes exists, whose names it cannot read; `idp serve` of
this release makes them, so stop the previous one first.
Locks: PostgreSQL reads `signing_keys` once under an exclusive lock; the table has a few dozen rows. SQLite copies it.
Going back: `idp db downgrade 0010` drops what was pushed within the last minute, and keys of the two purposes.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BEFORE = ("protocol", "federation", "bundle", "log")
ADDED = ("broker", "encryption")
AFTER = ("protocol", "broker", "encryption", "federation", "bundle", "log")
ALGORITHMS = ("ES256", "EdDSA", "PS256", "RS256")
STATES = ("pending", "signing", "verify_only", "retired")


def upgrade() -> None:
    op.create_table(
        "pushed_requests",
        sa.Column("digest", sa.LargeBinary(), primary_key=True, nullable=False),
        sa.Column(
            "client_id",
            EXACT_TEXT,
            sa.ForeignKey("clients.client_id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("parameters", sa.Text(), nullable=False),
        number("created_at"),
        number("expires_at", index=True),
        number("consumed_at", nullable=True),
    )
    op.add_column("transactions", sa.Column("pushed_digest", sa.LargeBinary(), nullable=True))
    allow_purposes(*AFTER)


def downgrade() -> None:
    op.execute(sa.text(f"DELETE FROM signing_keys WHERE purpose IN ({quoted(ADDED)})"))
    allow_purposes(*BEFORE)
    op.drop_column("transactions", "pushed_digest")
    op.drop_table("pushed_requests")


def allow_purposes(*words: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        copy_keys(*words)
        return
    op.drop_constraint(op.f("ck_signing_keys_purpose"), "signing_keys", type_="check")
    op.create_check_constraint("purpose", "signing_keys", f"purpose IN ({quoted(words)})")


def copy_keys(*words: str) -> None:
    """SQLite cannot change a constraint: a new table takes the rows over."""
    op.drop_index("uq_signing_keys_one_signing", "signing_keys")
    op.rename_table("signing_keys", "signing_keys_before")
    op.create_table(
        "signing_keys",
        sa.Column("kid", EXACT_TEXT, primary_key=True, nullable=False),
        *(sa.Column(title, EXACT_TEXT, nullable=False) for title in ("purpose", "algorithm", "state")),
        sa.Column("public_jwk", sa.Text(), nullable=False),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        *map(number, ("created_at", "signs_from_at", "signs_until_at", "published_until_at")),
        sa.CheckConstraint(f"purpose IN ({quoted(words)})", name="purpose"),
        sa.CheckConstraint(f"algorithm IN ({quoted(ALGORITHMS)})", name="algorithm"),
        sa.CheckConstraint(f"state IN ({quoted(STATES)})", name="state"),
    )
    op.execute("INSERT INTO signing_keys SELECT * FROM signing_keys_before")
    op.drop_table("signing_keys_before")
    op.create_index(
        "uq_signing_keys_one_signing",
        "signing_keys",
        ["purpose", "algorithm"],
        unique=True,
        sqlite_where=sa.text("state = 'signing'"),
    )


def quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
