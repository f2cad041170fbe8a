"""Collects the trust chains of entities that sent none: fetches statements, has the chain judged, remembers it a while.

Of many who ask for one entity at once, one fetches. A chain is remembered for at most ten minutes and not into
another trust bundle; that somebody could not be reached or had no chain, for seconds: an outage ends when it ends.
Spec: OpenID Federation 1.0 §9, §10, §18.1.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock

from idp.adapters.egress import Egress
from idp.adapters.egress_errors import EgressError
from idp.adapters.lru import LruCache
from idp.federation import collecting
from idp.federation.collecting import Fetch, Held, NoChain
from idp.federation.entity_statement import STATEMENT_TYPE, StatementError, parse
from idp.federation.federation_jwt import MAX_SIZE
from idp.federation.trust_chain import ChainError, ChainFault, TrustChain
from idp.foundation.entropy import Entropy
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.snapshot import NotTrusted, TrustSnapshot
from idp.wiring.registering.chain_trust import ChainTrust

log = logging.getLogger("idp.federation")

STATEMENT_MEDIA_TYPE = f"application/{STATEMENT_TYPE}"
TIME_LIMIT_SECONDS = 3.0
"""For all statements of a chain together."""
EACH_SECONDS = 1.5
"""For one of them: a superior that does not answer leaves time to ask another."""
REMEMBERED_FOR = timedelta(minutes=10)
SPREAD = 0.2
"""Of that time at random: what was learnt at one moment by many is not asked for anew at one moment."""
FAILURE_REMEMBERED_FOR = timedelta(seconds=10)
CAPACITY = 2_000
FAILURES = 2_000
AT_ONCE = 2
"""Who may be waiting for a chain in one process, if nobody says: strangers must not take every thread."""

Own = Callable[[str, str, datetime], str | None]
"""(issuer, subject, now) → a statement that an entity of ours makes."""
_Key = tuple[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What came of a collection: a chain, or why there is none."""

    result: TrustChain | ChainError | NotTrusted
    until: datetime
    seq: int


def nothing_of_ours(_issuer: str, _subject: str, _now: datetime) -> str | None:
    """Everything has to be fetched."""
    return None


