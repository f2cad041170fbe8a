"""Cosignatures: who stands by a checkpoint, since when, and whether they are enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.adapters.note_keys import verify_ed25519
from idp.transparency import cosignature
from idp.transparency.cosignature import (
    FRESH_FOR,
    Quorum,
    TooFewWitnesses,
    cosign,
    cosigned_at,
    time_of,
    verify_quorum,
)
from idp.transparency.note import NoteSignature, NotSigned, SignatureType
from tests.support.witnesses import Signer, SmallLog, witness

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def test_the_message_is_the_published_one() -> None:
    """C2SP tlog-cosignature shows what is signed over its example."""
    at = datetime.fromtimestamp(1679315147, UTC)

    assert cosignature.message(EXAMPLE, at) == b"cosignature/v1\ntime 1679315147\n" + EXAMPLE.encode()


def test_a_cosignature_is_an_id_a_time_and_a_signature() -> None:
    one = witness()

    line = cosign(EXAMPLE, one, now=NOW)

    assert line.key_id == one.key.id
    assert len(line.signature) == 72
    assert time_of(line) == NOW
    assert cosignature.verify(EXAMPLE, one.key, NoteSignature.parse(str(line)[:-1]), verify_ed25519) == NOW


@pytest.mark.parametrize("least", [0, 1, 2, 3])
def test_enough_fresh_cosignatures_make_a_quorum(least: int) -> None:
    witnesses = [witness(f"{name}.example/witness") for name in "abc"]
    note = SmallLog.of(b"one").cosigned(*witnesses, now=NOW).note

    since = verify_quorum(note, quorum_of(*witnesses, least=least), verify_ed25519, now=NOW)

    assert since == (NOW if least else None)


def test_a_quorum_is_as_old_as_its_oldest_member() -> None:
    early, late, latest = (witness(f"{name}.example/witness") for name in "abc")
    log = SmallLog.of(b"one")
    note = log.cosigned(early, now=NOW - timedelta(minutes=5)).note
    note = note.with_signatures(log.cosigned(late, now=NOW - timedelta(minutes=2)).note.signatures[1:])
    note = note.with_signatures(log.cosigned(latest, now=NOW).note.signatures[1:])

    since = verify_quorum(note, quorum_of(early, late, latest, least=2), verify_ed25519, now=NOW)

    assert since == NOW - timedelta(minutes=2)


@pytest.mark.parametrize(
    "at",
    [NOW - FRESH_FOR - timedelta(seconds=1), NOW + timedelta(minutes=1, seconds=1), NOW.replace(year=2025)],
)
def test_an_old_cosignature_and_one_of_a_time_to_come_do_not_count(at: datetime) -> None:
    one = witness()
    note = SmallLog.of(b"one").cosigned(one, now=at).note

    with pytest.raises(TooFewWitnesses):
        verify_quorum(note, quorum_of(one, least=1), verify_ed25519, now=NOW)


def test_a_witness_counts_once_however_often_it_signs() -> None:
    one, other = witness(), witness("west.example/witness")
    log = SmallLog.of(b"one")
    note = log.cosigned(one, now=NOW).note
    note = note.with_signatures(log.cosigned(one, now=NOW - timedelta(seconds=9)).note.signatures[1:])

    with pytest.raises(TooFewWitnesses):
        verify_quorum(note, quorum_of(one, other, least=2), verify_ed25519, now=NOW)


def test_one_key_under_two_names_is_one_witness() -> None:
    one = witness()
    alias = Signer("alias.example/witness", SignatureType.COSIGNATURE)
    alias._private, alias.key = one._private, replace(one.key, name="alias.example/witness")
    note = SmallLog.of(b"one").cosigned(one, alias, now=NOW).note

    assert len(cosigned_at(note, [one.key, alias.key], verify_ed25519)) == 1
    with pytest.raises(TooFewWitnesses):
        verify_quorum(note, quorum_of(one, alias, least=2), verify_ed25519, now=NOW)


def test_a_cosignature_under_another_checkpoint_does_not_count() -> None:
    one, log = witness(), SmallLog.of(b"one", b"two")
    elsewhere = log.cosigned(one, now=NOW, size=1).note.signatures[1:]
    note = log.checkpoint().note.with_signatures(elsewhere)

    assert not cosigned_at(note, [one.key], verify_ed25519)


def test_a_broken_line_in_the_name_of_a_witness_does_not_hide_its_good_one() -> None:
    """Whoever passes a note on can add lines; that must not take the others away."""
    one = witness()
    good = SmallLog.of(b"one").cosigned(one, now=NOW).note
    broken = NoteSignature(one.key.name, one.key.id, bytes(72))
    note = replace(good, signatures=(broken, *good.signatures))

    assert cosigned_at(note, [one.key], verify_ed25519) == {one.key: NOW}


@pytest.mark.parametrize("raw", [b"", bytes(64), bytes(71), bytes(73), b"\xff" * 72])
def test_what_is_no_cosignature_has_no_time(raw: bytes) -> None:
    with pytest.raises(NotSigned):
        time_of(NoteSignature("east.example/witness", bytes(4), raw))


def test_a_signature_without_a_time_is_no_cosignature() -> None:
    plain = Signer("east.example/witness")
    note = SmallLog(signer=plain, entries=[b"one"]).checkpoint().note

    with pytest.raises(TooFewWitnesses):
        verify_quorum(note, quorum_of(plain, least=1), verify_ed25519, now=NOW)


def quorum_of(*witnesses: Signer, least: int) -> Quorum:
    return Quorum(tuple(one.key for one in witnesses), least)
