"""Cosignatures: a witness says when it saw a checkpoint, and that nothing it had seen before was rewritten.

Spec: C2SP tlog-cosignature, `cosignature/v1` (Ed25519).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.foundation.clock import from_seconds, to_seconds
from idp.transparency.note import (
    SIGNATURE_LENGTH,
    NoteKey,
    NoteSignature,
    NoteSigner,
    NotSigned,
    SignatureType,
    UnverifiedNote,
    Verify,
)

FRESH_FOR = timedelta(minutes=10)
"""How old a cosignature may be to count. The hub has its checkpoint cosigned again every minute or two."""
AHEAD = timedelta(minutes=1)
"""How far a witness's clock may be ahead of ours."""
TIME_LENGTH = 8
LATEST = 253_370_764_800
"""Seconds: the year 9999. Beyond it there are no dates."""


class TooFewWitnesses(NotSigned):
    """Not as many cosignatures as have to be there. The checkpoint may be good; nobody can know."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """Whose cosignatures count, and how many there must be. Nobody counts twice, however often named.

    One that is larger than there are witnesses is never reached. A key that makes no cosignatures counts for nothing.
    """

    keys: tuple[NoteKey, ...] = ()
    least: int = 0


def message(text: str, at: datetime) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {to_seconds(at)}\n{text}".encode()


def cosign(text: str, signer: NoteSigner, *, now: datetime) -> NoteSignature:
    """A cosignature under the text of a checkpoint. Who calls it made sure that it may be cosigned."""
    stamp = to_seconds(now).to_bytes(TIME_LENGTH, "big")
    return NoteSignature(signer.key.name, signer.key.id, stamp + signer.sign(message(text, now)))


def time_of(signature: NoteSignature) -> datetime:
    """When a cosignature says it was made. Raises: NotSigned — it is none."""
    if len(signature.signature) != TIME_LENGTH + SIGNATURE_LENGTH:
        raise NotSigned("a cosignature has another length")
    seconds = int.from_bytes(signature.signature[:TIME_LENGTH], "big")
    if seconds > LATEST:
        raise NotSigned("a cosignature is of no time")
    return from_seconds(seconds)


def verify(text: str, key: NoteKey, signature: NoteSignature, verifier: Verify) -> datetime:
    """When this witness cosigned the text. Raises: NotSigned."""
    at = time_of(signature)
    if not signature.is_by(key) or not verifier(
        key.public, message(text, at), signature.signature[TIME_LENGTH:]
    ):
        raise NotSigned("a cosignature is not that of the witness it names")
    return at


def cosigned_at(
    note: UnverifiedNote, keys: Iterable[NoteKey], verifier: Verify
) -> Mapping[NoteKey, datetime]:
    """Which of these witnesses cosigned, and when last; a witness by two names is one.

    A line that names a witness and is wrong counts for nothing: whoever passes a note on could add it.
    """
    latest: dict[bytes, tuple[NoteKey, datetime]] = {}
    for key in (one for one in keys if one.type is SignatureType.COSIGNATURE):
        for signature in note.signed_by(key):
            try:
                at = verify(note.text, key, signature, verifier)
            except NotSigned:
                continue
            known = latest.get(key.public)
            if known is None or known[1] < at:
                latest[key.public] = (key, at)
    return dict(latest.values())


def stood_by_at(note: UnverifiedNote, quorum: Quorum, verifier: Verify, *, now: datetime) -> datetime | None:
    """Since when as many distinct witnesses stand by this note as have to; None when none has to.

    Raises: TooFewWitnesses — too few, or of a time to come.
    """
    if quorum.least == 0:
        return None
    times = cosigned_at(note, quorum.keys, verifier).values()
    past = sorted((at for at in times if at <= now + AHEAD), reverse=True)
    if len(past) < quorum.least:
        raise TooFewWitnesses(f"{len(past)} of {quorum.least} witnesses stand by the checkpoint")
    return past[quorum.least - 1]


def verify_quorum(
    note: UnverifiedNote, quorum: Quorum, verifier: Verify, *, now: datetime
) -> datetime | None:
    """The same, and they signed it lately. Raises: TooFewWitnesses — or what they signed is too old."""
    at = stood_by_at(note, quorum, verifier, now=now)
    if at is not None and now - at > FRESH_FOR:
        raise TooFewWitnesses(f"what {quorum.least} witnesses signed is too old")
    return at