class ChainCollector:
    """One for each process, shared by its threads."""

    def __init__(
        self,
        egress: Egress,
        chains: ChainTrust,
        entropy: Entropy,
        own: Own = nothing_of_ours,
        elapsed: Callable[[], float] = time.monotonic,
        at_once: int = AT_ONCE,
    ) -> None:
        """`own`: what need not be fetched, because we say it ourselves. `at_once`: fewer than there are threads."""
        self._egress, self._chains, self._entropy = egress, chains, entropy
        self._own, self._elapsed = own, elapsed
        self._known: LruCache[_Key, _Remembered] = LruCache(CAPACITY)
        self._failed: LruCache[_Key, _Remembered] = LruCache(FAILURES)
        self._under_way: dict[_Key, Future[_Remembered]] = {}
        self._lock, self._places = Lock(), BoundedSemaphore(at_once)

    def chain_of(
        self, entity_id: str, *, now: datetime, anchors: Collection[str] | None = None
    ) -> TrustChain:
        """The chain of an entity to the hub, or to one of `anchors` that is trusted here. Unchangeable.

        Raises: ChainError; NotTrusted.
        """
        if not collecting.is_entity_id(entity_id):
            # Nor is it remembered: it may be as long as a request.
            raise ChainError(ChainFault.TRUST_CHAIN, "this is no entity id")
        trusted = self._chains.anchors().keys()
        key = entity_id, frozenset(trusted if anchors is None else trusted & set(anchors))
        if not key[1]:
            raise ChainError(ChainFault.TRUST_ANCHOR, "no anchor that was named is trusted here")
        found = self._remembered(key, now) or self._waited_for(key, now)
        if isinstance(found.result, Exception):
            # A copy: what is raised collects a traceback, and this one is for many.
            raise _again(found.result)
        return found.result

    def remembered(self, entity_id: str, *, now: datetime) -> TrustChain | None:
        """The chain of an entity, if it needs no fetching."""
        key = entity_id, frozenset(self._chains.anchors())
        found = self._remembered(key, now)
        return found.result if found and isinstance(found.result, TrustChain) else None

    def _remembered(self, key: _Key, now: datetime) -> _Remembered | None:
        seq = self._seq()
        for memory in (self._known, self._failed):
            found = memory.find(key)
            if found is not None and now < found.until and found.seq == seq:
                return found
        return None

    def _seq(self) -> int:
        bundle = self._chains.snapshot.bundle
        return bundle.seq if bundle else 0

    def _waited_for(self, key: _Key, now: datetime) -> _Remembered:
        # Whoever waits for another one's collection takes a thread as well as who collects.
        if not self._places.acquire(blocking=False):
            # Not remembered: it says nothing about the entity.
            busy = ChainError(ChainFault.TRUST_CHAIN, "too many trust chains are being collected; try again")
            return _Remembered(busy, now, self._seq())
        try:
            return self._collected_once(key, now)
        finally:
            self._places.release()

    def _collected_once(self, key: _Key, now: datetime) -> _Remembered:
        mine: Future[_Remembered] = Future()
        with self._lock:
            # Once more: whoever fetched may have come to an end since the first look.
            if (found := self._remembered(key, now)) is not None:
                return found
            others = self._under_way.setdefault(key, mine)
        if others is not mine:
            return others.result()
        try:
            mine.set_result(self._kept(key, now))
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._under_way[key]
        return mine.result()

    def _kept(self, key: _Key, now: datetime) -> _Remembered:
        found = self._collected(key, now)
        (self._failed if isinstance(found.result, Exception) else self._known).keep(key, found)
        return found

    def _collected(self, key: _Key, now: datetime) -> _Remembered:
        seq = self._seq()
        try:
            chain = self._chains.validate(self._fetched(*key, now), now=now)
        except (ChainError, NotTrusted) as error:
            # Without its traceback, which would keep everything that came.
            return _Remembered(_again(error), now + FAILURE_REMEMBERED_FOR, seq)
        except NoChain as error:
            failed = ChainError(ChainFault.TRUST_CHAIN, str(error))
            return _Remembered(failed, now + FAILURE_REMEMBERED_FOR, seq)
        return _Remembered(chain, min(chain.expires_at, now + self._lifetime()), seq)

    def _lifetime(self) -> timedelta:
        share = int.from_bytes(self._entropy.bytes(2), "big") / 0x10000
        return REMEMBERED_FOR * (1 - SPREAD * share)

    def _fetched(self, entity_id: str, anchors: frozenset[str], now: datetime) -> tuple[str, ...]:
        """The chain as it comes. Raises: NoChain."""
        snapshot, ends = self._chains.snapshot, self._elapsed() + TIME_LIMIT_SECONDS
        regions = snapshot.bundle.regions if snapshot.bundle else ()
        steps = collecting.collect(
            entity_id,
            anchors,
            _held(snapshot, self._own, now),
            likely={region.id for region in regions},
            # What they say would not count, so nobody is made to say it.
            barred={region.id for region in regions if region.status is not RegionStatus.ACTIVE},
        )
        try:
            fetch = next(steps)
            while True:
                fetch = steps.send(self._answer(fetch, ends - self._elapsed()))
        except StopIteration as end:
            chain: tuple[str, ...] = end.value
            return chain

    def _answer(self, fetch: Fetch, seconds: float) -> str | None:
        """One statement; None when it cannot be had. Raises: NoChain — the time is over."""
        if seconds <= 0:
            raise NoChain(f"no chain was found within {TIME_LIMIT_SECONDS:.0f} seconds")
        try:
            answer = self._egress.get(
                fetch.url,
                types=(STATEMENT_MEDIA_TYPE,),
                max_bytes=MAX_SIZE,
                seconds=min(seconds, EACH_SECONDS),
            )
        except EgressError as error:
            log.info("no statement", extra={"url": fetch.url, "detail": str(error)})
            return None
        if answer.status != 200 or not answer.body.isascii():
            log.info("no statement", extra={"url": fetch.url, "status": answer.status})
            return None
        return answer.body.decode("ascii").strip()


def _held(snapshot: TrustSnapshot, own: Own, now: datetime) -> Held:
    """Statements at hand: our own, and those that the trust bundle brings, so that nobody has to ask the hub."""

    def held(issuer: str, subject: str) -> str | None:
        bundle, region = snapshot.bundle, snapshot.by_entity.get(subject)
        if bundle is not None and region is not None:
            from_bundle = {
                (bundle.issuer, region.id): region.statement,
                (region.id, region.op): region.op_statement,
                (region.id, region.rp): region.rp_statement,
            }
            token = from_bundle.get((issuer, subject), "")
            if token and _is_current(token, now):
                return token
        return own(issuer, subject, now)

    return held


def _is_current(token: str, now: datetime) -> bool:
    try:
        return parse(token).expires_at > now
    except StatementError:
        return False


def _again(error: ChainError | NotTrusted) -> ChainError | NotTrusted:
    if isinstance(error, NotTrusted):
        return NotTrusted(error.why, error.entity, error.region)
    return ChainError(error.reason, str(error), detail=error.detail)
