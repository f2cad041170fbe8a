"""What witnesses cosigned, and what a witness saw.

What: the tables `witness_heads`, `trust_witnesses` and `witnessed_logs`; in `trust_bundles` the head of the hub's log
as it came with the bundle, since when the bundle waits for its witnesses, and what newer ones take away from it that
nobody stands by. `signing_keys.purpose` may say `witness`.
Why: a bundle that gives trust counts only when enough witnesses stand by the log that has it.
Safe with the previous release: in a region, yes; what it admits has no head, as if the hub kept no log. It takes a
bundle that has a place in the log for another content, so update every region before its hub; and on a hub stop every
process of the previous release before witnesses are named. It cannot read a key of the new purpose: a region that is to
be a witness gets its memory file when no process of that release runs any more.
Locks: PostgreSQL reads `signing_keys` once under an exclusive lock; the table has a few dozen rows. SQLite copies it.
Going back: `idp db downgrade 0021` drops what this region cosigned, and the keys that it cosigned with.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BEFORE = ("protocol", "broker", "encryption", "federation", "bundle", "log")
AFTER = (*BEFORE, "witness")
ALGORITHMS = ("ES256", "EdDSA", "PS256", "RS256")
STATES = ("pending", "signing", "verify_only", "retired")


def upgrade() -> None:
    op.create_table(
        "witness_heads",
        key("origin"),
        number("size"),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        number("cosigned_at"),
    )
    op.create_table(
        "trust_witnesses",
        key("key"),
        sa.Column("address", sa.Text(), nullable=False),
        number("added_at"),
        number("removed_at", nullable=True),
        number("size"),
        number("answered_at", nullable=True),
        sa.Column("fault", sa.Text(), nullable=False),
    )
    op.create_table(
        "witnessed_logs",
        key("log"),
        number("quorum"),
        number("due_at"),
        number("size", nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        number("cosigned_at", nullable=True),
    )
    op.add_column("trust_bundles", number("log_size", nullable=True))
    op.add_column("trust_bundles", sa.Column("log_root", sa.Text(), nullable=True))
    op.add_column("trust_bundles", sa.Column("log_checkpoint", sa.Text(), nullable=True))
    op.add_column("trust_bundles", number("unwitnessed_since", nullable=True))
    op.add_column("trust_bundles", sa.Column("narrowing", sa.Text(), nullable=True))
    op.add_column("trust_bundles", sa.Column("narrowing_hash", EXACT_TEXT, nullable=True))
    allow_purposes(*AFTER)


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM signing_keys WHERE purpose = 'witness'"))
    allow_purposes(*BEFORE)
    added = ("log_size", "log_root", "log_checkpoint", "unwitnessed_since", "narrowing", "narrowing_hash")
    for column in added:
        op.drop_column("trust_bundles", column)
    for table in ("witnessed_logs", "trust_witnesses", "witness_heads"):
        op.drop_table(table)


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


def key(title: str) -> sa.Column[Any]:
    return sa.Column(title, EXACT_TEXT, primary_key=True, nullable=False)


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
