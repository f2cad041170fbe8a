"""Hardware tokens, sign-in codes by text message, and the messages that wait to be sent.

What: the tables `hotp_tokens`, `text_message_numbers` and `outgoing_messages`.
Why: two more second factors, and a post that loses nothing when a process dies.
Safe with the previous release: it does not look at the new tables.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade 0008` drops them with all they hold; messages not sent by then are never sent.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "hotp_tokens", *of_authenticator(), secret("seed_sealed"), number("next_counter"), *belonging_to_it()
    )
    op.create_table("text_message_numbers", *of_authenticator(), secret("number_hash"), *belonging_to_it())
    op.create_table(
        "outgoing_messages",
        sa.Column("id", EXACT_TEXT, primary_key=True, nullable=False),
        sa.Column("channel", EXACT_TEXT, nullable=False),
        secret("message_sealed"),
        number("due_at", index=True),
        number("expires_at", index=True),
        number("attempts"),
    )


def downgrade() -> None:
    for table in ("outgoing_messages", "text_message_numbers", "hotp_tokens"):
        op.drop_table(table)


def of_authenticator() -> list[sa.Column[Any]]:
    return [sa.Column(title, EXACT_TEXT, nullable=False) for title in ("account_id", "authenticator_id")]


def belonging_to_it() -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("account_id", "authenticator_id"),
        sa.ForeignKeyConstraint(
            ["account_id", "authenticator_id"],
            ["authenticators.account_id", "authenticators.id"],
            ondelete="CASCADE",
        ),
    ]


def secret(title: str) -> sa.Column[Any]:
    return sa.Column(title, sa.LargeBinary(), nullable=False)


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), nullable=False, **options)
