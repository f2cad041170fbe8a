"""The hub's trust list as rows.

Whoever changes the list read it at some generation, and writes list, content and number in one transaction that
demands that generation still: of two processes at once one gives the next number, the other reads again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import insert, select

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.vocabulary import AcrLevel
from idp.storage.db import Access, Database
from idp.storage.generations import GenerationRepository, Remembered, advance_from
from idp.storage.log_entries import append
from idp.storage.rows import can_be_stored, document, given
from idp.storage.schema import trust_region_keys, trust_regions, trust_revoked_keys
from idp.storage.statement import Row, Statement, replacing
from idp.storage.trust_contents import Published, TrustContents, add_content
from idp.storage.witnessed_logs import put_witnesses, read_witnesses
from idp.transparency.leaves import Leaf, LogName
from idp.trustlist import record
from idp.trustlist.bundle import RegionStatus, RevokedKey
from idp.trustlist.listing import FederationKey, ListedRegion, TrustList, Vouched, in_order
from idp.trustlist.record import AUTOMATIC, Authority

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
        self.contents = TrustContents(database)
        """What was published of it."""

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
            newest=self.contents.newest(),
            out=self.contents.out(),
            lineage=self.contents.lineage(),
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

        The content is not out before `TrustContents.bring_out`. The trust log gets its entries in the same
        transaction: there is no change without them.
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
                add_content(tx, published, numbers[-1])
        return True


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
