"""What was published of the trust list: numbered contents, each stored once, brought out once, and signed anew.

Which content may be added is for `trust_list` to say, which gives the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import exists, func, insert, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.storage.db import Access, Database
from idp.storage.log_entries import append, lock
from idp.storage.rows import NOW, document, given
from idp.storage.schema import trust_contents
from idp.storage.statement import Row, Statement
from idp.transparency.leaves import Leaf, LogName
from idp.trustlist import record
from idp.trustlist.bundle import LINEAGE

NEVER = 0
"""As the time of publication: not yet, and perhaps not at all."""
_newest_first = trust_contents.c.seq.desc()
_later = trust_contents.alias("later")
_is_seq = trust_contents.c.seq == given("known_seq")
_is_out = trust_contents.c.signed.is_not(None)

NEWEST = Statement(select(trust_contents).order_by(_newest_first).limit(1))
NEWEST_SEQ = Statement(select(trust_contents.c.seq).order_by(_newest_first).limit(1))
OUT = Statement(select(trust_contents).where(_is_out).order_by(_newest_first).limit(1))
OUT_MARK = Statement(
    select(trust_contents.c.seq, trust_contents.c.signed_at).where(_is_out).order_by(_newest_first).limit(1)
)
FIRST_AFTER = Statement(
    select(func.min(trust_contents.c.signed_at).label("stored_at")).where(
        trust_contents.c.seq > given("known_seq")
    )
)
LATEST_HASHES = Statement(
    select(trust_contents.c.seq, trust_contents.c.hash).order_by(_newest_first).limit(given("most"))
)
HASHES_FROM = Statement(
    select(trust_contents.c.seq, trust_contents.c.hash)
    .where(trust_contents.c.seq >= given("known_seq"))
    .order_by(trust_contents.c.seq)
    .limit(given("most"))
)
PUBLISHED_AT = Statement(
    select(func.min(trust_contents.c.published_at).label("published_at")).where(
        trust_contents.c.seq >= given("known_seq"), trust_contents.c.published_at > NEVER
    )
)
ADD_CONTENT = Statement(insert(trust_contents))
BRING_OUT = Statement(
    update(trust_contents)
    .where(
        _is_seq,
        trust_contents.c.signed.is_(None),
        ~exists().where(_later.c.seq > given("known_seq")),
    )
    .values(signed=given("bundle"), signed_at=given("bundle_at"), published_at=NOW)
)
FORGET_SIGNED = Statement(
    update(trust_contents).where(trust_contents.c.seq < given("known_seq"), _is_out).values(signed=None)
)
FORGET_CONTENT = Statement(
    # What is out must be signed again and again, however many contents wait behind it.
    update(trust_contents)
    .where(trust_contents.c.seq <= given("known_seq"), ~_is_out, trust_contents.c.content.is_not(None))
    .values(content=None)
)
LOGGED = Statement(
    update(trust_contents)
    .where(_is_seq, trust_contents.c.log_index.is_(None))
    .values(log_index=given("new_index"))
)
RENEW = Statement(
    update(trust_contents)
    .where(_is_seq, trust_contents.c.signed_at == given("known_at"), trust_contents.c.signed.is_not(None))
    .values(signed=given("renewed"), signed_at=given("renewed_at"))
)


@dataclass(frozen=True, slots=True)
class Published:
    """A content, and the bundle that says it."""

    seq: int
    hash: str
    content: Mapping[str, Any]
    signed: str | None
    """None: it is not out yet. It waits for its place in the log, and if it gives trust for witnesses."""
    signed_at: datetime
    """A whole second, as `iat` says it."""
    log_index: int | None = field(default=None, compare=False)
    """Where the trust log has it. None before it was stored, and from a release that kept no log."""


class TrustContents:
    """Reads the contents, brings them out, and signs again what is out."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def newest(self) -> Published | None:
        """The newest content, out or not; None before the first one."""
        row = self._db.one(NEWEST)
        return None if row is None else _published(row)

    def out(self) -> Published | None:
        """The newest content that is out, with its bundle; None before the first one."""
        row = self._db.one(OUT)
        return None if row is None else _published(row)

    def lineage(self) -> Mapping[int, str]:
        """The latest numbers and hashes: what the next content names."""
        return {row.seq: row.hash for row in self._db.all(LATEST_HASHES, most=LINEAGE)}

    def newest_mark(self) -> tuple[int, int] | None:
        """What tells one bundle that is out from the next, read with little effort."""
        row = self._db.one(OUT_MARK)
        return None if row is None else (row.seq, row.signed_at)

    def is_waiting(self) -> bool:
        """Whether there is a newer content than the one that is out."""
        return self.waiting_seqs() is not None

    def waiting_seqs(self) -> tuple[int, int] | None:
        """The number of what is out, 0 before the first, and that of the newest; None when they are one."""
        newest, out = self._db.one(NEWEST_SEQ), self._db.one(OUT_MARK)
        out_seq = 0 if out is None else int(out.seq)
        return None if newest is None or newest.seq <= out_seq else (out_seq, int(newest.seq))

    def waiting_since(self, out_seq: int) -> datetime | None:
        """When the first content after the one that is out was stored; None when there is none."""
        row = self._db.one(FIRST_AFTER, known_seq=out_seq)
        return None if row is None or row.stored_at is None else from_milliseconds(row.stored_at)

    def hashes_from(self, seq: int, most: int) -> Mapping[int, str]:
        """Numbers and hashes from `seq` on; empty when that number was never given."""
        hashes = {row.seq: row.hash for row in self._db.all(HASHES_FROM, known_seq=seq, most=most)}
        return hashes if seq in hashes else {}

    def published_at(self, seq: int) -> datetime | None:
        """When a content came out, or the first one after it that did; None when none did."""
        row = self._db.one(PUBLISHED_AT, known_seq=seq)
        return None if row is None or row.published_at is None else from_milliseconds(row.published_at)

    def log_newest(self, *, now: datetime) -> None:
        """Give the newest content its entry, if a release published it that kept no log. Any process may."""
        with self._db.transaction() as tx:
            # The log first: of two processes the second sees the entry of the first.
            lock(tx, LogName.TRUST)
            row = tx.one(NEWEST)
            if row is None or row.log_index is not None:
                return
            leaves = record.of_content(None, row.seq, row.hash, orjson.loads(row.content), now=now)
            numbers = append(tx, LogName.TRUST, list(map(Leaf, leaves)))
            tx.run(LOGGED, known_seq=row.seq, new_index=numbers[-1])

    def bring_out(self, waiting: Published, signed: str, signed_at: datetime, *, now: datetime) -> bool:
        """Give everybody the newest content from now on. False: it is out, or not the newest any more.

        Atomic: of two processes one brings it out.
        """
        with self._db.transaction() as tx:
            values = {"known_seq": waiting.seq, "bundle": signed, "bundle_at": to_milliseconds(signed_at)}
            if tx.run(BRING_OUT, **values, now=to_milliseconds(now)) != 1:
                return False
            tx.run(FORGET_SIGNED, known_seq=waiting.seq)
        return True

    def renew(self, newest: Published, signed: str, *, now: datetime) -> bool:
        """Put a later signature under the content that is out. False: somebody else did, or another one is out."""
        hit = self._db.run(
            RENEW,
            known_seq=newest.seq,
            known_at=to_milliseconds(newest.signed_at),
            renewed=signed,
            renewed_at=to_milliseconds(now),
        )
        return hit == 1


def add_content(tx: Access, published: Published, log_index: int) -> None:
    """Store the next content within the transaction that gave its number. It is not out yet."""
    tx.run(FORGET_CONTENT, known_seq=published.seq - LINEAGE)
    tx.run(
        ADD_CONTENT,
        seq=published.seq,
        hash=published.hash,
        content=document(published.content),
        signed=None,
        signed_at=to_milliseconds(published.signed_at),
        published_at=NEVER,
        log_index=log_index,
    )


def _published(row: Row) -> Published:
    signed_at = from_milliseconds(row.signed_at)
    return Published(row.seq, row.hash, orjson.loads(row.content), row.signed, signed_at, row.log_index)
