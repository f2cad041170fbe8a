"""Tiles: their addresses as the specification writes them, and the same tree out of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.transparency import tiles
from idp.transparency.merkle import Frontier, complete_root, leaf_hash, range_hash
from idp.transparency.tiles import BadTile, Tile, TileNodes, bundle_of, entries_of, hashes_of


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(3, 1234067), "tile/3/x001/x234/067"),
        (Tile(1, 17, 5), "tile/1/017.p/5"),
        (Tile(0, 1000, 255, is_entries=True), "tile/entries/x001/000.p/255"),
    ],
)
def test_a_tile_has_one_address(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/00",
        "tile/0/000.p/256",
        "tile/0/000.p/300",
        "tile/0/000.p/999",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/entries/../0/000",
        "tile/0/" + "x001/" * 9 + "000",
        "/tile/0/000",
        "checkpoint",
        "",
    ],
)
def test_nothing_else_is_an_address(path: str) -> None:
    with pytest.raises(BadTile):
        Tile.parse(path)


def test_a_log_has_the_tiles_of_the_specifications_example() -> None:
    found = [tile.path for tile in tiles.of_log(70_000)]

    assert len(found) == 273 + 1 + 1 + 1 + 1
    assert found[-4:] == ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert [tile.path for tile in tiles.of_log(256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert list(tiles.of_log(0)) == []


@given(st.integers(0, 10**7), st.integers(0, 3), st.integers(0, 50_000), st.integers(1, 256))
def test_a_tile_is_in_a_log_that_has_its_hashes(size: int, level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)

    assert tile.is_in(size) == (index * 256 + width <= size // 256**level)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert entries_of(bundle_of(entries)) == entries


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x02x", b"\x00\x01xy", b"\xff\xff", b"\x00\x00" * 257])
def test_what_is_no_bundle_is_refused(bundle: bytes) -> None:
    with pytest.raises(BadTile):
        entries_of(bundle)


def test_an_entry_that_is_too_long_is_refused() -> None:
    with pytest.raises(BadTile):
        bundle_of([bytes(2**16)])


@pytest.mark.parametrize("tile", [b"", bytes(31), bytes(33), bytes(32 * 257)])
def test_what_is_no_tile_is_refused(tile: bytes) -> None:
    with pytest.raises(BadTile):
        hashes_of(tile)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 65_535, 65_536, 66_000])
def test_the_tree_out_of_tiles_is_the_tree(size: int) -> None:
    hashes = [leaf_hash(b"%d" % number) for number in range(size)]
    frontier, asked = Frontier(), []
    for hashed in hashes:
        frontier.add(hashed)

    def read(tile: Tile) -> bytes:
        asked.append(tile)
        assert tile.is_in(size)
        span = 256**tile.level
        chosen = range(tile.start, tile.start + tile.width)
        return b"".join(complete_root(hashes[place * span : (place + 1) * span]) for place in chosen)

    assert range_hash(0, size, TileNodes(size, read)) == frontier.root()
    assert len(asked) == len(set(asked)) <= 3
