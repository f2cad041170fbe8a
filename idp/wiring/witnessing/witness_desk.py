"""This region as a witness: it cosigns heads of logs that it was told to watch, each later than the one before.

What it cosigned is in the database, where all its processes see it, and in the memory file, which no backup brings
back. The later of the two counts; where they contradict each other, nothing is cosigned.
Spec: C2SP tlog-witness.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.adapters.keyring import Keyring
from idp.adapters.note_keys import note_signer, verify_ed25519
from idp.foundation.events import Event, EventKind, EventLog
from idp.storage.witnesses import WitnessHeads
from idp.transparency import witness
from idp.transparency.checkpoint import Checkpoint, SignedCheckpoint
from idp.transparency.cosignature import cosign
from idp.transparency.note import NoteKey, NoteSigner, SignatureType
from idp.transparency.witness import AddCheckpoint, Conflict, Contradiction, Head, Logs, NotWitnessing
from idp.trustlist.belief import LogHead
from idp.wiring.witnessing.evidence import head_of
from idp.wiring.witnessing.witness_memory import MemoryLost, WitnessMemory

SAME_ANSWER_FOR = timedelta(seconds=1)
"""Anybody may send a request again that somebody else made."""
MOST_TOLD = 256
"""Contradictions that are remembered so as not to be told again."""

log = logging.getLogger("idp.witness")

Heard = Callable[[str], LogHead | None]
"""Origin → the head of that log as somebody else showed it to us; None where nobody did."""


@dataclass(frozen=True, slots=True)
class _Answered:
    request: bytes
    lines: str
    at: datetime

    def is_for(self, request: bytes, now: datetime) -> bool:
        return self.request == request and self.at <= now < self.at + SAME_ANSWER_FOR


class WitnessDesk:
    """One for each process of a region that witnesses."""

    def __init__(
        self,
        name: str,
        keyring: Keyring,
        heads: WitnessHeads,
        memory: WitnessMemory,
        logs: Callable[[], Logs],
        heard: Heard,
        events: EventLog,
    ) -> None:
        """`logs`: which logs are watched now, and by which keys they sign."""
        self._name, self._keyring = name, keyring
        self._heads, self._memory = heads, memory
        self._logs, self._heard, self._events = logs, heard, events
        self._answered: _Answered | None = None
        self._told: dict[tuple[str, int, bytes], None] = {}

    @property
    def key(self) -> NoteKey:
        """The key that cosigns now: what others name this witness by."""
        return self._signer().key

    @property
    def watched(self) -> Logs:
        """The logs that are cosigned here."""
        return self._logs()

    def add_checkpoint(self, body: bytes, *, now: datetime) -> str:
        """The lines of a cosignature. What it is under is remembered before anybody sees it.

        Raises: Refused; StorageError; ServerError.
        """
        answered = self._answered
        if answered is not None and answered.is_for(body, now):
            return answered.lines
        request = witness.parse(body)
        signed = witness.opened(request, self._logs(), verify_ed25519)
        self._compare(signed, now)
        try:
            with self._memory.held():
                self._remember(request, signed, now)
        except MemoryLost as error:
            raise NotWitnessing(str(error)) from error
        lines = str(cosign(signed.note.text, self._signer(), now=now))
        self._answered = _Answered(body, lines, now)
        return lines

    def heads(self) -> Mapping[str, Head]:
        """What was cosigned last of each log. Raises: NotWitnessing — what is remembered cannot be believed."""
        try:
            with self._memory.held():
                stored, remembered = self._heads.every(), self._remembered()
        except MemoryLost as error:
            raise NotWitnessing(str(error)) from error
        return {
            origin: _later(origin, stored.get(origin), remembered.get(origin))
            for origin in stored.keys() | remembered.keys()
        }

    def resume(self) -> Mapping[str, Head]:
        """Begin a new memory with what the database has. Only for who knows that no backup was restored.

        Raises: MemoryLost.
        """
        with self._memory.held():
            stored = self._heads.every()
            if self._memory.read() is not None:
                raise MemoryLost("there is a memory file already: nothing is to be resumed")
            self._memory.write(stored)
        return stored

    def _signer(self) -> NoteSigner:
        return note_signer(self._keyring, self._name, SignatureType.COSIGNATURE)

    def _remember(self, request: AddCheckpoint, signed: SignedCheckpoint, now: datetime) -> None:
        """Move to this checkpoint, in the database and in the file. Raises: Refused, MemoryLost."""
        origin = signed.checkpoint.origin
        stored, remembered = self._heads.find(origin), self._remembered()
        last = _later(origin, stored, remembered.get(origin))
        try:
            witness.require_growth(request, signed.checkpoint, last)
        except Contradiction as error:
            self._tell(signed.checkpoint, error, now)
            raise
        new = Head(signed.checkpoint.size, signed.checkpoint.root)
        # Asked for the same head again, what was true when the request came is said again, and nothing is written.
        if new != stored and not self._heads.move(origin, stored, new, str(signed), now=now):
            moved = self._heads.find(origin)
            raise Conflict(last.size if moved is None else moved.size)
        if remembered.get(origin) != new:
            self._memory.write({**remembered, origin: new})

    def _remembered(self) -> Mapping[str, Head]:
        """What the file says. Raises: NotWitnessing — it is gone, and was there; MemoryLost."""
        found = self._memory.read()
        if found is None and self._heads.every():
            raise NotWitnessing(
                f"the witness memory {self._memory.path} is gone: nothing is cosigned before `idp witness resume`"
            )
        return found or {}

    def _compare(self, signed: SignedCheckpoint, now: datetime) -> None:
        """See that the log shows us what it shows others. Raises: Contradiction."""
        origin, shown = signed.checkpoint.origin, head_of(signed)
        elsewhere = self._heard(origin)
        if elsewhere is not None and elsewhere.size == shown.size and elsewhere.root != shown.root:
            error = Contradiction(shown.size, "the log showed another root of this size before")
            self._tell(signed.checkpoint, error, now)
            raise error

    def _tell(self, shown: Checkpoint, error: Contradiction, now: datetime) -> None:
        """Once for each root: whoever has the two may ask as often as they like."""
        about = (shown.origin, shown.size, shown.root)
        if about in self._told:
            return
        log.error(
            "a log signed two roots of one size: nothing of it is cosigned", extra={"detail": shown.origin}
        )
        self._events.record(Event(EventKind.LOG_CONTRADICTED, now, subject=f"{shown.origin} {error.size}"))
        if len(self._told) >= MOST_TOLD:
            self._told.pop(next(iter(self._told)), None)
        self._told[about] = None


def _later(origin: str, stored: Head | None, remembered: Head | None) -> Head:
    """The last head, by whichever knows it. Raises: NotWitnessing — they contradict each other."""
    first, second = stored or Head(), remembered or Head()
    if first.size == second.size and first.root != second.root:
        raise NotWitnessing(f"database and memory file know different heads of {origin}")
    return max(first, second, key=lambda head: head.size)
