"""The newest bundle that a region admitted, and whose turn it is to look for the next one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Insert, Table, and_, case, func, or_, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.storage.db import Database
from idp.storage.generations import Remembered, advance
from idp.storage.rows import NOW, given
from idp.storage.schema import trust_bundles, trust_pulls
from idp.storage.statement import Row, Statement
from idp.trustlist.belief import Belief, LogHead

_held = trust_bundles.c
_pull = trust_pulls.c
_is_this = _held.issuer == given("hub")
_is_this_pull = _pull.issuer == given("hub")
_LARGE = ("document", "lineage", "log_checkpoint", "narrowing")
_DESCRIBING = [column for column in _held if column.name not in _LARGE]
_has_known_narrowing = func.coalesce(_held.narrowing_hash, "") == given("known_narrowing")


def _put(insert: Callable[[Table], Any]) -> Insert:
    row = insert(trust_bundles)
    new = row.excluded
    is_as_known = and_(
        _held.root_version == given("known_root_version"),
        _held.seq == given("known_seq"),
        _held.issued_at == given("known_issued_at"),
        _held.content_hash == given("known_hash"),
        _has_known_narrowing,
    )
    is_next = or_(
        new.seq > _held.seq,
        and_(new.seq == _held.seq, new.content_hash == _held.content_hash, new.issued_at > _held.issued_at),
    )
    is_newer = or_(
        new.root_version > _held.root_version, and_(new.root_version == _held.root_version, is_next)
    )
    kept = {"issuer", "applied_hash", "lineage"}
    changed = {column.name: new[column.name] for column in _held if column.name not in kept}
    put: Insert = row.on_conflict_do_update(
        index_elements=["issuer"], set_=changed, where=and_(is_as_known, is_newer)
    )
    return put


PUT = Statement(_put)
FIND = Statement(select(*_DESCRIBING).where(_is_this))
READ = Statement(select(*_DESCRIBING, _held.document, _held.narrowing).where(_is_this))
NARROW = Statement(
    update(trust_bundles)
    .where(_is_this, _held.content_hash == given("content"), _has_known_narrowing)
    .values(narrowing=given("left"), narrowing_hash=given("left_hash"), applied_hash=None)
)
FIND_CHECKPOINT = Statement(select(_held.log_checkpoint).where(_is_this))
FIND_LINEAGE = Statement(select(_held.lineage).where(_is_this))
SET_LINEAGE = Statement(
    update(trust_bundles)
    .where(_is_this, _held.content_hash == given("content"))
    .values(lineage=given("signed"))
)
SET_APPLIED = Statement(
    update(trust_bundles)
    .where(_is_this, _held.content_hash == given("content"), _has_known_narrowing)
    .values(applied_hash=_held.content_hash)
)
BEGIN_PULLS = Statement(lambda insert: insert(trust_pulls).on_conflict_do_nothing(index_elements=["issuer"]))
CLAIM_PULL = Statement(
    update(trust_pulls)
    # One that is due unbelievably late was written by a clock that has been set back since.
    .where(_is_this_pull, or_(_pull.due_at <= NOW, _pull.due_at > given("latest_due_at")))
    .values(due_at=given("next_due_at"))
)
NOTE_LATEST = Statement(
    update(trust_pulls)
    .where(_is_this_pull)
    .values(latest_at=case((_pull.latest_at < given("latest"), given("latest")), else_=_pull.latest_at))
)
FIND_LATEST = Statement(select(_pull.latest_at).where(_is_this_pull))


@dataclass(frozen=True, slots=True)
class AdmittedBundle:
    """What is known of the bundle that is held, without reading it."""

    issuer: str
    """The hub."""
    root_version: int
    """Of the pinned keys under which it was admitted."""
    seq: int
    content_hash: str
    issued_at: datetime
    """It counts as signed then: never later than its witnesses say."""
    expires_at: datetime
    next_update: datetime
    admitted_at: datetime
    is_applied: bool = False
    """Whether everything was ended that hung from what it takes away."""
    log: LogHead | None = None
    """The head of the hub's log that it came with."""
    log_checkpoint: str = ""
    """That head as the log signed it: written, and read by `find_checkpoint` alone."""
    is_witnessed: bool = True
    """False: it takes away, and nobody but the hub stands by it yet."""
    narrowing: str = ""
    """Hash of what newer ones left of it that nobody stands by; empty when they took nothing away."""

    @property
    def belief(self) -> Belief:
        """How it is believed."""
        return Belief(self.issued_at, self.log, self.is_witnessed)


