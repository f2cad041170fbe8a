"""A log of this installation at work: its head, signed; its tiles; and proofs, made from a handful of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from idp.adapters.keyring import Keyring
from idp.adapters.note_keys import note_keys, note_signer
from idp.storage.log_entries import LogEntries, LogHead
from idp.transparency import checkpoint as checkpoints
from idp.transparency import note as notes
from idp.transparency.checkpoint import Checkpoint, SignedCheckpoint
from idp.transparency.leaves import LogName
from idp.transparency.merkle import range_hash
from idp.transparency.note import NoteKey, SignatureType
from idp.transparency.proofs import Proof, consistency_proof, inclusion_proof
from idp.transparency.tiles import Tile, TileNodes, bundle_of

LOOK_EVERY = timedelta(seconds=1)
"""How old the checkpoint may be that strangers get: they can ask as often as they like."""
LOOK_EVERY_OF_AUDIT = timedelta(minutes=1)
"""Of the audit log they are not to see in which second something happened here."""


def origin_of(issuer: str, name: LogName) -> str:
    """What a log is called, everywhere and for good: its address without the scheme. Spec: C2SP tlog-tiles."""
    parts = urlsplit(issuer)
    return f"{parts.netloc}{parts.path}/log/{name}"


class Rewritten(RuntimeError):
    """The log in the database is not the one that this process signed: it was changed, or an old copy was restored."""


class Log:
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
    ) -> None:
        """`catch_up` appends what waits for its entry; `cosigned` finds the newest head that witnesses stand by."""
        self.name, self.origin = name, origin_of(issuer, name)
        self._entries, self._keyring, self._catch_up = entries, keyring, catch_up
        self._cosigned = cosigned
        self._signed: SignedCheckpoint | None = None
        self._shown = ""
        self._looked_at: datetime | None = None

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        """The keys that checkpoints may be signed with, present and next."""
        return note_keys(self._keyring, self.origin, SignatureType.ED25519)

    def head(self) -> LogHead:
        """How long it is now, and its root."""
        return self._entries.head(self.name)

    def size(self) -> int:
        """How many entries it has now."""
        return self.head().size

    def root(self, size: int | None = None) -> bytes:
        """Its root now, or when it had this size. Raises: LookupError — it never had."""
        head = self.head()
        if size is None or size == head.size:
            return head.root
        return range_hash(0, self._within(size, head), self._nodes(size))

    def inclusion(self, index: int, size: int) -> Proof:
        """That the entry `index` is in it, for who knows its root at `size`. Raises: LookupError, ValueError."""
        return self.prover(size)(index)

    def prover(self, size: int) -> Callable[[int], Proof]:
        """Makes proofs of inclusion for one size, and reads each tile once for many. Raises: LookupError."""
        nodes = self._nodes(self._within(size, self.head()))
        return lambda index: inclusion_proof(index, size, nodes)

    def consistency(self, old_size: int, new_size: int) -> Proof:
        """That between two sizes it only grew. Raises: LookupError, ValueError."""
        self._within(new_size, self.head())
        return consistency_proof(old_size, new_size, self._nodes(new_size))

    def signed_head(self) -> SignedCheckpoint:
        """The head as it is now, with every line of the trail in it, signed.

        Raises: ServerError — no log key is in force; Rewritten.
        """
        # Read before the head is: the other way round, a head that another thread signed meanwhile would look like a
        # log that got shorter.
        held = self._signed
        self._catch_up()
        return self._sign_on(held)

    def cosigned_head(self) -> SignedCheckpoint:
        """The same, with what witnesses signed under this very head. Raises: ServerError; Rewritten."""
        return self._with_cosignatures(self.signed_head())

    def checkpoint(self, *, now: datetime) -> str:
        """The signed head with its cosignatures for strangers, who make us write nothing: it may be a little old.

        Raises: ServerError; Rewritten.
        """
        shown, at = self._shown, self._looked_at
        every = LOOK_EVERY_OF_AUDIT if self.name is LogName.AUDIT else LOOK_EVERY
        # A clock set back must not keep us from looking.
        if at is None or not at <= now < at + every:
            shown = self._shown = str(self._with_cosignatures(self._sign_on(self._signed)))
            self._looked_at = now
        return shown

    def _sign_on(self, held: SignedCheckpoint | None) -> SignedCheckpoint:
        """The head, signed, where it grew from what was. Raises: ServerError; Rewritten."""
        head = self.head()
        signer = note_signer(self._keyring, self.origin, SignatureType.ED25519)
        if held is not None:
            self._require_growth(held.checkpoint, head)
        # A head is signed once by a key, so that everybody keeps the same bytes.
        if held is None or held.checkpoint.size != head.size or not held.note.signed_by(signer.key):
            held = self._signed = checkpoints.sign(Checkpoint(self.origin, head.size, head.root), signer)
        return held

    def _with_cosignatures(self, signed: SignedCheckpoint) -> SignedCheckpoint:
        cosigned = self._cosigned()
        if cosigned is None:
            return signed
        note = notes.parse(cosigned)
        if note.text != signed.note.text:
            return signed
        return replace(signed, note=signed.note.with_signatures(note.signatures))

    def tile(self, tile: Tile) -> bytes:
        """A tile, or the bundle under it. Raises: LookupError — the log is not so long."""
        if not tile.is_in(self.size()):
            raise LookupError("the log has no such tile")
        if tile.is_entries:
            return bundle_of(self.entries(tile.start, tile.start + tile.width))
        return self._entries.tile(self.name, tile)

    def entries(self, first: int, last: int) -> tuple[bytes, ...]:
        """The entries from `first` to before `last`; fewer where the log ends."""
        return self._entries.entries(self.name, first, last)

    def _require_growth(self, held: Checkpoint, head: LogHead) -> None:
        """Never sign two pasts. Raises: Rewritten."""
        if held.size > head.size or self.root(held.size) != held.root:
            raise Rewritten(f"{self.origin} does not begin with what was signed before")

    def _nodes(self, size: int) -> TileNodes:
        return TileNodes(size, lambda tile: self._entries.tile(self.name, tile))

    def _within(self, size: int, head: LogHead) -> int:
        if not 0 <= size <= head.size:
            raise LookupError("the log never had this size")
        return size
