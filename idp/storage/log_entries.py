"""The transparency logs as rows: entries, the tiles that are full, and the head.

Appending takes the head's row first, in one statement, within the caller's transaction: numbers have no gaps, two
writers get different ones, and what is undone leaves no entry. A tile is written when its last hash is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, insert, select, update

from idp.storage.db import Access, Database
from idp.storage.rows import given
from idp.storage.schema import log_entries, log_heads, log_tiles
from idp.storage.statement import Row, Statement
from idp.transparency.leaves import Leaf, LogName
from idp.transparency.merkle import EMPTY_ROOT, HASH_LENGTH, Frontier, complete_root, leaf_hash
from idp.transparency.tiles import MAX_LEVEL, WIDTH, Tile

_first, _last = given("first"), given("last")
_entries_between = (log_entries.c.log == given("log"), log_entries.c.idx >= _first, log_entries.c.idx < _last)
_tiles_between = (
    log_tiles.c.log == given("log"),
    log_tiles.c.level == given("level"),
    log_tiles.c.idx >= _first,
    log_tiles.c.idx < _last,
)


def _advance(insert: Callable[[Table], Any]) -> Any:
    row = insert(log_heads).values(log=given("log"), size=given("count"), frontier=given("empty"))
    grown = {"size": log_heads.c.size + row.excluded.size}
    return row.on_conflict_do_update(index_elements=["log"], set_=grown).returning(
        log_heads.c.size, log_heads.c.frontier
    )


ADVANCE = Statement(_advance)
KEEP_FRONTIER = Statement(
    update(log_heads).where(log_heads.c.log == given("known_log")).values(frontier=given("new_frontier"))
)
HEAD = Statement(select(log_heads.c.size, log_heads.c.frontier).where(log_heads.c.log == given("log")))
ADD_ENTRY = Statement(insert(log_entries))
ADD_TILE = Statement(insert(log_tiles))
ENTRIES = Statement(select(log_entries.c.entry).where(*_entries_between).order_by(log_entries.c.idx))
LEAF_HASHES = Statement(select(log_entries.c.leaf_hash).where(*_entries_between).order_by(log_entries.c.idx))
TILE_ROOTS = Statement(select(log_tiles.c.root).where(*_tiles_between).order_by(log_tiles.c.idx))
FULL_TILE = Statement(
    select(log_tiles.c.hashes).where(
        log_tiles.c.log == given("log"),
        log_tiles.c.level == given("level"),
        log_tiles.c.idx == given("index"),
    )
)


@dataclass(frozen=True, slots=True)
class LogHead:
    """How long a log is, and its root."""

    size: int
    root: bytes


def lock(tx: Access, log: LogName) -> None:
    """Keep everybody else from appending until the transaction ends: for who looks first what to append."""
    _advanced(tx, log, 0)


def append(tx: Access, log: LogName, leaves: Sequence[Leaf]) -> range:
    """Append to a log, as a part of the caller's transaction; the numbers that the leaves got.

    Nobody else appends to this log until that transaction ends: call it last.
    """
    if not leaves:
        return range(0)
    head = _advanced(tx, log, len(leaves))
    start = head.size - len(leaves)
    frontier = Frontier.unpacked(start, bytes(head.frontier))
    for index, leaf in enumerate(leaves, start):
        entry = leaf.numbered(index)
        hashed = leaf_hash(entry)
        tx.run(ADD_ENTRY, log=log.value, idx=index, leaf_hash=hashed, entry=entry)
        frontier.add(hashed)
    tx.run(KEEP_FRONTIER, known_log=log.value, new_frontier=frontier.packed())
    _fill_tiles(tx, log, start, head.size)
    return range(start, head.size)


def _advanced(tx: Access, log: LogName, count: int) -> Row:
    head = tx.one(ADVANCE, log=log.value, count=count, empty=b"")
    if head is None:
        raise LookupError("the head of a log was not returned")
    return head


def _fill_tiles(tx: Access, log: LogName, old_size: int, new_size: int) -> None:
    """Write the tiles that became full, from the bottom up."""
    for level in range(MAX_LEVEL + 1):
        old_size, new_size = old_size // WIDTH, new_size // WIDTH
        if old_size == new_size:
            return
        for index in range(old_size, new_size):
            hashes = _hashes(tx, log, Tile(level, index))
            tx.run(
                ADD_TILE,
                log=log.value,
                level=level,
                idx=index,
                hashes=b"".join(hashes),
                root=complete_root(hashes),
            )


def _hashes(access: Access, log: LogName, tile: Tile) -> list[bytes]:
    """The hashes of a tile one by one: of entries, or of the tiles below."""
    bounds = {"log": log.value, "first": tile.start, "last": tile.start + tile.width}
    if tile.level == 0:
        return [bytes(row.leaf_hash) for row in access.all(LEAF_HASHES, **bounds)]
    return [bytes(row.root) for row in access.all(TILE_ROOTS, level=tile.level - 1, **bounds)]


class LogEntries:
    """Reads the logs. What it returns never changes but for the head."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def head(self, log: LogName) -> LogHead:
        """The log as it is now."""
        row = self._db.one(HEAD, log=log.value)
        if row is None:
            return LogHead(0, EMPTY_ROOT)
        return LogHead(row.size, Frontier.unpacked(row.size, bytes(row.frontier)).root())

    def tile(self, log: LogName, tile: Tile) -> bytes:
        """The hashes of a tile. Raises: LookupError — the log has not so much of it."""
        row = None
        if tile.is_full:
            row = self._db.one(FULL_TILE, log=log.value, level=tile.level, index=tile.index)
        hashes = bytes(row.hashes) if row is not None else b"".join(_hashes(self._db, log, tile))
        if len(hashes) != HASH_LENGTH * tile.width:
            raise LookupError("the log has no such tile")
        return hashes

    def entries(self, log: LogName, first: int, last: int) -> tuple[bytes, ...]:
        """The entries from `first` to before `last`; fewer where the log ends."""
        rows = self._db.all(ENTRIES, log=log.value, first=first, last=last)
        return tuple(bytes(row.entry) for row in rows)
