"""Checkpoints: how long a log is and what its root is, as a note that the log signs and witnesses cosign.

Spec: C2SP tlog-checkpoint.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from idp.transparency import note as notes
from idp.transparency.note import BadNote, NoteKey, NoteSigner, UnverifiedNote, Verify

MAX_SIZE = 2**63 - 1
MAX_ORIGIN = 255
MAX_EXTENSIONS = 16
ROOT_LENGTH = 32
_LEAST_LINES = 3


class BadCheckpoint(BadNote):
    """Not a checkpoint, or not one of this log."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log at one size."""

    origin: str
    """Which log: the host of its issuer and a path, without a scheme."""
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Further lines. Ours have none; those of others are kept, or their signatures would not hold."""

    @property
    def text(self) -> str:
        """What is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode("ascii"), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The checkpoint in the text of a note. Raises: BadCheckpoint."""
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < _LEAST_LINES or len(lines) > _LEAST_LINES + MAX_EXTENSIONS or not all(lines):
            raise BadCheckpoint("a checkpoint has an origin, a size and a root, a line each")
        origin, size, root = lines[:_LEAST_LINES]
        if len(origin) > MAX_ORIGIN:
            raise BadCheckpoint("the origin of a checkpoint is too long")
        return cls(origin, parse_size(size), _root(root), tuple(lines[_LEAST_LINES:]))


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose log's signature was verified. Only `open_checkpoint` and `sign` make one."""

    checkpoint: Checkpoint
    note: UnverifiedNote
    """With every signature that stands under it; those of witnesses are not verified yet."""

    def __str__(self) -> str:
        return str(self.note)


def sign(checkpoint: Checkpoint, signer: NoteSigner) -> SignedCheckpoint:
    """The checkpoint as its log's signed note. Raises: BadNote."""
    return SignedCheckpoint(checkpoint, notes.sign(checkpoint.text, signer))


def open_checkpoint(note: str, origin: str, keys: Iterable[NoteKey], verifier: Verify) -> SignedCheckpoint:
    """The checkpoint in a note, if it is this log's and one of its keys signed it.

    Raises: BadNote — no checkpoint, or another log's; NotSigned.
    """
    unverified = notes.parse(note)
    checkpoint = Checkpoint.parse(unverified.text)
    if checkpoint.origin != origin:
        raise BadCheckpoint("the checkpoint is of another log")
    notes.verify(unverified, keys, verifier)
    return SignedCheckpoint(checkpoint, unverified)


def parse_size(text: str) -> int:
    """A number of leaves, as it is written: decimal digits and no zero too many. Raises: BadCheckpoint."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_SIZE))):
        raise BadCheckpoint("a size is a whole number")
    size = int(text)
    if str(size) != text or size > MAX_SIZE:
        raise BadCheckpoint("a size is written without leading zeroes, and is not beyond all measure")
    return size


def _root(text: str) -> bytes:
    root = notes.decode_base64(text)
    if len(root) != ROOT_LENGTH:
        raise BadCheckpoint("a root has 32 bytes")
    return root
