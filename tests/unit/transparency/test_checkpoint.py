"""Checkpoints: three lines and what the log adds, read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.adapters.note_keys import verify_ed25519
from idp.transparency import checkpoint as checkpoints
from idp.transparency.checkpoint import MAX_SIZE, BadCheckpoint, Checkpoint, open_checkpoint
from idp.transparency.note import BadNote, NotSigned
from tests.support.witnesses import ORIGIN, Signer, SmallLog

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
EXAMPLE = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"
"""The example of C2SP tlog-checkpoint."""


def test_the_published_example_is_read() -> None:
    found = Checkpoint.parse(EXAMPLE)

    assert (found.origin, found.size, len(found.root)) == ("example.com/behind-the-sofa", 20852163, 32)
    assert found.text == EXAMPLE


def test_further_lines_are_kept() -> None:
    found = Checkpoint.parse(EXAMPLE + "something\nelse\n")

    assert found.extensions == ("something", "else")
    assert found.text == EXAMPLE + "something\nelse\n"


@given(size=st.integers(0, MAX_SIZE), root=st.binary(min_size=32, max_size=32))
def test_what_was_written_is_read_again(size: int, root: bytes) -> None:
    written = Checkpoint(ORIGIN, size, root)

    assert Checkpoint.parse(written.text) == written


@pytest.mark.parametrize(
    "broken",
    [
        "",
        f"origin\n1\n{ROOT[:-4]}\n",
        f"origin\n01\n{ROOT}\n",
        f"origin\n-1\n{ROOT}\n",
        f"origin\n+1\n{ROOT}\n",
        f"origin\n１\n{ROOT}\n",
        f"origin\n{MAX_SIZE + 1}\n{ROOT}\n",
        f"origin\n{'9' * 1000}\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        f"{'o' * 300}\n1\n{ROOT}\n",
        f"origin\n1\n{ROOT}\n\nmore\n",
        f"origin\n1\n{ROOT}\n" + "more\n" * 17,
        "origin\n1\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(broken: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(broken)


def test_a_log_signs_and_others_open() -> None:
    log = SmallLog.of(b"one", b"two")
    signed = log.checkpoint()

    opened = open_checkpoint(str(signed), ORIGIN, [log.signer.key], verify_ed25519)

    assert opened.checkpoint == signed.checkpoint
    assert opened.checkpoint.size == 2


def test_the_checkpoint_of_another_log_is_refused() -> None:
    log = SmallLog.of(b"one")

    with pytest.raises(BadCheckpoint):
        open_checkpoint(str(log.checkpoint()), "other.example/log/trust", [log.signer.key], verify_ed25519)


def test_another_key_opens_nothing() -> None:
    signed = checkpoints.sign(Checkpoint(ORIGIN, 0, bytes(32)), Signer(ORIGIN))

    with pytest.raises(NotSigned):
        open_checkpoint(str(signed), ORIGIN, [Signer(ORIGIN).key], verify_ed25519)
