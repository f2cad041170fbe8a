"""Proofs: every true one is believed, and whatever is changed about it, it is not."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from idp.transparency.merkle import EMPTY_ROOT, complete_root, leaf_hash, range_hash
from idp.transparency.proofs import (
    BadProof,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(b"%d" % number) for number in range(300)]
SIZES = st.integers(1, len(LEAVES))


def nodes(level: int, index: int) -> bytes:
    return complete_root(LEAVES[index << level : (index + 1) << level])


def root(size: int) -> bytes:
    return range_hash(0, size, nodes)


@st.composite
def leaves(draw: st.DrawFn) -> tuple[int, int]:
    """A place and a size."""
    size = draw(SIZES)
    return draw(st.integers(0, size - 1)), size


@st.composite
def growths(draw: st.DrawFn) -> tuple[int, int]:
    """Two sizes, the second larger."""
    new = draw(st.integers(2, len(LEAVES)))
    return draw(st.integers(1, new - 1)), new


def flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


BITS = st.integers(0, 255)


@given(leaves())
def test_every_leaf_is_proved_to_be_in_every_tree_that_has_it(case: tuple[int, int]) -> None:
    index, size = case

    verify_inclusion(LEAVES[index], index, size, inclusion_proof(index, size, nodes), root(size))


@given(growths())
def test_every_tree_is_proved_to_have_grown_from_every_smaller_one(case: tuple[int, int]) -> None:
    old, new = case

    verify_consistency(old, root(old), new, root(new), consistency_proof(old, new, nodes))


@given(leaves(), BITS, st.data())
def test_a_changed_bit_anywhere_is_refused(case: tuple[int, int], bit: int, data: st.DataObject) -> None:
    index, size = case
    proof = inclusion_proof(index, size, nodes)
    parts = [LEAVES[index], *proof, root(size)]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flipped(parts[which], bit)

    with pytest.raises(BadProof):
        verify_inclusion(parts[0], index, size, parts[1:-1], parts[-1])


@given(leaves(), st.integers(-2, 310), st.integers(-2, 310))
def test_another_place_or_size_is_refused(case: tuple[int, int], index: int, size: int) -> None:
    true_index, true_size = case
    proof = inclusion_proof(true_index, true_size, nodes)
    assume(index != true_index)

    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[true_index], index, true_size, proof, root(true_size))
    # A proof may have the same form in a tree of another size; then it is the root that differs.
    grown = min(size, len(LEAVES))
    assume(size > 0 and grown != true_size)
    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[true_index], true_index, size, proof, root(grown))


@given(leaves())
def test_a_hash_too_many_or_too_few_is_refused(case: tuple[int, int]) -> None:
    index, size = case
    proof = inclusion_proof(index, size, nodes)

    for wrong in ((*proof, root(size)), (LEAVES[0], *proof), *((proof[:-1], proof[1:]) if proof else ())):
        with pytest.raises(BadProof):
            verify_inclusion(LEAVES[index], index, size, wrong, root(size))


@given(growths(), BITS, st.data())
def test_a_changed_bit_in_a_proof_of_growth_is_refused(
    case: tuple[int, int], bit: int, data: st.DataObject
) -> None:
    old, new = case
    parts = [root(old), root(new), *consistency_proof(old, new, nodes)]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flipped(parts[which], bit)

    with pytest.raises(BadProof):
        verify_consistency(old, parts[0], new, parts[1], parts[2:])


@given(growths())
def test_a_proof_of_growth_with_a_hash_too_many_or_too_few_is_refused(case: tuple[int, int]) -> None:
    old, new = case
    proof = consistency_proof(old, new, nodes)

    for wrong in ((), proof[:-1], proof[1:], (*proof, root(new)), (root(old), *proof)):
        with pytest.raises(BadProof):
            verify_consistency(old, root(old), new, root(new), wrong)


@given(growths(), st.integers(1, 300))
def test_a_proof_of_growth_from_another_size_is_refused(case: tuple[int, int], size: int) -> None:
    old, new = case
    assume(size != old)

    with pytest.raises(BadProof):
        verify_consistency(size, root(old), new, root(new), consistency_proof(old, new, nodes))


def test_nothing_is_in_the_empty_tree() -> None:
    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[0], 0, 0, (), EMPTY_ROOT)
    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[0], -1, 0, (), LEAVES[0])


def test_the_only_leaf_is_the_root() -> None:
    verify_inclusion(LEAVES[0], 0, 1, (), LEAVES[0])

    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[0], 1, 1, (), LEAVES[0])


@pytest.mark.parametrize("size", [1, 7])
def test_two_trees_of_one_size_are_the_same_without_a_proof(size: int) -> None:
    verify_consistency(size, root(size), size, root(size), ())

    with pytest.raises(BadProof):
        verify_consistency(size, root(size), size, LEAVES[9], ())
    with pytest.raises(BadProof):
        verify_consistency(size, root(size), size, root(size), (root(size),))


@pytest.mark.parametrize(("old", "new"), [(0, 1), (0, 7), (2, 1), (-1, 5), (-1, -1)])
def test_between_these_sizes_there_is_no_proof(old: int, new: int) -> None:
    with pytest.raises(BadProof):
        verify_consistency(old, EMPTY_ROOT, new, root(max(new, 0)), ())
    with pytest.raises(BadProof):
        verify_consistency(old, EMPTY_ROOT, new, root(max(new, 0)), (EMPTY_ROOT,))


def test_what_has_not_the_length_of_a_hash_is_refused() -> None:
    (sibling,) = inclusion_proof(0, 2, nodes)

    for leaf, proof, end in (
        (LEAVES[0][:-1], (sibling,), root(2)),
        (LEAVES[0], (sibling + b"x",), root(2)),
        (LEAVES[0], (sibling,), b""),
    ):
        with pytest.raises(BadProof):
            verify_inclusion(leaf, 0, 2, proof, end)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_proof(index, size, nodes)


def test_no_proof_is_made_of_a_tree_that_got_smaller() -> None:
    with pytest.raises(ValueError, match="only grows"):
        consistency_proof(3, 2, nodes)
