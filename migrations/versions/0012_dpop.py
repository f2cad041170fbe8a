"""Keys that codes and grants are bound to.

What: the columns `authorization_codes.jkt` and `grants.jkt`.
Why: a code is redeemed only with the key its request named, and a grant whose tokens were bound to a key once gives no
others (RFC 9449 §5, §10).
Safe with the previous release: it writes and reads neither. While it still runs beside this one, it redeems a code that
is bound to a key without a proof.
Locks: PostgreSQL holds both tables exclusively for a moment, and rewrites neither; SQLite likewise.
Going back: `idp db downgrade 0011` forgets the keys. Tokens already bound stay so, for their five minutes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLES = ("authorization_codes", "grants")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("jkt", EXACT_TEXT, nullable=True))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_column(table, "jkt")
