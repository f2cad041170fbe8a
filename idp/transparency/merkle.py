"""The tree over a log's entries: how leaves and nodes are hashed, and the root of a tree that only grows.

Spec: RFC 6962 §2.1, the same as RFC 9162 §2.1 with SHA-256.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_LENGTH = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""
LEAF, NODE = b"\x00", b"\x01"
"""What is hashed before a leaf and before two children, so that neither can pass for the other."""

Nodes = Callable[[int, int], bytes]
"""(level, index) → the hash of a complete subtree: the `index`-th one of 2**level leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return sha256(LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(NODE + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [sha256(NODE + left + right).digest() for left, right in pairs]
    return hashes[0]


def range_hash(start: int, end: int, nodes: Nodes) -> bytes:
    """The root over the leaves from `start` to before `end`, of which `start` begins a subtree at least that large."""
    subtrees = []
    while start < end:
        level = (end - start).bit_length() - 1
        subtrees.append(nodes(level, start >> level))
        start += 1 << level
    return folded(subtrees)


def folded(subtrees: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, the largest first."""
    if not subtrees:
        return EMPTY_ROOT
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node_hash(left, root)
    return root


class Frontier:
    """The right edge of a growing tree: enough to go on and to tell the root, and no more than 64 hashes."""

    __slots__ = ("_subtrees", "size")

    def __init__(self, size: int = 0, subtrees: Iterable[bytes] = ()) -> None:
        self.size = size
        self._subtrees = list(subtrees)
        if len(self._subtrees) != size.bit_count():
            raise ValueError("a tree of this size has another number of complete subtrees")

    @classmethod
    def unpacked(cls, size: int, packed: bytes) -> Frontier:
        """The inverse of `packed`. Raises: ValueError — of another size."""
        if len(packed) % HASH_LENGTH:
            raise ValueError("a hash has 32 bytes")
        return cls(size, (packed[at : at + HASH_LENGTH] for at in range(0, len(packed), HASH_LENGTH)))

    def add(self, leaf: bytes) -> None:
        """One more leaf, by its hash."""
        size, root = self.size, leaf
        while size & 1:
            root = node_hash(self._subtrees.pop(), root)
            size >>= 1
        self._subtrees.append(root)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return folded(self._subtrees)

    def packed(self) -> bytes:
        """The complete subtrees, the largest first, in one piece."""
        return b"".join(self._subtrees)
