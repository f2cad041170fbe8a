"""What a witness cosigns: a later head of the same log, signed by it, with a proof that nothing was rewritten.

Pure: what the witness cosigned last is given to it, and whoever calls keeps the answer before telling it to anybody.
Spec: C2SP tlog-witness, add-checkpoint.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from idp.transparency import checkpoint as checkpoints
from idp.transparency import note as notes
from idp.transparency.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint, parse_size
from idp.transparency.merkle import EMPTY_ROOT, HASH_LENGTH
from idp.transparency.note import BadNote, NoteKey, NotSigned, Verify
from idp.transparency.proofs import BadProof, verify_consistency

MAX_PROOF = 63
"""Hashes of a consistency proof: no log is longer than a size can be written."""
MAX_REQUEST = notes.MAX_NOTE + 8 * 1024
"""Bytes of a request."""
Logs = Mapping[str, tuple[NoteKey, ...]]
"""Origin → the keys that may sign that log's checkpoints."""


class Refused(Exception):
    """Nothing is cosigned. A sentence for who asked."""


class Malformed(Refused):
    """Not a request, or one that contradicts itself."""


class UnknownLog(Refused):
    """Nobody here named this log."""


class NotTheLog(Refused):
    """The log's keys did not sign this."""


class Inconsistent(Refused):
    """The proof does not show that what was cosigned before is still in it. Or it is not."""


class NotWitnessing(Refused):
    """Nothing is cosigned here for now. Why, is said to our log and to the operator."""

    def __init__(self, detail: str) -> None:
        super().__init__("nothing is cosigned here for now")
        self.detail = detail


class Conflict(Refused):
    """The proof begins at another size than the one cosigned last: here it is, to begin there."""

    def __init__(
        self, size: int, sentence: str = "the old size is not that of the last checkpoint cosigned here"
    ):
        super().__init__(sentence)
        self.size = size


class Contradiction(Conflict):
    """The log signed two roots of one size: it shows different people different things. An alarm."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a witness cosigned last of one log."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request to cosign. Nothing is verified."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str

    def __str__(self) -> str:
        lines = (f"old {self.old_size}", *(base64.b64encode(one).decode("ascii") for one in self.proof))
        return "".join(f"{line}\n" for line in lines) + "\n" + self.note

    @property
    def unverified_origin(self) -> str:
        """Which log it says to be of. Raises: Malformed."""
        try:
            return Checkpoint.parse(notes.parse(self.note).text).origin
        except BadNote as error:
            raise Malformed(str(error)) from error


def parse(body: bytes) -> AddCheckpoint:
    """Take a request apart. Raises: Malformed."""
    if len(body) > MAX_REQUEST:
        raise Malformed("the request is too large")
    try:
        head, separator, note = body.decode("utf-8").partition("\n\n")
        old, *proof = head.split("\n")
        if not (separator and old.startswith("old ")) or len(proof) > MAX_PROOF:
            raise Malformed("a request is an old size, at most 63 hashes, an empty line and a checkpoint")
        return AddCheckpoint(parse_size(old.removeprefix("old ")), tuple(map(_hash, proof)), note)
    except (UnicodeDecodeError, BadNote) as error:
        raise Malformed("the request is not written as it should be") from error


def opened(request: AddCheckpoint, logs: Logs, verifier: Verify) -> SignedCheckpoint:
    """The checkpoint, if a log that is known here signed it. Raises: Malformed, UnknownLog, NotTheLog."""
    origin = request.unverified_origin
    if origin not in logs:
        raise UnknownLog("this log is not known here")
    try:
        return open_checkpoint(request.note, origin, logs[origin], verifier)
    except NotSigned as error:
        raise NotTheLog("none of the keys known of this log signed the checkpoint") from error


def require_growth(request: AddCheckpoint, checkpoint: Checkpoint, last: Head) -> None:
    """See that nothing of what was cosigned before was rewritten: then it may be cosigned. Raises: Refused."""
    size, root = checkpoint.size, checkpoint.root
    if request.old_size > size:
        raise Malformed("the old size is larger than that of the checkpoint")
    if size == last.size and root != last.root:
        raise Contradiction(last.size, "another root of this size was cosigned here")
    if request.old_size != last.size:
        raise Conflict(last.size)
    if last.size == 0:
        _require_beginning(request)
    else:
        _require_proof(request, last, size, root)


def _require_beginning(request: AddCheckpoint) -> None:
    """From nothing on there is nothing to prove."""
    if request.proof:
        raise Inconsistent("from an empty log on there is no proof")


def _require_proof(request: AddCheckpoint, last: Head, size: int, root: bytes) -> None:
    try:
        verify_consistency(last.size, last.root, size, root, request.proof)
    except BadProof as error:
        raise Inconsistent("the proof does not lead from the last checkpoint to this one") from error


def _hash(line: str) -> bytes:
    raw = notes.decode_base64(line)
    if len(raw) != HASH_LENGTH:
        raise checkpoints.BadCheckpoint("a hash has 32 bytes")
    return raw
