"""Proofs that an entry is in a log, and that a log only grew: made from complete subtrees, and verified by anybody.

Spec: RFC 6962 §2.1.1–2.1.2; RFC 9162 §2.1.3–2.1.4.
"""

from __future__ import annotations

from collections.abc import Sequence

from idp.transparency.merkle import HASH_LENGTH, Nodes, node_hash, range_hash

Proof = tuple[bytes, ...]


class BadProof(Exception):
    """The proof does not prove it."""


def inclusion_proof(index: int, size: int, nodes: Nodes) -> Proof:
    """That the leaf `index` is in the tree of `size` leaves. Raises: ValueError — it is not."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of this size")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            path.append(range_hash(middle, end, nodes))
            end = middle
        else:
            path.append(range_hash(start, middle, nodes))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old_size: int, new_size: int, nodes: Nodes) -> Proof:
    """That the tree of `new_size` leaves begins with that of `old_size`; nothing from an empty tree, or to itself.

    Raises: ValueError — it got smaller.
    """
    if not 0 <= old_size <= new_size:
        raise ValueError("a tree only grows")
    if old_size in (0, new_size):
        return ()
    path, start, end = [], 0, new_size
    while old_size != end:
        middle = _middle(start, end)
        if old_size <= middle:
            path.append(range_hash(middle, end, nodes))
            end = middle
        else:
            path.append(range_hash(start, middle, nodes))
            start = middle
    if start:
        # Whoever verifies has the old root, but not this part of it.
        path.append(range_hash(start, end, nodes))
    return tuple(reversed(path))


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """See that the leaf `index` of the tree with this size and root has this hash.

    Raises: BadProof. Spec: RFC 9162 §2.1.3.2.
    """
    _require_hashes(leaf_hash, *proof, root)
    if not 0 <= index < size:
        raise BadProof("there is no such leaf in a tree of this size")
    path, last, computed = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise BadProof("the proof is too long")
        if path & 1 or path == last:
            computed = node_hash(sibling, computed)
            path, last = _up_to_right_child(path, last)
        else:
            computed = node_hash(computed, sibling)
        path, last = path >> 1, last >> 1
    if last:
        raise BadProof("the proof is too short")
    if computed != root:
        raise BadProof("the leaf leads to another root")


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """See that the new tree begins with the old one.

    A proof from an empty tree proves nothing, so there is none: whoever knows no earlier tree does not ask for one.
    Raises: BadProof. Spec: RFC 9162 §2.1.4.2.
    """
    if old_size == new_size > 0:
        if proof or old_root != new_root:
            raise BadProof("two trees of one size are the same, and need no proof")
        return
    if not 0 < old_size < new_size:
        raise BadProof("there is no proof between these sizes")
    _require_hashes(old_root, new_root, *proof)
    if not proof:
        raise BadProof("the proof is too short")
    if old_size & (old_size - 1) == 0:
        # The old tree is a complete subtree of the new one: its root is where the proof begins.
        proof = (old_root, *proof)
    path, last = _without_right_edge(old_size - 1, new_size - 1)
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            raise BadProof("the proof is too long")
        if path & 1 or path == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            path, last = _up_to_right_child(path, last)
        else:
            new = node_hash(new, sibling)
        path, last = path >> 1, last >> 1
    if last:
        raise BadProof("the proof is too short")
    if old != old_root or new != new_root:
        raise BadProof("the proof leads to other roots")


def _middle(start: int, end: int) -> int:
    """Where a subtree divides: at the largest power of two that is smaller than it."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _up_to_right_child(path: int, last: int) -> tuple[int, int]:
    """On the right edge nodes without a sibling are the same as their parents."""
    while path and not path & 1:
        path, last = path >> 1, last >> 1
    return path, last


def _without_right_edge(path: int, last: int) -> tuple[int, int]:
    while path & 1:
        path, last = path >> 1, last >> 1
    return path, last


def _require_hashes(*values: bytes) -> None:
    """Of another length a hash could be two things at once."""
    if any(len(value) != HASH_LENGTH for value in values):
        raise BadProof("a hash has 32 bytes")
