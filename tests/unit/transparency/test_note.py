"""Signed notes: one way to write each, unknown signatures ignored, wrong ones refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.adapters.note_keys import verify_ed25519
from idp.transparency import note as notes
from idp.transparency.note import (
    MAX_NOTE,
    MAX_SIGNATURES,
    BadNote,
    NoteKey,
    NoteSignature,
    NotSigned,
    SignatureType,
    UnverifiedNote,
)
from tests.support.witnesses import Signer

NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_SIGNED = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The example of the package sumdb/note of Go, whose format this is."""

CLEAN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(n) for n in range(32)]))


def test_a_published_note_is_read_and_verified() -> None:
    key, note = NoteKey.parse(NEUMANN), notes.parse(NEUMANN_SIGNED)

    assert notes.verify(note, [key], verify_ed25519) == key
    assert str(note) == NEUMANN_SIGNED
    assert str(key) == NEUMANN


def test_a_changed_text_is_signed_by_nobody() -> None:
    note = notes.parse(NEUMANN_SIGNED.replace("answer", "nuisance"))

    with pytest.raises(NotSigned):
        notes.verify(note, [NoteKey.parse(NEUMANN)], verify_ed25519)


@given(lines=st.lists(CLEAN, min_size=1, max_size=5))
def test_what_was_written_is_read_again(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    signer = Signer("somebody.example")

    note = notes.parse(str(notes.sign(text, signer)))

    assert note.text == text
    assert notes.verify(note, [signer.key], verify_ed25519) == signer.key


def test_signatures_of_strangers_are_ignored() -> None:
    known, stranger = Signer("known.example"), Signer("stranger.example")
    namesake = Signer("known.example")
    text = "words\n"
    lines = [line for one in (stranger, namesake, known) for line in notes.sign(text, one).signatures]
    note = notes.parse(str(UnverifiedNote(text, tuple(lines))))

    assert notes.verify(note, [known.key], verify_ed25519) == known.key


def test_a_note_with_strangers_alone_is_refused() -> None:
    note = notes.sign("words\n", Signer("stranger.example"))

    with pytest.raises(NotSigned):
        notes.verify(note, [Signer("known.example").key], verify_ed25519)


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    known = Signer("known.example")
    good = notes.sign("words\n", known).signatures[0]
    wrong = NoteSignature(good.name, good.key_id, bytes(64))

    with pytest.raises(NotSigned):
        notes.verify(UnverifiedNote("words\n", (wrong, good)), [known.key], verify_ed25519)


def test_a_witness_key_signs_no_note() -> None:
    """The types keep apart what is signed over the text and what is signed over a time as well."""
    signer = Signer("witness.example", SignatureType.COSIGNATURE)

    with pytest.raises(NotSigned):
        notes.verify(notes.sign("words\n", signer), [signer.key], verify_ed25519)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "words\n",
        "words\n\n",
        "words\n\n— name AAAAAAA=",
        "words\n\n- name AAAAAAA=\n",
        "words\n\n—name AAAAAAA=\n",
        "words\n\n— na+me AAAAAAA=\n",
        "words\n\n— na\u00a0me AAAAAAA=\n",
        "words\n\n— name AAAAAA==\n",
        "words\n\n— name AAAAAAB=\n",
        "words\n\n— name AAAA AAA=\n",
        "words\n\n— name AAAAAA-_\n",
        "words\n\n— name AAAAAAA=\nmore\n",
        "words\r\n\n— name AAAAAAA=\n",
        "wo\x00rds\n\n— name AAAAAAA=\n",
        "wo\ud800rds\n\n— name AAAAAAA=\n",
        "x" * MAX_NOTE + "\n\n— name AAAAAAA=\n",
        "words\n\n" + "— name AAAAAAA=\n" * 2,
        "words\n\n" + "".join(f"— name{number} AAAAAAA=\n" for number in range(MAX_SIGNATURES + 1)),
    ],
)
def test_what_is_no_note_is_refused(broken: str) -> None:
    with pytest.raises(BadNote):
        notes.parse(broken)


def test_sixteen_signatures_are_taken() -> None:
    note = notes.parse("words\n\n" + "".join(f"— name{number} AAAAAAA=\n" for number in range(16)))

    assert len(note.signatures) == 16


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "PeterNeumann",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        NEUMANN.replace("c74f", "C74F"),
        NEUMANN.replace("c74f", "c74e"),
        NEUMANN.replace("Peter", "Otto"),
        NEUMANN + "\n",
        "name+00000000+",
        "name+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
        "name+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
        "n" * 600,
    ],
)
def test_what_is_no_key_is_refused(broken: str) -> None:
    with pytest.raises(BadNote):
        NoteKey.parse(broken)


def test_a_key_is_read_as_it_was_written() -> None:
    key = Signer("hub.example/log/trust", SignatureType.COSIGNATURE).key

    assert NoteKey.parse(str(key)) == key


@given(raw=st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    text = raw.decode("latin-1")
    for read in (notes.parse, notes.parse_signatures, NoteKey.parse):
        try:
            found = read(text)
        except BadNote:
            continue
        assert "".join(map(str, found)) == text if isinstance(found, tuple) else str(found) == text
