"""A log of this installation as its tables have it: its length, its tiles, and proofs made from a handful of them."""

from __future__ import annotations

from collections.abc import Callable

from idp.storage.log_entries import LogEntries, LogHead
from idp.transparency.leaves import LogName
from idp.transparency.merkle import range_hash
from idp.transparency.proofs import Proof, consistency_proof, inclusion_proof
from idp.transparency.tiles import Tile, TileNodes, bundle_of


class LogReading:
    """What a log begins with. Signs nothing."""

    def __init__(self, name: LogName, entries: LogEntries) -> None:
        self.name, self._entries = name, entries

    def head(self) -> LogHead:
        """How long it is now, and its root."""
        return self._entries.head(self.name)

    def size(self) -> int:
        """How many entries it has now."""
        return self.head().size

    def root(self, size: int | None = None) -> bytes:
        """Its root now, or when it had this size. Raises: LookupError — it never had."""
        head = self.head()
        if size is None or size == head.size:
            return head.root
        return range_hash(0, self._within(size, head), self._nodes(size))

    def inclusion(self, index: int, size: int) -> Proof:
        """That the entry `index` is in it, for who knows its root at `size`. Raises: LookupError, ValueError."""
        return self.prover(size)(index)

    def prover(self, size: int) -> Callable[[int], Proof]:
        """Makes proofs of inclusion for one size, and reads each tile once for many. Raises: LookupError."""
        nodes = self._nodes(self._within(size, self.head()))
        return lambda index: inclusion_proof(index, size, nodes)

    def consistency(self, old_size: int, new_size: int) -> Proof:
        """That between two sizes it only grew. Raises: LookupError, ValueError."""
        self._within(new_size, self.head())
        return consistency_proof(old_size, new_size, self._nodes(new_size))

    def tile(self, tile: Tile) -> bytes:
        """A tile, or the bundle under it. Raises: LookupError — the log is not so long."""
        if not tile.is_in(self.size()):
            raise LookupError("the log has no such tile")
        if tile.is_entries:
            return bundle_of(self.entries(tile.start, tile.start + tile.width))
        return self._entries.tile(self.name, tile)

    def entries(self, first: int, last: int) -> tuple[bytes, ...]:
        """The entries from `first` to before `last`; fewer where the log ends."""
        return self._entries.entries(self.name, first, last)

    def _nodes(self, size: int) -> TileNodes:
        return TileNodes(size, lambda tile: self._entries.tile(self.name, tile))

    def _within(self, size: int, head: LogHead) -> int:
        if not 0 <= size <= head.size:
            raise LookupError("the log never had this size")
        return size
