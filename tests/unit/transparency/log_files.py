"""A log as files in memory, written as the specification says, to be changed by tests."""

from __future__ import annotations

from collections.abc import Sequence

from idp.foundation.canonical_json import encode
from idp.transparency import tiles
from idp.transparency.checkpoint import Checkpoint
from idp.transparency.merkle import complete_root, leaf_hash, range_hash
from idp.transparency.tiles import Tile, bundle_of
from idp.transparency.verification import VerifiedLog, examine, parts_of, verify

ORIGIN = "hub.example/log/trust"


def entry_of(number: int, **members: object) -> bytes:
    return encode({"v": 1, "log_seq": number, "word": f"entry {number}", **members})


def chain(length: int, subjects: int = 3) -> list[bytes]:
    """Entries about some regions, each following the one before it about the same."""
    return [
        entry_of(
            number,
            subject=f"region {number % subjects}",
            before_hash=None if number < subjects else f"hash {number - subjects}",
            after_hash=f"hash {number}",
        )
        for number in range(length)
    ]


class LogFiles(dict[str, bytes]):
    """Path → content."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        super().__init__()
        self.hashes = [leaf_hash(entry) for entry in entries]
        self.size = len(entries)
        for tile in tiles.of_log(self.size):
            self[tile.path] = b"".join(
                self._node(8 * tile.level, place) for place in range(tile.start, tile.start + tile.width)
            )
            if tile.level == 0:
                self[tile.entries().path] = bundle_of(entries[tile.start : tile.start + tile.width])

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = self.size if size is None else size
        return Checkpoint(ORIGIN, size, range_hash(0, size, self._node))

    def replace(self, entries: Sequence[bytes]) -> LogFiles:
        """These files with other entries in the bundles, and the tiles as they were."""
        other = LogFiles(entries)
        for path in [path for path in self if "entries" in path]:
            del self[path]
        self.update({path: content for path, content in other.items() if "entries" in path})
        return self

    def verify(
        self, checkpoint: Checkpoint, previous: Checkpoint | None = None, *, bundles: int = 1
    ) -> VerifiedLog:
        parts = (examine(self.get, part, checkpoint.size) for part in parts_of(checkpoint.size, bundles))
        return verify(self.get, checkpoint, parts, previous)

    def _node(self, level: int, index: int) -> bytes:
        return complete_root(self.hashes[index << level : (index + 1) << level])


def bundle(number: int, width: int = 256) -> str:
    return Tile(0, number, width, is_entries=True).path
