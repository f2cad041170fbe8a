"""The tree in pieces of 256 hashes, and the entries in bundles of 256: what is served, exported and kept.

A hash in a tile is the root of a full tile one level below; at level 0 it is that of a leaf.
Spec: C2SP tlog-tiles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from idp.transparency.merkle import HASH_LENGTH, complete_root

WIDTH = 256
HEIGHT = 8
"""Levels of the tree in a tile."""
MAX_LEVEL = 7
"""Of a tile. Above it there would be more than 2**64 leaves."""
MAX_ENTRY = 2**16 - 1
MOST_TILES = 1_024
"""Remembered at once, while many proofs are made: 8 MiB."""
_LENGTH = 2
_PATH = re.compile(
    r"tile/(?P<level>entries|[0-7])/(?P<index>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


class BadTile(ValueError):
    """Not a tile, a bundle or the address of one."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile, and how much of it there is."""

    level: int
    index: int
    width: int = WIDTH
    is_entries: bool = False
    """The bundle of the entries under a tile of level 0."""

    @property
    def is_full(self) -> bool:
        """Whether it can never change again."""
        return self.width == WIDTH

    @property
    def start(self) -> int:
        """The number of its first hash in its level, or of its first entry."""
        return self.index * WIDTH

    @property
    def path(self) -> str:
        """Its address under that of the log."""
        digits = f"{self.index:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        written = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.is_entries else str(self.level)
        return f"tile/{level}/{written}" + ("" if self.is_full else f".p/{self.width}")

    @classmethod
    def parse(cls, path: str) -> Self:
        """The tile of an address. Raises: BadTile — there is another way to write it, or none."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise BadTile("not the address of a tile")
        level = found["level"]
        tile = cls(
            0 if level == "entries" else int(level),
            int(found["index"].replace("x", "").replace("/", "")),
            int(found["width"] or WIDTH),
            level == "entries",
        )
        if tile.path != path or tile.width > WIDTH:
            raise BadTile("an address of a tile is written in one way")
        return tile

    def is_in(self, size: int) -> bool:
        """Whether a log of this size has as much of it."""
        return self.start + self.width <= size >> (HEIGHT * self.level)

    def entries(self) -> Tile:
        """The bundle under a tile of level 0."""
        return replace(self, level=0, is_entries=True)


def of_level(level: int, size: int) -> Iterator[Tile]:
    """The tiles of a level in a log of this size: full ones, and at most one partial one at the end."""
    hashes = size >> (HEIGHT * level)
    for index in range(hashes // WIDTH):
        yield Tile(level, index)
    if hashes % WIDTH:
        yield Tile(level, hashes // WIDTH, hashes % WIDTH)


def of_log(size: int) -> Iterator[Tile]:
    """Every tile of a log of this size, level by level."""
    level = 0
    while level <= MAX_LEVEL and size >> (HEIGHT * level):
        yield from of_level(level, size)
        level += 1


def hashes_of(tile: bytes) -> list[bytes]:
    """The hashes in a tile. Raises: BadTile."""
    if not tile or len(tile) % HASH_LENGTH or len(tile) > WIDTH * HASH_LENGTH:
        raise BadTile("a tile is 1 to 256 hashes")
    return [tile[at : at + HASH_LENGTH] for at in range(0, len(tile), HASH_LENGTH)]


def bundle_of(entries: Iterable[bytes]) -> bytes:
    """Entries as they are served, each with its length before it. Raises: BadTile — one is too long."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise BadTile("an entry is too long")
        parts += [len(entry).to_bytes(_LENGTH, "big"), entry]
    return b"".join(parts)


def entries_of(bundle: bytes) -> list[bytes]:
    """The entries in a bundle. Raises: BadTile — it ends in the middle of one, or has more than there is room for."""
    entries, at, end = [], 0, len(bundle)
    while at < end:
        start = at + _LENGTH
        at = start + (bundle[at] << 8 | bundle[at + 1]) if start <= end else end + 1
        entries.append(bundle[start:at])
    if at != end or len(entries) > WIDTH:
        raise BadTile("a bundle is up to 256 entries, each after its length")
    return entries


class TileNodes:
    """Complete subtrees out of tiles: `idp.transparency.merkle.Nodes` for a log of one size.

    Remembers the tiles it read, so that one proof reads each once: for a tree of ten million, eight at most.
    """

    def __init__(self, size: int, read: Callable[[Tile], bytes]) -> None:
        self._size, self._read = size, read
        self._tiles: dict[tuple[int, int], Sequence[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        tile = self._tile(tile_level, first // WIDTH)
        place = first % WIDTH
        return complete_root(tile[place : place + (1 << height)])

    def _tile(self, level: int, index: int) -> Sequence[bytes]:
        held = self._tiles.get((level, index))
        if held is None:
            if len(self._tiles) >= MOST_TILES:
                self._tiles.clear()
            left = (self._size >> (HEIGHT * level)) - index * WIDTH
            held = self._tiles[level, index] = hashes_of(self._read(Tile(level, index, min(left, WIDTH))))
        return held
