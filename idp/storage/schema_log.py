"""Tables of the transparency logs. Rows are only ever added, but for the one head of each log."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, LargeBinary, SmallInteger, Table

from idp.storage.columns import count, digest, metadata, name, one_of
from idp.transparency.leaves import LogName

log_heads = Table(
    "log_heads",
    metadata,
    name("log", primary_key=True),
    count("size"),
    Column("frontier", LargeBinary(), nullable=False),
    one_of("log", LogName),
    CheckConstraint("size >= 0", name="size"),
)
"""How long each log is, and the right edge of its tree. Whoever appends takes this row first: no number is missing."""

log_entries = Table(
    "log_entries",
    metadata,
    name("log", primary_key=True),
    count("idx", primary_key=True, autoincrement=False),
    digest("leaf_hash"),
    Column("entry", LargeBinary(), nullable=False),
    one_of("log", LogName),
    CheckConstraint("idx >= 0", name="idx"),
)

log_tiles = Table(
    "log_tiles",
    metadata,
    name("log", primary_key=True),
    Column("level", SmallInteger(), primary_key=True, autoincrement=False, nullable=False),
    count("idx", primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary(), nullable=False),
    digest("root"),
    one_of("log", LogName),
)
"""Full tiles, written once. Of partial ones the hashes are those of the entries, or the roots of the tiles below."""
