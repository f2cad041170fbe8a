"""What people have set up to sign in, one line each; open questions; and what each session proved.

What: the tables `authenticators` and `challenges`; the column `proofs` of sessions and transactions.
Why: factors beyond the password and the authenticator app, and levels that follow from what was verified.
Safe with the previous release: yes. It neither reads nor writes what is new, and every new column has a default;
a password it sets meanwhile gets its line when it is next set here.
Locks: adding the columns locks both tables for an instant; filling `authenticators` reads the credentials once.
Sessions opened before it do not say what they proved: those people sign in once more.
Going back: `idp db downgrade 0001` drops it all; passwords and authenticator apps work as before.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "authenticators",
        sa.Column("account_id", EXACT_TEXT, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("id", EXACT_TEXT, nullable=False),
        sa.Column("method", EXACT_TEXT, nullable=False),
        text("properties"),
        text("label"),
        number("created_at"),
        number("last_used_at", nullable=True),
        text("last_used_address"),
        text("last_used_agent"),
        number("suspended_at", nullable=True),
        sa.PrimaryKeyConstraint("account_id", "id"),
    )
    op.create_table(
        "challenges",
        sa.Column("digest", sa.LargeBinary(), primary_key=True, nullable=False),
        sa.Column("purpose", EXACT_TEXT, nullable=False),
        sa.Column(
            "account_id",
            EXACT_TEXT,
            sa.ForeignKey("accounts.id", ondelete="CASCADE"),
            nullable=True,
            index=True,
        ),
        sa.Column("bound_to", sa.LargeBinary(), nullable=False),
        text("data"),
        number("created_at"),
        number("expires_at", index=True),
        number("step"),
        number("wrong_answers"),
        number("consumed_at", nullable=True),
    )
    for table in ("sessions", "transactions"):
        op.add_column(table, text("proofs", server_default=sa.text("'[]'")))
    list_what_there_is("password_credentials", "password", "knowledge", "changed_at")
    list_what_there_is("totp_credentials", "totp", "possession", "confirmed_at")


def downgrade() -> None:
    for table in ("sessions", "transactions"):
        op.drop_column(table, "proofs")
    op.drop_table("challenges")
    op.drop_table("authenticators")


def list_what_there_is(table: str, method: str, properties: str, since: str) -> None:
    # The names are this file's own, so nobody's input is in the statement.
    op.execute(
        "INSERT INTO authenticators "
        "(account_id, id, method, properties, label, created_at, last_used_address, last_used_agent) "
        f"SELECT account_id, '{method}', '{method}', '{properties}', '', {since}, '', '' FROM {table}"
    )


def text(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.Text(), **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})
