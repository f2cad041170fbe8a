"""The hub's trust list as rows, and what was published of it.

Whoever changes the list read it at some generation, and writes list, content and number in one transaction that
demands that generation still: of two processes at once one gives the next number, the other reads again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import exists, func, insert, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.vocabulary import AcrLevel
from idp.storage.db import Access, Database
from idp.storage.generations import GenerationRepository, Remembered, advance_from
from idp.storage.log_entries import append, lock
from idp.storage.rows import NOW, can_be_stored, document, given
from idp.storage.schema import trust_contents, trust_region_keys, trust_regions, trust_revoked_keys
from idp.storage.statement import Row, Statement, replacing
from idp.storage.witnessed_logs import put_witnesses, read_witnesses
from idp.transparency.leaves import Leaf, LogName
from idp.trustlist import record
from idp.trustlist.bundle import LINEAGE, RegionStatus, RevokedKey
from idp.trustlist.listing import FederationKey, ListedRegion, TrustList, Vouched, in_order
from idp.trustlist.record import AUTOMATIC, Authority

NEVER = 0
"""As the time of publication: not yet, and perhaps not at all."""
_newest_first = trust_contents.c.seq.desc()
_later = trust_contents.alias("later")
_is_seq = trust_contents.c.seq == given("known_seq")

REGIONS = Statement(select(trust_regions).order_by(trust_regions.c.op))
OUTLINE = Statement(
    select(*(trust_regions.c[one] for one in ("op", "name", "status", "since_at", "reason"))).order_by(
        trust_regions.c.op
    )
)
REGION = Statement(select(trust_regions).where(trust_regions.c.op == given("region")))
KEYS_OF = Statement(
    select(trust_region_keys)
    .where(trust_region_keys.c.op == given("region"))
    .order_by(trust_region_keys.c.thumbprint)
)
KEYS = Statement(select(trust_region_keys).order_by(trust_region_keys.c.thumbprint))
REVOKED = Statement(
    select(trust_revoked_keys).order_by(
        trust_revoked_keys.c.revoked_at, trust_revoked_keys.c.issuer, trust_revoked_keys.c.kid
    )
)
PUT_REGION = Statement(replacing(trust_regions))
PUT_KEY = Statement(replacing(trust_region_keys))
ADD_REVOKED = Statement(insert(trust_revoked_keys))
_is_out = trust_contents.c.signed.is_not(None)
NEWEST = Statement(select(trust_contents).order_by(_newest_first).limit(1))
NEWEST_SEQ = Statement(select(trust_contents.c.seq).order_by(_newest_first).limit(1))
OUT = Statement(select(trust_contents).where(_is_out).order_by(_newest_first).limit(1))
OUT_MARK = Statement(
    select(trust_contents.c.seq, trust_contents.c.signed_at).where(_is_out).order_by(_newest_first).limit(1)
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


@dataclass(frozen=True, slots=True)
class ListState:
    """The list, and what was published last, as one reader found them."""

    generation: int
    listed: TrustList
    newest: Published | None
    """The newest content, out or not."""
    out: Published | None
    """The newest that is out: what everybody is given."""
    lineage: Mapping[int, str]
    """The latest numbers and hashes, the newest among them: what the next content names."""

    @property
    def is_waiting(self) -> bool:
        """Whether there is a newer content than the one that is out."""
        return self.newest is not None and self.newest.signed is None


@dataclass(frozen=True, slots=True)
class OutlinedRegion:
    """A region of the list as a line of a page."""

    op: str
    name: Mapping[str, str]
    status: RegionStatus
    since: datetime
    reason: str


class TrustListRepository:
    """Reads and writes the list. Every change goes through `commit`."""

    def __init__(self, database: Database, generations: GenerationRepository) -> None:
        self._db = database
        self._generations = generations

    def generation(self) -> int:
        """Grows with every change of the list."""
        return self._generations.of(Remembered.TRUST_LIST)

    def state(self) -> ListState:
        """All of it, of one moment: read again when somebody changed it meanwhile."""
        generation = self.generation()
        while True:
            state = self._read(generation)
            generation = self.generation()
            if generation == state.generation:
                return state

    def _read(self, generation: int) -> ListState:
        keys: dict[str, list[FederationKey]] = {}
        for row in self._db.all(KEYS):
            keys.setdefault(row.op, []).append(_key(row))
        return ListState(
            generation=generation,
            listed=TrustList(
                tuple(_region(row, in_order(keys.get(row.op, ()))) for row in self._db.all(REGIONS)),
                tuple(_revoked(row) for row in self._db.all(REVOKED)),
                read_witnesses(self._db, LogName.TRUST),
            ),
            newest=self.newest(),
            out=self.out(),
            lineage={row.seq: row.hash for row in self._db.all(LATEST_HASHES, most=LINEAGE)},
        )

    def outline(self) -> tuple[OutlinedRegion, ...]:
        """Every region without its statements and keys: what a page of thousands is made of."""
        return tuple(
            OutlinedRegion(
                row.op,
                orjson.loads(row.name),
                RegionStatus(row.status),
                from_milliseconds(row.since_at),
                row.reason,
            )
            for row in self._db.all(OUTLINE)
        )

    def revoked(self) -> frozenset[tuple[str, str]]:
        """Every key that was revoked: issuer and `kid`."""
        return frozenset((row.issuer, row.kid) for row in self._db.all(REVOKED))

    def region(self, op: str) -> ListedRegion | None:
        """One line of the list, read with little effort."""
        row = self._db.one(REGION, region=op) if can_be_stored(op) else None
        if row is None:
            return None
        return _region(row, in_order(_key(key) for key in self._db.all(KEYS_OF, region=op)))

    def newest(self) -> Published | None:
        """The newest content, out or not; None before the first one."""
        row = self._db.one(NEWEST)
        return None if row is None else _published(row)

    def out(self) -> Published | None:
        """The newest content that is out, with its bundle; None before the first one."""
        row = self._db.one(OUT)
        return None if row is None else _published(row)

    def newest_mark(self) -> tuple[int, int] | None:
        """What tells one bundle that is out from the next, read with little effort."""
        row = self._db.one(OUT_MARK)
        return None if row is None else (row.seq, row.signed_at)

    def is_waiting(self) -> bool:
        """Whether there is a newer content than the one that is out."""
        newest, out = self._db.one(NEWEST_SEQ), self._db.one(OUT_MARK)
        return newest is not None and (out is None or out.seq < newest.seq)

    def hashes_from(self, seq: int, most: int) -> Mapping[int, str]:
        """Numbers and hashes from `seq` on; empty when that number was never given."""
        hashes = {row.seq: row.hash for row in self._db.all(HASHES_FROM, known_seq=seq, most=most)}
        return hashes if seq in hashes else {}

    def published_at(self, seq: int) -> datetime | None:
        """When a content came out, or the first one after it that did; None when none did."""
        row = self._db.one(PUBLISHED_AT, known_seq=seq)
        return None if row is None or row.published_at is None else from_milliseconds(row.published_at)

    def commit(
        self,
        state: ListState,
        after: TrustList,
        published: Published | None,
        *,
        now: datetime,
        authority: Authority = AUTOMATIC,
    ) -> bool:
        """Write what differs from `state`, and the new content if there is one. False: somebody else was first.

        The content is not out before `bring_out`. The trust log gets its entries in the same transaction: there is no
        change without them.
        """
        with self._db.transaction() as tx:
            if not advance_from(tx, Remembered.TRUST_LIST, state.generation):
                return False
            for region in after.regions:
                if region != state.listed.find(region.op):
                    _put(tx, region)
            for key in after.revoked[len(state.listed.revoked) :]:
                at = to_milliseconds(key.at)
                tx.run(ADD_REVOKED, issuer=key.issuer, kid=key.kid, revoked_at=at, reason=key.reason)
            if after.witnesses != state.listed.witnesses:
                put_witnesses(tx, LogName.TRUST, state.listed.witnesses, after.witnesses, now=now)
            numbers = _log(tx, state, after, published, authority, now)
            if published is not None:
                _add(tx, published, numbers[-1])
        return True

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


def _log(
    tx: Access,
    state: ListState,
    after: TrustList,
    published: Published | None,
    authority: Authority,
    now: datetime,
) -> range:
    """The entries of a change; that of the content is the last."""
    leaves = list(record.of_list(state.listed, after, authority, now=now))
    if published is not None:
        before = None if state.newest is None else (state.newest.hash, state.newest.content)
        leaves += record.of_content(before, published.seq, published.hash, published.content, now=now)
    return append(tx, LogName.TRUST, list(map(Leaf, leaves)))


def _add(tx: Access, published: Published, log_index: int) -> None:
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


def _put(tx: Access, region: ListedRegion) -> None:
    vouched = region.vouched
    tx.run(
        PUT_REGION,
        op=region.op,
        name=document(region.name),
        status=region.status.value,
        since_at=to_milliseconds(region.since),
        reason=region.reason,
        ceiling=int(region.ceiling),
        domains=document(region.domains),
        statement=region.statement,
        op_statement=vouched.op_statement,
        rp_statement=vouched.rp_statement,
        op_metadata=document(vouched.op_metadata),
        rp_metadata=document(vouched.rp_metadata),
        meaning=vouched.meaning,
        renew_at=to_milliseconds(vouched.renew_at),
        expires_at=to_milliseconds(vouched.expires_at),
    )
    for key in region.keys:
        tx.run(
            PUT_KEY,
            op=region.op,
            thumbprint=key.thumbprint,
            jwk=document(key.jwk),
            is_former=key.is_former,
        )


def _region(row: Row, keys: tuple[FederationKey, ...]) -> ListedRegion:
    return ListedRegion(
        op=row.op,
        name=orjson.loads(row.name),
        status=RegionStatus(row.status),
        since=from_milliseconds(row.since_at),
        reason=row.reason,
        ceiling=AcrLevel(row.ceiling),
        domains=tuple(orjson.loads(row.domains)),
        keys=keys,
        vouched=Vouched(
            op_statement=row.op_statement,
            rp_statement=row.rp_statement,
            op_metadata=orjson.loads(row.op_metadata),
            rp_metadata=orjson.loads(row.rp_metadata),
            meaning=row.meaning,
            renew_at=from_milliseconds(row.renew_at),
            expires_at=from_milliseconds(row.expires_at),
        ),
        statement=row.statement,
    )


def _key(row: Row) -> FederationKey:
    return FederationKey(row.thumbprint, orjson.loads(row.jwk), bool(row.is_former))


def _revoked(row: Row) -> RevokedKey:
    return RevokedKey(row.issuer, row.kid, from_milliseconds(row.revoked_at), row.reason)
