"""The tree: the roots that everybody gets, and the same as somebody else's program."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from idp.transparency.merkle import EMPTY_ROOT, Frontier, complete_root, leaf_hash, range_hash
from idp.transparency.proofs import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)

# The eight entries with which implementations of RFC 6962 are compared, and the root after each of them:
# as they are in transparency-dev/merkle on GitHub, in proof/verify_test.go at 02194e9a.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def tree(entries: list[bytes]) -> Frontier:
    frontier = Frontier()
    for entry in entries:
        frontier.add(leaf_hash(entry))
    return frontier


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_entries_have_the_published_roots(size: int) -> None:
    assert tree(ENTRIES[:size]).root().hex() == ROOTS[size - 1]


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = leaf_hash(b"left"), leaf_hash(b"right")

    assert complete_root([left, right]) != leaf_hash(left + right)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=80), st.data())
def test_roots_and_proofs_are_those_of_another_program(entries: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(entries)))
    index = data.draw(st.integers(0, size - 1))
    other = InmemoryTree(algorithm="sha256")
    for entry in entries:
        other.append_entry(entry)
    leaves = [leaf_hash(entry) for entry in entries]

    def nodes(level: int, place: int) -> bytes:
        return complete_root(leaves[place << level : (place + 1) << level])

    assert tree(entries[:size]).root() == other.get_root(size)
    assert range_hash(0, size, nodes) == other.get_root(size)
    assert set(inclusion_proof(index, size, nodes)) <= path(other.prove_inclusion(index + 1, size))
    proof = consistency_proof(size, len(entries), nodes)
    verify_consistency(size, other.get_root(size), len(entries), other.get_root(len(entries)), proof)


def path(proof: object) -> set[bytes]:
    """The hashes in a proof of the other program, which puts the leaf among them."""
    written = proof.serialize()  # type: ignore[attr-defined]
    return {bytes.fromhex(hashed) for hashed in written["path"]}


@given(st.integers(0, 600))
def test_a_frontier_goes_on_where_it_was_packed(size: int) -> None:
    frontier = tree([b"%d" % number for number in range(size)])

    again = Frontier.unpacked(size, frontier.packed())
    again.add(leaf_hash(b"more"))
    frontier.add(leaf_hash(b"more"))

    assert again.root() == frontier.root()


@pytest.mark.parametrize(("size", "packed"), [(1, b""), (2, bytes(64)), (0, bytes(32)), (1, bytes(31))])
def test_a_frontier_of_another_size_is_refused(size: int, packed: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Frontier.unpacked(size, packed)


PATHS = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
"""(index, size) → proof. From the same file, which counts entries from one; `published_proofs.json` has all of them."""
GROWTHS = {
    (1, 8): PATHS[0, 8],
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
"""(old size, new size) → proof. From the same file."""


def published(level: int, index: int) -> bytes:
    hashes = [leaf_hash(entry) for entry in ENTRIES]
    return complete_root(hashes[index << level : (index + 1) << level])


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_the_published_entries_have_the_published_paths(index: int, size: int) -> None:
    proof, root = tuple(map(bytes.fromhex, PATHS[index, size])), bytes.fromhex(ROOTS[size - 1])

    assert inclusion_proof(index, size, published) == proof
    verify_inclusion(leaf_hash(ENTRIES[index]), index, size, proof, root)


@pytest.mark.parametrize(("old", "new"), GROWTHS)
def test_the_published_trees_grow_by_the_published_proofs(old: int, new: int) -> None:
    proof = tuple(map(bytes.fromhex, GROWTHS[old, new]))
    roots = bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1])

    assert consistency_proof(old, new, published) == proof
    verify_consistency(old, roots[0], new, roots[1], proof)
