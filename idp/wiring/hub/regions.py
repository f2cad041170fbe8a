"""The regions as the hub meets them: introduced, looked at, listed, and visited again and again.

What a region says at a visit flows into the list, as far as the list allows.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Protocol

from idp.federation.statement_claims import StatementError
from idp.foundation.entropy import Entropy
from idp.foundation.sentence import N_
from idp.governance.change_request import Authority
from idp.oidc.vocabulary import AcrLevel
from idp.storage.stores import Stores
from idp.storage.trust_contents import Published
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import Admit, Change, ChangeRefused, Visited, changed, is_news
from idp.trustlist.claims import BadBundle
from idp.trustlist.listing import ListedRegion, TrustList
from idp.wiring.hub.publisher import Publisher
from idp.wiring.hub.region_visits import Found, Introduction, RegionVisits, VisitFailed

VISIT_EVERY = timedelta(minutes=1)
JITTER = 0.2
"""A visit comes this much earlier or later, so that not all regions are visited at one moment."""
LATEST_VISIT = VISIT_EVERY * (1 + JITTER)

_log = logging.getLogger("idp.hub")


class Changing(Protocol):
    """`Hub.change`: the one way a list is changed."""

    def __call__(
        self, change: Change, *, now: datetime, authority: Authority | None = None, tells: bool = True
    ) -> Published:
        """Raises: ChangeRefused."""
        ...


class Regions:
    """One for a process of the hub."""

    def __init__(
        self,
        stores: Stores,
        visits: RegionVisits,
        publisher: Publisher,
        change: Changing,
        entropy: Entropy,
    ) -> None:
        self._lists, self._notes = stores.trust_list, stores.trust_reports
        self._visits, self._publisher = visits, publisher
        self._change, self._entropy = change, entropy

    def meet(self, op: str, *, now: datetime) -> Introduction:
        """What a region says of itself before it is listed. Raises: VisitFailed."""
        return self._visits.introduction(op, now=now)

    def admit(
        self,
        met: Introduction,
        *,
        ceiling: AcrLevel,
        domains: tuple[str, ...],
        now: datetime,
        authority: Authority | None = None,
    ) -> Published:
        """List a region whose keys were compared. Raises: VisitFailed, ChangeRefused."""
        found = self.look_at(met, ceiling=ceiling, domains=domains, now=now)
        return self.take_in(
            met, found, ceiling=ceiling, domains=domains, now=now, authority=authority, tells=True
        )

    def look_at(
        self, met: Introduction, *, ceiling: AcrLevel, domains: tuple[str, ...], now: datetime
    ) -> Found:
        """Visit a region that is about to be listed. The part that takes the network. Raises: VisitFailed."""
        return self._visits.first(met, ceiling, domains, now=now)

    def take_in(
        self,
        met: Introduction,
        found: Found,
        *,
        ceiling: AcrLevel,
        domains: tuple[str, ...],
        now: datetime,
        authority: Authority | None,
        tells: bool,
    ) -> Published:
        """List a region that was looked at: the part that takes the database alone.

        Raises: VisitFailed — no bundle could say what it says; ChangeRefused.
        """
        change = Admit(met.op, met.name, ceiling, domains, met.keys, found.vouched)
        self._require_publishable(change, now)
        published = self._change(change, now=now, authority=authority, tells=tells)
        self._notes.begin(met.op, configured_at=found.configured_at, now=now)
        return published

    def visit(self, op: str, *, now: datetime) -> bool:
        """Visit a region, and let what it says flow into the list; True when the list changed.

        A region that cannot be reached keeps what is known of it. Raises: VisitFailed; ChangeRefused.
        """
        region, last = self._lists.region(op), self._notes.visit_of(op)
        if region is None or last is None or region.status is RegionStatus.REMOVED:
            raise ChangeRefused("region-unlisted", N_("%(region)s is not on the list."), region=op)
        configured_at = last.configured_at
        try:
            found = self._found(region, configured_at, now)
            has_changed = self._take(region, Visited(op, found.keys, found.vouched), now)
            configured_at = max(configured_at, found.configured_at)
        except (VisitFailed, ChangeRefused) as failure:
            self._notes.note(op, failure.sentence, configured_at=configured_at, now=now)
            raise
        self._notes.note(op, None, configured_at=configured_at, now=now)
        return has_changed

    def visit_due(self, *, now: datetime) -> None:
        """Visit every region whose turn it is, unless another process is at it. Failures are kept and logged."""
        for op in self._notes.due(now=now, latest=now + LATEST_VISIT):
            if not self._claim(op, now):
                continue
            try:
                self.visit(op, now=now)
            except (VisitFailed, ChangeRefused) as failure:
                _log.warning("a region could not be visited", extra={"detail": str(failure)})

    def _found(self, region: ListedRegion, configured_at: datetime, now: datetime) -> Found:
        found = self._visits.again(region, now=now)
        kids = frozenset(key.thumbprint for key in found.keys)
        if found.configured_at < configured_at and kids != region.key_names(region.id):
            # It was true once. Somebody on the way may have kept it, with keys that were given up since. With the
            # keys that we know it may well be older: each of a region's processes signs its own when it is asked.
            raise VisitFailed(
                "visit-older",
                N_("%(entity)s answered with an older configuration than before."),
                entity=region.id,
            )
        return found

    def _take(self, region: ListedRegion, change: Visited, now: datetime) -> bool:
        """Let what a visit brought into the list. Raises: VisitFailed, ChangeRefused."""
        if not is_news(region, change, now=now):
            return False
        self._require_publishable(change, now)
        before = self._lists.generation()
        self._change(change, now=now)
        return self._lists.generation() != before

    def _require_publishable(self, change: Change, now: datetime) -> None:
        """See that this one region does not make the bundle unreadable for everybody. Raises: VisitFailed."""
        after = changed(self._lists.state().listed, change, now=now)
        alone = TrustList(tuple(region for region in after.regions if region.op == _subject(change)))
        try:
            self._publisher.require_publishable(alone, now=now)
        except (BadBundle, StatementError, ValueError) as error:
            raise VisitFailed(
                "visit-unsayable",
                N_("%(region)s says what no bundle can: %(detail)s"),
                region=_subject(change),
                detail=str(error),
            ) from error

    def _claim(self, op: str, now: datetime) -> bool:
        part = self._entropy.bytes(1)[0] / 255 * 2 - 1
        return self._notes.claim(
            op,
            now=now,
            next_at=now + VISIT_EVERY * (1 + JITTER * part),
            latest=now + LATEST_VISIT,
        )


def _subject(change: Change) -> str:
    return change.op if isinstance(change, Admit | Visited) else ""