class TrustBundles:
    """One bundle for each hub that was ever followed; a region follows one."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, hub: str) -> AdmittedBundle | None:
        """What is known of the held one; the document stays where it is."""
        row = self._db.one(FIND, hub=hub)
        return None if row is None else _admitted(row)

    def read(self, hub: str) -> tuple[AdmittedBundle, str] | None:
        """The held one with its document, a compact JWS."""
        row = self._db.one(READ, hub=hub)
        return None if row is None else (_admitted(row), row.document)

    def read_narrowed(self, hub: str) -> tuple[AdmittedBundle, str, str] | None:
        """The same, and what newer ones left of it; empty when they took nothing away."""
        row = self._db.one(READ, hub=hub)
        return None if row is None else (_admitted(row), row.document, row.narrowing or "")

    def narrow(self, known: AdmittedBundle, left: str, left_hash: str) -> bool:
        """Keep what a bundle takes away that is not admitted, until the next one is, and tell every process.

        Its consequences are to be drawn. False when something else is held by now, or it was narrowed otherwise.
        """
        with self._db.transaction() as tx:
            hit = tx.run(
                NARROW,
                hub=known.issuer,
                content=known.content_hash,
                known_narrowing=known.narrowing,
                left=left,
                left_hash=left_hash,
            )
            if hit != 1:
                return False
            advance(tx, Remembered.TRUST)
        return True

    def put(self, new: AdmittedBundle, document: str, known: AdmittedBundle | None) -> bool:
        """Keep `new` in place of `known`, and tell every process.

        False when something else is held by now, or `new` is not newer: whoever decided has to decide again. Atomic,
        durable when it returns; what is held never goes back but for a higher `root_version`.
        """
        with self._db.transaction() as tx:
            hit = tx.run(
                PUT,
                issuer=new.issuer,
                root_version=new.root_version,
                seq=new.seq,
                content_hash=new.content_hash,
                issued_at=to_milliseconds(new.issued_at),
                expires_at=to_milliseconds(new.expires_at),
                next_update_at=to_milliseconds(new.next_update),
                admitted_at=to_milliseconds(new.admitted_at),
                document=document,
                lineage=None,
                applied_hash=None,
                log_size=new.log.size if new.log else None,
                log_root=new.log.root if new.log else None,
                log_checkpoint=new.log_checkpoint or None,
                unwitnessed_since=None if new.is_witnessed else to_milliseconds(new.issued_at),
                narrowing=None,
                narrowing_hash=None,
                known_root_version=known.root_version if known else -1,
                known_seq=known.seq if known else -1,
                known_issued_at=to_milliseconds(known.issued_at) if known else -1,
                known_hash=known.content_hash if known else "",
                known_narrowing=known.narrowing if known else "",
            )
            if hit != 1:
                return False
            advance(tx, Remembered.TRUST)
        return True

    def set_lineage(self, hub: str, content_hash: str, lineage: str) -> None:
        """Keep what the hub signed of the contents up to this one, to pass it on."""
        self._db.run(SET_LINEAGE, hub=hub, content=content_hash, signed=lineage)

    def find_lineage(self, hub: str) -> str | None:
        """What the hub signed of its contents, a compact JWS."""
        row = self._db.one(FIND_LINEAGE, hub=hub)
        return None if row is None else row.lineage

    def find_checkpoint(self, hub: str) -> str | None:
        """The head of the hub's log that the held bundle came with, as the log signed it."""
        row = self._db.one(FIND_CHECKPOINT, hub=hub)
        return None if row is None else row.log_checkpoint

    def set_applied(self, hub: str, content_hash: str, narrowing: str = "") -> bool:
        """Remember that every consequence of this content was drawn, as it was narrowed.

        False when another one is held by now.
        """
        return self._db.run(SET_APPLIED, hub=hub, content=content_hash, known_narrowing=narrowing) == 1

    def claim_pull(self, hub: str, every: timedelta, *, now: datetime) -> bool:
        """Take the turn of looking for news. Of any number of processes one gets True within `every`."""
        values = {"hub": hub, "now": to_milliseconds(now), "next_due_at": to_milliseconds(now + every)}
        self._db.run(BEGIN_PULLS, issuer=hub, due_at=0, latest_at=0, counted_at=None)
        return self._db.run(CLAIM_PULL, **values, latest_due_at=to_milliseconds(now + 2 * every)) == 1

    def note_latest(self, hub: str, moment: datetime) -> None:
        """Remember that it is at least this late; an earlier one changes nothing."""
        self._db.run(BEGIN_PULLS, issuer=hub, due_at=0, latest_at=0, counted_at=None)
        self._db.run(NOTE_LATEST, hub=hub, latest=to_milliseconds(moment))

    def find_latest(self, hub: str) -> datetime | None:
        """How late it was at least when somebody last looked."""
        row = self._db.one(FIND_LATEST, hub=hub)
        return from_milliseconds(row.latest_at) if row is not None and row.latest_at else None


def _admitted(row: Row) -> AdmittedBundle:
    return AdmittedBundle(
        issuer=row.issuer,
        root_version=row.root_version,
        seq=row.seq,
        content_hash=row.content_hash,
        issued_at=from_milliseconds(row.issued_at),
        expires_at=from_milliseconds(row.expires_at),
        next_update=from_milliseconds(row.next_update_at),
        admitted_at=from_milliseconds(row.admitted_at),
        is_applied=row.applied_hash == row.content_hash,
        log=None if row.log_size is None else LogHead(row.log_size, row.log_root),
        is_witnessed=row.unwitnessed_since is None,
        narrowing=row.narrowing_hash or "",
    )
