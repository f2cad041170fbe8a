"""The table of keys in browsers that a pattern unlocks."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, LargeBinary, Table
from sqlalchemy.schema import Column

from idp.authn.factors.gesture import KeyAlgorithm
from idp.storage.columns import count, metadata, name, one_of

device_keys = Table(
    "device_keys",
    metadata,
    name("id", primary_key=True),
    name("account_id"),
    name("algorithm"),
    Column("public_key", LargeBinary(), nullable=False),
    count("misses"),
    one_of("algorithm", KeyAlgorithm),
    CheckConstraint("misses >= 0", name="misses"),
    ForeignKeyConstraint(
        ["account_id", "id"], ["authenticators.account_id", "authenticators.id"], ondelete="CASCADE"
    ),
)
"""Public halves only: nothing here is secret, and none of it helps whoever stole a browser's store."""
