"""The proofs that are published for whoever verifies some: the true ones are believed, the broken ones refused.

`published_proofs.json` has those that hold by themselves, as they are written in transparency-dev/merkle, and says of
each the file and the commit. The others are made there out of a true one, by what their names say. So they are here:
at least one file of each name was compared, and was what comes out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from idp_verifier.log import _require_inclusion

from idp.transparency.merkle import EMPTY_ROOT, complete_root, leaf_hash, node_hash
from idp.transparency.proofs import (
    BadProof,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.transparency.test_merkle import ENTRIES

FILES = json.loads(Path(__file__).with_name("published_proofs.json").read_text())
SOME_HASH = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")
"""What is called a random root, a random leaf and an inserted component."""
COUNTED = 2**64
"""There a number before the first is the last of these."""

Hashes = tuple[bytes, ...]


@dataclass(frozen=True)
class Inclusion:
    index: int
    size: int
    root: bytes
    leaf: bytes
    proof: Hashes

    def verify(self) -> None:
        verify_inclusion(self.leaf, self.index, self.size, self.proof, self.root)

    def verify_with_the_package(self, entry: bytes) -> None:
        proof = [base64.b64encode(one).decode() for one in self.proof]
        _require_inclusion(entry, self.index, proof, (self.size, self.root))


@dataclass(frozen=True)
class Consistency:
    size1: int
    size2: int
    root1: bytes
    root2: bytes
    proof: Hashes

    def verify(self) -> None:
        verify_consistency(self.size1, self.root1, self.size2, self.root2, self.proof)


def inclusions(*, are_true: bool) -> dict[str, Inclusion]:
    return {
        file: Inclusion(
            said["leafIdx"] if "leafIdx" in said else said["leafIndex"],
            said["treeSize"],
            *decoded(said["root"], said["leafHash"]),
            decoded(*said["proof"] or ()),
        )
        for file, said in published("inclusion", are_true)
    }


def consistencies(*, are_true: bool) -> dict[str, Consistency]:
    return {
        file: Consistency(
            said["size1"],
            said["size2"],
            *decoded(said["root1"], said["root2"]),
            decoded(*said["proof"] or ()),
        )
        for file, said in published("consistency", are_true)
    }


def published(kind: str, are_true: bool) -> Iterable[tuple[str, dict[str, Any]]]:
    for one in FILES[kind]:
        if one["published"]["wantErr"] is not are_true:
            yield one["file"], one["published"]


def decoded(*texts: str) -> Hashes:
    return tuple(base64.b64decode(text, validate=True) for text in texts)


def broken_inclusions(one: Inclusion) -> dict[str, Inclusion]:
    """By the names of the newest edition; earlier ones write `+`, `-`, `^`, `*` where it says plus, sub, XOR, mul."""
    proof, root = one.proof, one.root
    found = {
        "leafIdx-sub-@1": replace(one, index=(one.index - 1) % COUNTED),
        "leafIdx-plus-@1": replace(one, index=one.index + 1),
        "leafIdx-XOR-@2": replace(one, index=one.index ^ 2),
        "treeSize-mul-@2": replace(one, size=one.size * 2),
        "treeSize-div-@2": replace(one, size=one.size // 2),
        "wrong-leaf": replace(one, leaf=b"WrongLeaf"),
        "empty-root": replace(one, root=EMPTY_ROOT),
        "random-root": replace(one, root=SOME_HASH),
        "trailing-garbage": replace(one, proof=(*proof, b"")),
        "trailing-root": replace(one, proof=(*proof, root)),
        "preceding-garbage": replace(one, proof=(b"", *proof)),
        "preceding-root": replace(one, proof=(root, *proof)),
    }
    for place in range(len(proof)):
        found[f"modified-proof[{place}]-bit-@3"] = replace(one, proof=flipped(proof, place, 3))
    if proof:
        found["removed-component"] = replace(one, proof=proof[:-1])
    if len(proof) > 1:
        found["inserted-component"] = replace(one, proof=(proof[0], SOME_HASH, *proof[1:]))
    return found


def broken_consistencies(one: Consistency) -> dict[str, Consistency]:
    """The same; none are published of a proof without hashes."""
    proof, root1, root2 = one.proof, one.root1, one.root2
    if not proof:
        return {}
    found = {
        "size1-sub-@1": replace(one, size1=one.size1 - 1),
        "size1-plus-@1": replace(one, size1=one.size1 + 1),
        "size1-XOR-@2": replace(one, size1=one.size1 ^ 2),
        "size2-mul-@2": replace(one, size2=one.size2 * 2),
        "size2-div-@2": replace(one, size2=one.size2 // 2),
        "wrong-root1": replace(one, root1=b"WrongRoot"),
        "wrong-root2": replace(one, root2=b"WrongRoot"),
        "swapped-roots": replace(one, root1=root2, root2=root1),
        "empty-proof": replace(one, proof=()),
        "trailing-garbage": replace(one, proof=(*proof, b"")),
        "trailing-root1": replace(one, proof=(*proof, root1)),
        "trailing-root2": replace(one, proof=(*proof, root2)),
        "preceding-garbage": replace(one, proof=(b"", *proof)),
        "preceding-root1": replace(one, proof=(root1, *proof)),
        "preceding-root2": replace(one, proof=(root2, *proof)),
        "preceding-proof-@0": replace(one, proof=(proof[0], *proof)),
        "truncated-proof": replace(one, proof=proof[:-1]),
    }
    for place in range(len(proof)):
        found[f"modified-proof@{place}-bit-@4"] = replace(one, proof=flipped(proof, place, 4))
    return found


def flipped(proof: Hashes, place: int, bit: int) -> Hashes:
    """With one bit of the first byte of one hash changed; bit 0 is the least."""
    hashed = proof[place]
    return (*proof[:place], bytes([hashed[0] ^ 1 << bit]) + hashed[1:], *proof[place + 1 :])


def entry_of(one: Inclusion) -> bytes:
    """The entry whose hash a true proof is about."""
    return next(entry for entry in (*ENTRIES, b"data") if leaf_hash(entry) == one.leaf)


def beside(file: str, name: str) -> str:
    return f"{file.rpartition('/')[0]}/{name}"


TRUE_INCLUSIONS = inclusions(are_true=True)
TRUE_CONSISTENCIES = consistencies(are_true=True)
MADE_INCLUSIONS = {
    beside(file, name): (broken, entry_of(one))
    for file, one in TRUE_INCLUSIONS.items()
    if file.endswith("/happy-path.json")
    for name, broken in broken_inclusions(one).items()
}
MADE_CONSISTENCIES = {
    beside(file, name): broken
    for file, one in TRUE_CONSISTENCIES.items()
    for name, broken in broken_consistencies(one).items()
}
BROKEN = {
    **{name: broken for name, (broken, _) in MADE_INCLUSIONS.items()},
    **MADE_CONSISTENCIES,
    **inclusions(are_true=False),
    **consistencies(are_true=False),
}


def test_as_many_broken_proofs_are_made_as_are_published() -> None:
    assert (len(MADE_INCLUSIONS), len(MADE_CONSISTENCIES)) == (77, 79)


@pytest.mark.parametrize("file", [*TRUE_INCLUSIONS, *TRUE_CONSISTENCIES])
def test_a_published_proof_is_believed(file: str) -> None:
    {**TRUE_INCLUSIONS, **TRUE_CONSISTENCIES}[file].verify()


@pytest.mark.parametrize("file", BROKEN)
def test_a_published_proof_that_is_broken_is_refused(file: str) -> None:
    with pytest.raises(BadProof):
        BROKEN[file].verify()


@pytest.mark.parametrize("file", TRUE_INCLUSIONS)
def test_the_verifier_package_believes_a_published_proof(file: str) -> None:
    one = TRUE_INCLUSIONS[file]

    one.verify_with_the_package(entry_of(one))


@pytest.mark.parametrize("file", [file for file in MADE_INCLUSIONS if not file.endswith("/wrong-leaf")])
def test_the_verifier_package_refuses_a_published_proof_that_is_broken(file: str) -> None:
    """Of a wrong leaf there is none: it hashes the entry itself."""
    broken, entry = MADE_INCLUSIONS[file]

    with pytest.raises(ValueError, match=r"a wrong proof|no such entry"):
        broken.verify_with_the_package(entry)


@pytest.mark.parametrize("file", [file for file in TRUE_INCLUSIONS if file.endswith("/happy-path.json")])
def test_our_log_proves_its_entries_by_the_published_proofs(file: str) -> None:
    one = TRUE_INCLUSIONS[file]

    assert inclusion_proof(one.index, one.size, nodes) == one.proof


@pytest.mark.parametrize("file", [file for file in TRUE_CONSISTENCIES if file.endswith("/happy-path.json")])
def test_our_log_proves_its_growth_by_the_published_proofs(file: str) -> None:
    one = TRUE_CONSISTENCIES[file]

    assert consistency_proof(one.size1, one.size2, nodes) == one.proof


def test_a_hash_cannot_lend_a_byte_to_the_one_beside_it() -> None:
    """Both together are the same bytes as before, and make the same node."""
    leaf = TRUE_INCLUSIONS["testdata/inclusion/1/happy-path.json"]
    tree = TRUE_CONSISTENCIES["testdata/consistency/1/happy-path.json"]

    with pytest.raises(BadProof):
        replace(leaf, leaf=leaf.leaf[:-1], proof=lent(leaf.leaf, leaf.proof)).verify()
    with pytest.raises(BadProof):
        replace(tree, root1=tree.root1[:-1], proof=lent(tree.root1, tree.proof)).verify()


def lent(hashed: bytes, proof: Hashes) -> Hashes:
    return (hashed[-1:] + proof[0], *proof[1:])


def test_a_proof_that_goes_on_above_the_root_is_refused() -> None:
    """Whoever signs roots could make one fit; then the tree would be larger than its size says."""
    leaf = TRUE_INCLUSIONS["testdata/inclusion/2/happy-path.json"]
    tree = TRUE_CONSISTENCIES["testdata/consistency/2/happy-path.json"]
    higher = replace(leaf, proof=(*leaf.proof, SOME_HASH), root=node_hash(SOME_HASH, leaf.root))
    roots = {"root1": node_hash(SOME_HASH, tree.root1), "root2": node_hash(SOME_HASH, tree.root2)}

    with pytest.raises(BadProof):
        higher.verify()
    with pytest.raises(ValueError, match="a wrong proof"):
        higher.verify_with_the_package(entry_of(leaf))
    with pytest.raises(BadProof):
        replace(tree, proof=(*tree.proof, SOME_HASH), **roots).verify()


def nodes(level: int, index: int) -> bytes:
    """The complete subtrees over the published entries."""
    return complete_root([leaf_hash(entry) for entry in ENTRIES][index << level : (index + 1) << level])
