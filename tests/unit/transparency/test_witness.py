"""What a witness cosigns and what it refuses. Spec: C2SP tlog-witness, add-checkpoint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.adapters.note_keys import verify_ed25519
from idp.transparency import witness
from idp.transparency.checkpoint import SignedCheckpoint
from idp.transparency.witness import (
    AddCheckpoint,
    Conflict,
    Contradiction,
    Head,
    Inconsistent,
    Logs,
    Malformed,
    NotTheLog,
    Refused,
    UnknownLog,
    opened,
    parse,
    require_growth,
)
from tests.support.witnesses import SmallLog

LOG = SmallLog.of(*(b"entry %d" % number for number in range(20)))


@given(old=st.integers(0, 20), new=st.integers(0, 20))
def test_a_log_that_only_grew_is_cosigned(old: int, new: int) -> None:
    old, new = min(old, new), max(old, new)

    signed = judge(parse(asked(LOG, old, new)), LOG.logs, head(LOG, old))

    assert (signed.checkpoint.size, signed.checkpoint.root) == (new, LOG.root(new))


def test_a_request_is_read_as_it_was_written() -> None:
    request = AddCheckpoint(7, LOG.consistency(7, 13), str(LOG.checkpoint(13)))

    assert parse(str(request).encode()) == request


def test_a_log_that_nobody_named_is_unknown() -> None:
    with pytest.raises(UnknownLog):
        judge(parse(asked(LOG, 0, 5)), {"other.example/log": (LOG.signer.key,)}, Head())


def test_a_checkpoint_that_the_log_did_not_sign_is_refused() -> None:
    impostor = SmallLog(entries=list(LOG.entries))

    with pytest.raises(NotTheLog):
        judge(parse(asked(impostor, 0, 5)), LOG.logs, Head())


@pytest.mark.parametrize("old", [0, 3, 6])
def test_whoever_begins_elsewhere_is_told_where_to_begin(old: int) -> None:
    with pytest.raises(Conflict) as refusal:
        judge(parse(asked(LOG, old, 9)), LOG.logs, head(LOG, 5))

    assert refusal.value.size == 5


def test_an_old_size_beyond_the_checkpoint_is_no_request() -> None:
    request = AddCheckpoint(9, (), str(LOG.checkpoint(5)))

    with pytest.raises(Malformed):
        judge(request, LOG.logs, head(LOG, 9))


def test_a_rewritten_log_is_not_cosigned() -> None:
    forked = SmallLog(LOG.signer, [b"another beginning", *LOG.entries[1:]])

    with pytest.raises(Inconsistent):
        judge(parse(asked(forked, 5, 9)), LOG.logs, head(LOG, 5))


def test_two_roots_of_one_size_are_a_contradiction() -> None:
    forked = SmallLog(LOG.signer, [b"another beginning", *LOG.entries[1:]])

    with pytest.raises(Contradiction):
        judge(parse(asked(forked, 5, 5)), LOG.logs, head(LOG, 5))


@pytest.mark.parametrize("proof", [(), LOG.consistency(5, 8), LOG.consistency(5, 9)[:-1]])
def test_another_proof_proves_nothing(proof: tuple[bytes, ...]) -> None:
    request = AddCheckpoint(5, proof, str(LOG.checkpoint(9)))

    with pytest.raises(Inconsistent):
        judge(request, LOG.logs, head(LOG, 5))


@pytest.mark.parametrize(("old", "new"), [(0, 9), (9, 9), (0, 0)])
def test_where_there_is_nothing_to_prove_a_proof_is_refused(old: int, new: int) -> None:
    request = AddCheckpoint(old, (bytes(32),), str(LOG.checkpoint(new)))

    with pytest.raises(Inconsistent):
        judge(request, LOG.logs, head(LOG, old))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 1\n",
        b"old 01\n\nnote",
        b"old -1\n\nnote",
        b"old\n\nnote",
        b"new 1\n\nnote",
        b"old 1\nAAAA\n\nnote",
        b"old 1\n" + b"A" * 44 + b"\n\nnote",
        b"old 1\n" + b"A" * 43 + b"=\n" * 64 + b"\nnote",
        b"\xff\n\nnote",
        b"old 0\n\nnote",
        b"old 0\n\nno\ncheckpoint\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"x" * (witness.MAX_REQUEST + 1),
    ],
)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        judge(parse(body), LOG.logs, Head())


@given(body=st.binary(max_size=300))
def test_no_bytes_break_the_witness(body: bytes) -> None:
    with pytest.raises(Refused):
        judge(parse(body), LOG.logs, Head())


def test_sixty_three_hashes_are_read_and_no_more() -> None:
    hashes = "".join("A" * 43 + "=\n" for _ in range(63))

    assert len(parse(f"old 1\n{hashes}\nnote".encode()).proof) == 63
    with pytest.raises(Malformed):
        parse(f"old 1\n{hashes}{'A' * 43}=\n\nnote".encode())


def judge(request: AddCheckpoint, logs: Logs, last: Head) -> SignedCheckpoint:
    signed = opened(request, logs, verify_ed25519)
    require_growth(request, signed.checkpoint, last)
    return signed


def asked(log: SmallLog, old: int, new: int) -> bytes:
    return str(AddCheckpoint(old, log.consistency(old, new), str(log.checkpoint(new)))).encode()


def head(log: SmallLog, size: int) -> Head:
    return Head(size, log.root(size))
