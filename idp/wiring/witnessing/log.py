"""A log of this installation at work: its head, signed for us and for strangers, who see no more than they may."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from idp.adapters.keyring import Keyring
from idp.adapters.note_keys import note_keys, note_signer
from idp.storage.log_entries import LogEntries, LogHead
from idp.transparency import checkpoint as checkpoints
from idp.transparency import note as notes
from idp.transparency.checkpoint import Checkpoint, SignedCheckpoint
from idp.transparency.leaves import LogName
from idp.transparency.note import NoteKey, SignatureType
from idp.transparency.tiles import Tile
from idp.wiring.witnessing.log_reading import LogReading

LOOK_EVERY = timedelta(seconds=1)
"""How old the checkpoint may be that strangers get: they can ask as often as they like."""
_EPOCH = datetime.fromtimestamp(0, UTC)


def origin_of(issuer: str, name: LogName) -> str:
    """What a log is called, everywhere and for good: its address without the scheme. Spec: C2SP tlog-tiles."""
    parts = urlsplit(issuer)
    return f"{parts.netloc}{parts.path}/log/{name}"


class Rewritten(RuntimeError):
    """The log in the database is not the one that this process signed: it was changed, or an old copy was restored."""


@dataclass(frozen=True, slots=True)
class Hiding:
    """How strangers are kept from seeing when something happened: they see the log as it was at the last full `step`.

    What it was then is told from the entries, so that all processes show one size however often each is asked.
    """

    step: timedelta
    first_since: Callable[[datetime], int | None]
    """The number of the first entry about anything that happened since then."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What strangers see until the next turn."""

    turn: datetime
    signed: SignedCheckpoint
    text: str


class Log(LogReading):
    """One for a log and a process."""

    def __init__(
        self,
        name: LogName,
        issuer: str,
        entries: LogEntries,
        keyring: Keyring,
        *,
        catch_up: Callable[[], object],
        cosigned: Callable[[], str | None],
        hides: Hiding | None = None,
    ) -> None:
        """`catch_up` appends what waits for its entry; `cosigned` finds the newest head that witnesses stand by."""
        super().__init__(name, entries)
        self.origin = origin_of(issuer, name)
        self._keyring, self._catch_up = keyring, catch_up
        self._cosigned, self._hides = cosigned, hides
        self._signed: SignedCheckpoint | None = None
        self._shown: _Shown | None = None

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        """The keys that checkpoints may be signed with, present and next."""
        return note_keys(self._keyring, self.origin, SignatureType.ED25519)

    def signed_head(self) -> SignedCheckpoint:
        """The head as it is now, with every line of the trail in it, signed.

        Raises: ServerError — no log key is in force; Rewritten.
        """
        # Read before the head is: the other way round, a head that another thread signed meanwhile would look like a
        # log that got shorter.
        held = self._held()
        self._catch_up()
        head = self.head()
        self._signed = self._sign(head.size, head, held)
        return self._signed

    def cosigned_head(self) -> SignedCheckpoint:
        """The same, with what witnesses signed under this very head. Raises: ServerError; Rewritten."""
        return self._with_cosignatures(self.signed_head())

    def checkpoint(self, *, now: datetime) -> str:
        """A signed head with its cosignatures for strangers, who make us write nothing: it may be a little old.

        Raises: ServerError; Rewritten.
        """
        return self._shown_at(now).text

    def shown_tile(self, tile: Tile, *, now: datetime) -> bytes:
        """A tile for strangers: of no more than they may know of. Raises: LookupError; ServerError; Rewritten."""
        if self._hides and not tile.is_in(self._shown_at(now).signed.checkpoint.size):
            raise LookupError("the log has no such tile to show")
        return self.tile(tile)

    def _shown_at(self, now: datetime) -> _Shown:
        turn = _turn(now, self._hides.step if self._hides else LOOK_EVERY)
        shown = self._shown
        # A clock set back must not keep us from looking.
        if shown is None or shown.turn != turn:
            held = self._held()
            head = self.head()
            size = self._size_at(turn, head)
            # Nor is it to look as if the log got shorter.
            signed = self._sign(max(size, shown.signed.checkpoint.size) if shown else size, head, held)
            shown = self._shown = _Shown(turn, signed, str(self._with_cosignatures(signed)))
        return shown

    def _size_at(self, turn: datetime, head: LogHead) -> int:
        """How much of it strangers see in this turn."""
        later = self._hides.first_since(turn) if self._hides else None
        return head.size if later is None else min(later, head.size)

    def _held(self) -> tuple[SignedCheckpoint, ...]:
        """What this process signed last, for us and for strangers: whatever it signs next goes on from both."""
        shown = self._shown
        return tuple(one for one in (self._signed, shown.signed if shown else None) if one is not None)

    def _sign(self, size: int, head: LogHead, held: Sequence[SignedCheckpoint]) -> SignedCheckpoint:
        """The log at this size, signed, where it goes on from what was signed. Raises: ServerError; Rewritten."""
        signer = note_signer(self._keyring, self.origin, SignatureType.ED25519)
        for one in held:
            self._require_growth(one.checkpoint, head)
        for one in held:
            # A head is signed once by a key, so that everybody keeps the same bytes.
            if one.checkpoint.size == size and one.note.signed_by(signer.key):
                return one
        root = head.root if size == head.size else self.root(size)
        return checkpoints.sign(Checkpoint(self.origin, size, root), signer)

    def _with_cosignatures(self, signed: SignedCheckpoint) -> SignedCheckpoint:
        cosigned = self._cosigned()
        if cosigned is None:
            return signed
        note = notes.parse(cosigned)
        if note.text != signed.note.text:
            return signed
        return replace(signed, note=signed.note.with_signatures(note.signatures))

    def _require_growth(self, held: Checkpoint, head: LogHead) -> None:
        """Never sign two pasts. Raises: Rewritten."""
        if held.size > head.size or self.root(held.size) != held.root:
            raise Rewritten(f"{self.origin} does not begin with what was signed before")


def _turn(now: datetime, step: timedelta) -> datetime:
    """The last full step: the same one for every process."""
    return now - (now - _EPOCH) % step
