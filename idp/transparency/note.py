"""Signed notes: a text, and under it the signatures of whoever stands by it. And the keys that make them.

Pure and strict: everything is bounded before it is looked at, and there is one way to write each thing. Making and
verifying Ed25519 signatures is a port: libraries belong to `idp.adapters`.
Spec: C2SP signed-note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, Self

MAX_NOTE = 64 * 1024
"""Characters of a note with its signatures."""
MAX_SIGNATURES = 256
MAX_KEY_NAME = 255
MAX_KEY = 512
"""Characters of a key in its written form."""
KEY_ID_LENGTH = 4
PUBLIC_KEY_LENGTH = 32
SIGNATURE_LENGTH = 64
_DASH = "— "
_UNCLEAN = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_SPACE = re.compile(r"\s")


class BadNote(ValueError):
    """Not a signed note, or not a key. The message quotes nothing of it."""


class NotSigned(Exception):
    """A known key's signature is missing or wrong."""


class SignatureType(IntEnum):
    """What a signature of a key is over, as the byte that goes into its id."""

    ED25519 = 0x01
    """The text of the note: how a log signs its checkpoints."""
    COSIGNATURE = 0x04
    """A time and the text: how a witness cosigns. Spec: C2SP tlog-cosignature."""


class Verify(Protocol):
    """Verifies Ed25519 (RFC 8032)."""

    def __call__(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Whether the signature is the key's over the message."""
        ...


@dataclass(frozen=True, slots=True)
class NoteKey:
    """Who signs, and with which key. Its written form is a "vkey"."""

    name: str
    type: SignatureType
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise BadNote("a key has a name without spaces and plus signs")
        if len(self.public) != PUBLIC_KEY_LENGTH:
            raise BadNote("an Ed25519 key has 32 bytes")

    @property
    def id(self) -> bytes:
        """Four bytes that tell a name's keys apart; no proof of anything."""
        named = self.name.encode() + b"\n" + bytes([self.type])
        return hashlib.sha256(named + self.public).digest()[:KEY_ID_LENGTH]

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.type]) + self.public).decode("ascii")
        return f"{self.name}+{self.id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key in its written form. Raises: BadNote."""
        if len(text) > MAX_KEY:
            raise BadNote("a key is too long")
        name, _, rest = text.partition("+")
        # The base64 may have plus signs of its own.
        key_id, _, material = rest.partition("+")
        raw = decode_base64(material)
        if not raw or raw[0] not in tuple(SignatureType):
            raise BadNote("a key is of a type that is not known here")
        key = cls(name, SignatureType(raw[0]), raw[1:])
        if key.id.hex() != key_id:
            raise BadNote("a key has another id than its own")
        return key


class NoteSigner(Protocol):
    """The private half of a key."""

    @property
    def key(self) -> NoteKey:
        """The public half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Ed25519 over the message as it is."""
        ...


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line under a note. Nothing is verified."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        encoded = base64.b64encode(self.key_id + self.signature).decode("ascii")
        return f"{_DASH}{self.name} {encoded}\n"

    @classmethod
    def parse(cls, line: str) -> Self:
        """One line without its newline. Raises: BadNote."""
        name, separator, encoded = line.removeprefix(_DASH).partition(" ")
        if not (line.startswith(_DASH) and separator and is_key_name(name)):
            raise BadNote("a signature line is a dash, a name and a signature")
        raw = decode_base64(encoded)
        if len(raw) <= KEY_ID_LENGTH:
            raise BadNote("a signature is too short")
        return cls(name, raw[:KEY_ID_LENGTH], raw[KEY_ID_LENGTH:])

    def is_by(self, key: NoteKey) -> bool:
        """Whether it says to be of this key: by name and id, and nothing less."""
        return self.name == key.name and self.key_id == key.id


@dataclass(frozen=True, slots=True)
class UnverifiedNote:
    """A note taken apart."""

    text: str
    """With the newline at its end."""
    signatures: tuple[NoteSignature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    def signed_by(self, key: NoteKey) -> tuple[NoteSignature, ...]:
        """The signatures that say to be of a key."""
        return tuple(one for one in self.signatures if one.is_by(key))

    def with_signatures(self, more: Iterable[NoteSignature]) -> UnverifiedNote:
        """The same text with further signatures; those that are there stay, and none is there twice."""
        return UnverifiedNote(self.text, tuple(dict.fromkeys((*self.signatures, *more))))


def parse(note: str) -> UnverifiedNote:
    """Take a note apart. Raises: BadNote."""
    if len(note) > MAX_NOTE or not _is_clean(note):
        raise BadNote("a note is too long, or has characters that no note has")
    text, separator, signatures = note.rpartition("\n\n")
    if not (separator and signatures.endswith("\n")):
        raise BadNote("a note is a text, an empty line and signatures")
    return UnverifiedNote(text + "\n", parse_signatures(signatures))


def parse_signatures(lines: str) -> tuple[NoteSignature, ...]:
    """Signature lines as they stand under a note, or as a witness answers them. Raises: BadNote."""
    if len(lines) > MAX_NOTE or not lines.endswith("\n") or not _is_clean(lines):
        raise BadNote("signatures are lines")
    found = lines[:-1].split("\n")
    if len(found) > MAX_SIGNATURES:
        raise BadNote("there are too many signatures")
    if len(set(found)) != len(found):
        # Each would be verified again, and say nothing more.
        raise BadNote("a signature is there twice")
    return tuple(map(NoteSignature.parse, found))


def sign(text: str, signer: NoteSigner) -> UnverifiedNote:
    """A note of this text with one signature. Raises: BadNote — the text can be none of a note."""
    if not text.endswith("\n") or not _is_clean(text):
        raise BadNote("the text of a note is lines")
    signature = NoteSignature(signer.key.name, signer.key.id, signer.sign(text.encode()))
    return UnverifiedNote(text, (signature,))


def verify(note: UnverifiedNote, keys: Iterable[NoteKey], verifier: Verify) -> NoteKey:
    """The first of these keys that signed the text; one signature is enough, and a wrong one spoils the note.

    Raises: NotSigned.
    """
    signers = [
        key
        for key in keys
        if key.type is SignatureType.ED25519
        for signature in note.signed_by(key)
        if _verified(note.text, key, signature, verifier)
    ]
    if not signers:
        raise NotSigned("no key that is known here signed the note")
    return signers[0]


def is_key_name(name: str) -> bool:
    """Whether a key may be called so."""
    is_one_word = not (_UNCLEAN.search(name) or _SPACE.search(name) or "+" in name)
    return 0 < len(name) <= MAX_KEY_NAME and is_one_word


def decode_base64(text: str) -> bytes:
    """The one way to write these bytes. Raises: BadNote."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise BadNote("something is not base64") from error
    if base64.b64encode(raw).decode("ascii") != text:
        raise BadNote("something is not written the one way that base64 is written")
    return raw


def _verified(text: str, key: NoteKey, signature: NoteSignature, verifier: Verify) -> bool:
    if len(signature.signature) != SIGNATURE_LENGTH or not verifier(
        key.public, text.encode(), signature.signature
    ):
        raise NotSigned("a signature is not that of the key it names")
    return True


def _is_clean(text: str) -> bool:
    """No control characters but the newline, and Unicode throughout."""
    return _UNCLEAN.search(text) is None
