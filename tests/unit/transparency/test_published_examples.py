"""What the specifications show, in the repository C2SP/C2SP on GitHub: a tree of seven, a cosigned note, a request.

No key of these examples is published: what can be seen is that each is read, written again as it was, and believed
by nobody. Spec: merkle-tree.md at 76d4d102, tlog-cosignature.md at 01194db1, tlog-witness.md at 055270b5.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from idp.adapters.note_keys import verify_ed25519
from idp.transparency import note as notes
from idp.transparency import witness as witnesses
from idp.transparency.checkpoint import Checkpoint, open_checkpoint
from idp.transparency.cosignature import cosigned_at, time_of
from idp.transparency.merkle import complete_root, leaf_hash, node_hash
from idp.transparency.note import NotSigned
from idp.transparency.proofs import consistency_proof, inclusion_proof
from idp.transparency.witness import Head, Inconsistent, NotTheLog, UnknownLog, opened, require_growth
from tests.support.witnesses import Signer, witness

ORIGIN = "example.com/behind-the-sofa"
CHECKPOINT = f"{ORIGIN}\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
BY_THE_LOG = (
    f"— {ORIGIN} "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
BY_THE_LOGS_OTHER_KEY = (
    f"— {ORIGIN} "
    "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n"
)
BY_A_WITNESS = (
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2"
    "oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
COSIGNED = f"{CHECKPOINT}\n{BY_THE_LOG}{BY_A_WITNESS}"
REQUEST = (
    "old 20852014\n"
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    f"\n{CHECKPOINT}\n{BY_THE_LOG}{BY_THE_LOGS_OTHER_KEY}"
)
ANSWER = (
    "— witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DX"
    "DqI5G2HgLatVs0pWh6Up69HVOw==\n"
    "— witness.example/w1 I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+"
    "UfzuOBMh9ChdMkP1vi/lCAsmlw==\n"
    "— witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJh"
    "m/kWl7oJlqU3rXXvpysAdyP3wQ==\n"
)

LEAVES = [leaf_hash(letter.encode()) for letter in "ABCDEFG"]


def nodes(level: int, index: int) -> bytes:
    return complete_root(LEAVES[index << level : (index + 1) << level])


def drawn(letters: str) -> tuple[bytes, ...]:
    """Hashes by the letters that stand beside the nodes in the drawing."""
    named = dict(zip("abcdefg", LEAVES, strict=True))
    named["h"], named["i"], named["j"] = nodes(1, 0), nodes(1, 1), nodes(1, 2)
    named["k"], named["l"] = nodes(2, 0), node_hash(named["j"], named["g"])
    return tuple(named[letter] for letter in letters)


@pytest.mark.parametrize(("index", "letters"), [(0, "bil"), (3, "chl"), (4, "fgk"), (6, "jk")])
def test_an_entry_of_the_drawn_tree_has_the_path_that_is_written_below_it(index: int, letters: str) -> None:
    assert inclusion_proof(index, 7, nodes) == drawn(letters)


@pytest.mark.parametrize(("size", "letters"), [(3, "cdhl"), (4, "l"), (6, "jgk")])
def test_the_drawn_tree_grew_by_the_proof_that_is_written_below_it(size: int, letters: str) -> None:
    assert consistency_proof(size, 7, nodes) == drawn(letters)


def test_the_published_cosigned_checkpoint_is_read_as_it_is_written() -> None:
    note = notes.parse(COSIGNED)

    assert str(note) == COSIGNED
    assert Checkpoint.parse(note.text).text == CHECKPOINT
    assert [one.name for one in note.signatures] == [ORIGIN, "witness.example.com/w1"]


def test_the_published_cosignature_is_of_the_time_in_the_published_message() -> None:
    _, cosignature = notes.parse(COSIGNED).signatures

    assert time_of(cosignature) == datetime.fromtimestamp(1679315147, UTC)


def test_keys_of_the_same_names_did_not_sign_the_published_checkpoint() -> None:
    log, one = Signer(ORIGIN), witness("witness.example.com/w1")

    assert not cosigned_at(notes.parse(COSIGNED), [one.key], verify_ed25519)
    with pytest.raises(NotSigned):
        open_checkpoint(COSIGNED, ORIGIN, [log.key], verify_ed25519)


def test_the_published_request_to_a_witness_is_read_as_it_is_written() -> None:
    request = witnesses.parse(REQUEST.encode())

    assert str(request) == REQUEST
    assert (request.old_size, len(request.proof)) == (20852014, 4)
    assert len({one.key_id for one in notes.parse(request.note).signatures}) == 2


def test_the_published_request_is_cosigned_by_nobody() -> None:
    request = witnesses.parse(REQUEST.encode())
    checkpoint = Checkpoint.parse(CHECKPOINT)

    with pytest.raises(UnknownLog):
        opened(request, {}, verify_ed25519)
    with pytest.raises(NotTheLog):
        opened(request, {ORIGIN: (Signer(ORIGIN).key,)}, verify_ed25519)
    # Four hashes are too few between these sizes, whatever the root was.
    with pytest.raises(Inconsistent):
        require_growth(request, checkpoint, Head(request.old_size, bytes(32)))


def test_the_published_answer_of_a_witness_is_signatures_by_three_keys() -> None:
    found = notes.parse_signatures(ANSWER)

    assert "".join(map(str, found)) == ANSWER
    assert [one.name for one in found] == ["witness.example/w1", "witness.example/w1", "witness.example/w2"]
    assert len({one.key_id for one in found}) == 3
    assert {len(one.signature) for one in found} == {72}
