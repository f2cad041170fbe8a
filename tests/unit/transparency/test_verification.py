"""A whole log verified offline: whatever was done to it, the first entry that is concerned is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from idp.transparency.checkpoint import Checkpoint
from idp.transparency.tiles import bundle_of
from idp.transparency.verification import LogFault, examine, parts_of, verify
from tests.unit.transparency.log_files import LogFiles, bundle, chain, entry_of

ENTRIES = chain(1_000)


def fault(files: LogFiles, checkpoint: Checkpoint, previous: Checkpoint | None = None) -> LogFault:
    found = []
    for bundles in (1, 2, 64):
        with pytest.raises(LogFault) as caught:
            files.verify(checkpoint, previous, bundles=bundles)
        found.append(caught.value)
    assert len({(one.index, one.sentence) for one in found}) == 1, "however it is divided among processes"
    return found[0]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 1_000])
@pytest.mark.parametrize("bundles", [1, 3])
def test_a_log_as_it_was_written_is_believed(size: int, bundles: int) -> None:
    files = LogFiles(ENTRIES[:size])

    found = files.verify(files.checkpoint(), bundles=bundles)

    assert found.checkpoint.size == size
    assert found.subjects == min(size, 3)


@pytest.mark.parametrize("size", [0, 1, 256, 300, 512, 999, 1_000])
def test_a_log_that_grew_from_what_was_believed_is_believed(size: int) -> None:
    files = LogFiles(ENTRIES)

    files.verify(files.checkpoint(), files.checkpoint(size))


@pytest.mark.parametrize("index", [0, 5, 255, 256, 700, 999])
def test_a_changed_entry_is_named(index: int) -> None:
    files = LogFiles(ENTRIES)
    checkpoint = files.checkpoint()
    changed = ENTRIES[index].replace(b"entry", b"ENTRY")

    files.replace([*ENTRIES[:index], changed, *ENTRIES[index + 1 :]])

    found = fault(files, checkpoint)
    assert found.index == index
    assert "was changed" in found.sentence


@pytest.mark.parametrize("index", [5, 700])
def test_a_changed_entry_is_found_though_its_tile_was_changed_too(index: int) -> None:
    files = LogFiles(ENTRIES)
    checkpoint = files.checkpoint()
    other = LogFiles([*ENTRIES[:index], entry_of(index, word="other"), *ENTRIES[index + 1 :]])

    files.update({path: content for path, content in other.items() if path.startswith(("tile/0", "tile/e"))})

    first = index // 256 * 256
    found = fault(files, checkpoint)
    assert found.index == first
    assert f"from {first} to {first + 255}" in found.sentence


def test_a_log_that_was_changed_with_all_its_tiles_is_not_believed() -> None:
    checkpoint = LogFiles(ENTRIES).checkpoint()
    other = LogFiles([*ENTRIES[:9], ENTRIES[9].replace(b"entry", b"ENTRY"), *ENTRIES[10:]])

    found = fault(other, checkpoint)

    assert found.index is None
    assert "another root" in found.sentence


@pytest.mark.parametrize("index", [0, 300, 998])
def test_a_removed_entry_is_named(index: int) -> None:
    files = LogFiles(ENTRIES)
    checkpoint = files.checkpoint()

    files.replace([*ENTRIES[:index], *ENTRIES[index + 1 :], entry_of(999)])

    assert fault(files, checkpoint).index == index


def test_entries_in_another_order_are_named() -> None:
    files = LogFiles(ENTRIES)
    checkpoint = files.checkpoint()

    files.replace([*ENTRIES[:400], ENTRIES[401], ENTRIES[400], *ENTRIES[402:]])

    found = fault(files, checkpoint)
    assert found.index == 400
    assert "number 401" in found.sentence


@pytest.mark.parametrize(("left", "first"), [(999, 999), (768, 768), (100, 100)])
def test_a_log_that_was_cut_is_found_where_it_ends(left: int, first: int) -> None:
    files = LogFiles(ENTRIES)
    checkpoint = files.checkpoint()
    short = LogFiles(ENTRIES[:left])

    for path in [path for path in files if "entries" in path]:
        del files[path]
    # Under the addresses that a verifier asks for, as far as they go.
    files.update({path: content for path, content in short.items() if "entries" in path})
    if left % 256:
        files[bundle(left // 256, 232 if left > 768 else 256)] = short[bundle(left // 256, left % 256)]

    found = fault(files, checkpoint)
    assert found.index == first
    assert "missing" in found.sentence


def test_an_entry_before_the_cut_that_was_changed_comes_first() -> None:
    files = LogFiles(ENTRIES)
    checkpoint = files.checkpoint()
    files.replace([*ENTRIES[:7], ENTRIES[7].replace(b"entry", b"ENTRY"), *ENTRIES[8:]])
    del files[bundle(2)]

    assert fault(files, checkpoint).index == 7


def test_an_entry_too_many_is_found() -> None:
    files = LogFiles(ENTRIES)
    checkpoint = files.checkpoint()
    files[bundle(3, 232)] += bundle_of([entry_of(1_000)])

    found = fault(files, checkpoint)

    assert found.index == 1_000


def test_a_length_that_was_changed_is_found() -> None:
    files = LogFiles(ENTRIES)
    checkpoint = files.checkpoint()
    files[bundle(1)] = b"\xff\xff" + files[bundle(1)][2:]

    assert fault(files, checkpoint).index == 256


def test_a_log_that_is_shorter_than_it_was_is_found() -> None:
    files = LogFiles(ENTRIES)

    found = fault(LogFiles(ENTRIES[:900]), files.checkpoint(900), files.checkpoint())

    assert found.index == 900
    assert "was cut" in found.sentence


@pytest.mark.parametrize("size", [1, 256, 500, 1_000])
def test_a_log_that_does_not_begin_with_what_was_believed_was_forked(size: int) -> None:
    files, other = LogFiles(ENTRIES), LogFiles(ENTRIES[::-1])

    found = fault(files, files.checkpoint(), other.checkpoint(size))

    assert "forked" in found.sentence


def test_whoever_signs_a_gap_in_the_numbers_is_found_out() -> None:
    """The root is right: it is the log itself that left a number out."""
    files = LogFiles([*ENTRIES[:300], *ENTRIES[301:]])

    found = fault(files, files.checkpoint())

    assert (found.index, "removed" in found.sentence) == (300, True)


def test_whoever_signs_a_chain_that_does_not_hold_is_found_out() -> None:
    torn = entry_of(600, subject="region 0", before_hash="another", after_hash="hash 600")
    files = LogFiles([*ENTRIES[:600], torn, *ENTRIES[601:]])

    found = fault(files, files.checkpoint())

    assert (found.index, "does not follow" in found.sentence) == (600, True)


def test_entries_without_tiles_are_believed_by_their_root_alone() -> None:
    files = LogFiles(ENTRIES)
    checkpoint = files.checkpoint()
    for path in [path for path in files if "entries" not in path]:
        del files[path]

    files.verify(checkpoint)
    assert fault(files, replace(checkpoint, root=bytes(32))).index is None


@pytest.mark.parametrize("left_out", [slice(0, 0), slice(0, 1)])
def test_a_log_of_which_not_every_part_was_looked_at_is_not_believed(left_out: slice) -> None:
    files, size = LogFiles(ENTRIES[:300]), 300
    parts = [examine(files.get, part, size) for part in parts_of(size, 1)]

    with pytest.raises(LogFault, match="not whole") as found:
        verify(files.get, files.checkpoint(), parts[left_out])

    assert found.value.index is None
