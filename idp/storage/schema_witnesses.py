"""Tables of witnesses: what this region cosigned for others, and who cosigns the hub's log."""

from __future__ import annotations

from sqlalchemy import Table

from idp.storage.columns import count, digest, metadata, moment, name, text

witness_heads = Table(
    "witness_heads",
    metadata,
    name("origin", primary_key=True),
    count("size"),
    digest("root"),
    text("note"),
    moment("cosigned_at"),
)
"""The last head of each log that this region cosigned. It only ever moves forward; the memory file knows it too."""

trust_witnesses = Table(
    "trust_witnesses",
    metadata,
    name("key", primary_key=True),
    text("address"),
    moment("added_at"),
    moment("removed_at", nullable=True),
    count("size"),
    moment("answered_at", nullable=True),
    text("fault"),
)
"""Who cosigns the hub's log, by their keys. `size`: of the head that it cosigned last, as far as the hub knows."""

witnessed_logs = Table(
    "witnessed_logs",
    metadata,
    name("log", primary_key=True),
    count("quorum"),
    moment("due_at"),
    count("size", nullable=True),
    text("note", nullable=True),
    moment("cosigned_at", nullable=True),
)
"""How many witnesses a log needs, when they are asked next, and the newest head that enough of them stand by."""
