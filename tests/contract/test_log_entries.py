"""The transparency logs: numbers without gaps, tiles when they are full, and nothing of what was undone."""

from __future__ import annotations

import pytest

from idp.storage.log_entries import append
from idp.transparency.leaves import BadLeaf, Leaf, LogName, read_leaf
from idp.transparency.merkle import EMPTY_ROOT, Frontier, leaf_hash
from idp.transparency.tiles import Tile, hashes_of
from tests.contract.region import Region, at_once

TRUST, AUDIT = LogName.TRUST, LogName.AUDIT


def add(region: Region, count: int, log: LogName = TRUST, word: str = "x") -> range:
    with region.database.transaction() as tx:
        return append(tx, log, [Leaf({"word": f"{word} {number}"}) for number in range(count)])


def entries(region: Region, log: LogName = TRUST) -> list[bytes]:
    return list(region.stores.log_entries.entries(log, 0, 10_000))


def test_a_new_log_is_the_empty_tree(region: Region) -> None:
    head = region.stores.log_entries.head(TRUST)

    assert (head.size, head.root) == (0, EMPTY_ROOT)


def test_entries_are_numbered_and_the_head_is_their_tree(region: Region) -> None:
    first, second = add(region, 3), add(region, 2)

    assert (first, second) == (range(3), range(3, 5))
    kept = entries(region)
    assert [read_leaf(entry)["log_seq"] for entry in kept] == [0, 1, 2, 3, 4]
    frontier = Frontier()
    for entry in kept:
        frontier.add(leaf_hash(entry))
    head = region.stores.log_entries.head(TRUST)
    assert (head.size, head.root) == (5, frontier.root())


def test_two_logs_do_not_know_of_each_other(region: Region) -> None:
    add(region, 2, TRUST)
    add(region, 1, AUDIT)

    assert (region.stores.log_entries.head(TRUST).size, region.stores.log_entries.head(AUDIT).size) == (2, 1)


def test_what_is_undone_leaves_no_entry_and_no_gap(region: Region) -> None:
    add(region, 1)

    with pytest.raises(BadLeaf):
        add(region, 2, word="x" * 70_000)

    assert add(region, 1) == range(1, 2)
    assert len(entries(region)) == 2


def test_of_writers_at_once_each_has_numbers_of_its_own(region: Region) -> None:
    ranges = at_once(8, lambda index: add(region, 5, word=f"writer {index}"))

    assert sorted(number for numbers in ranges for number in numbers) == list(range(40))
    assert [read_leaf(entry)["log_seq"] for entry in entries(region)] == list(range(40))


def test_a_tile_is_kept_when_it_is_full_and_made_up_before(region: Region) -> None:
    add(region, 250)
    add(region, 270)
    log, kept = region.stores.log_entries, entries(region)

    hashes = [leaf_hash(entry) for entry in kept]

    assert hashes_of(log.tile(TRUST, Tile(0, 0))) == hashes[:256]
    assert hashes_of(log.tile(TRUST, Tile(0, 1))) == hashes[256:512]
    assert hashes_of(log.tile(TRUST, Tile(0, 2, 8))) == hashes[512:]
    assert hashes_of(log.tile(TRUST, Tile(0, 0, 4))) == hashes[:4], "partial ones of earlier checkpoints stay"
    assert len(hashes_of(log.tile(TRUST, Tile(1, 0, 2)))) == 2
    for beyond in (Tile(0, 2, 9), Tile(0, 3, 1), Tile(1, 0, 3), Tile(0, 2), Tile(2, 0, 1)):
        with pytest.raises(LookupError):
            log.tile(TRUST, beyond)
