"""The hub: edits the list of regions, publishes it, visits the regions and hears how far they are.

Every change of the list goes through `Hub.change`, whoever asks for it.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from idp.adapters.egress import Egress
from idp.adapters.keyring import Keyring
from idp.adapters.note_keys import verify_ed25519
from idp.adapters.statement_signatures import StatementSignatures
from idp.federation.statement_claims import StatementError
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.governance.change_request import Authority
from idp.oidc.acr import AcrNames
from idp.oidc.vocabulary import AcrLevel
from idp.settings import Settings
from idp.storage.stores import Stores
from idp.storage.trust_list import Published
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import (
    Admit,
    Change,
    ChangeRefused,
    SetWitnesses,
    Visited,
    changed,
    is_news,
)
from idp.trustlist.claims import BadBundle
from idp.trustlist.listing import ListedRegion, TrustList
from idp.trustlist.seen import RegionLine
from idp.trustlist.snapshot import TrustSnapshot
from idp.wiring.following.trust import ladder_of
from idp.wiring.hub.asking_witnesses import AskingWitnesses
from idp.wiring.hub.by_whom import by_whom
from idp.wiring.hub.governed_list import ListRules
from idp.wiring.hub.hints import Hints
from idp.wiring.hub.naming_witnesses import require_nameable
from idp.wiring.hub.publisher import Publisher
from idp.wiring.hub.region_statements import RegionStatements
from idp.wiring.hub.region_visits import Found, Introduction, RegionVisits, VisitFailed
from idp.wiring.hub.reports import HubReports
from idp.wiring.hub.served import ServedBundle, ServedBundles
from idp.wiring.hub.shown_heads import ShownHeads
from idp.wiring.publishing.statements import Statements
from idp.wiring.witnessing.log import Log

VISIT_EVERY = timedelta(minutes=1)
JITTER = 0.2
"""A visit comes this much earlier or later, so that not all regions are visited at one moment."""
LATEST_VISIT = VISIT_EVERY * (1 + JITTER)

_log = logging.getLogger("idp.hub")


class Hub:
    """One for a process, in the role `hub` alone."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        acr: AcrNames,
        statements: Statements,
        bundle_keys: Keyring,
        egress: Egress,
        clock: Clock,
        entropy: Entropy,
        rules: ListRules,
        hub_log: Log,
    ) -> None:
        verifier = StatementSignatures()
        about = RegionStatements(settings.issuer, acr, statements)
        self._lists, self._notes = stores.trust_list, stores.trust_reports
        self._clock, self._entropy, self._rules = clock, entropy, rules
        self.witnesses = AskingWitnesses(hub_log, stores.witnessed_logs, egress, verify_ed25519)
        self._publisher = Publisher(
            settings.issuer, acr, stores.trust_list, statements, bundle_keys, hub_log, self.witnesses
        )
        self._served = ServedBundles(stores.trust_list, ladder_of(acr))
        self._visits = RegionVisits(settings.issuer, egress, about, verifier)
        shown = ShownHeads(hub_log, verify_ed25519, stores.events)
        self._reports = HubReports(settings.issuer, stores.trust_list, stores.trust_reports, verifier, shown)
        self._hints = Hints(egress)
        self._hinting: tuple[threading.Thread, ...] = ()
        self.bundle_keys, self._log = bundle_keys, hub_log

    def snapshot(self) -> TrustSnapshot:
        """Whom the hub trusts: its own newest bundle."""
        return self._served.snapshot(now=self._clock.now())

    def listed(self) -> TrustList:
        """The list as it is now."""
        return self._lists.state().listed

    def region_of(self, entity: str) -> ListedRegion | None:
        """The line of the region that an entity id belongs to, read with little effort."""
        return self._lists.region(entity.removesuffix("/fed").removesuffix("/rp"))

    def active(self) -> frozenset[str]:
        """The regions in use, by issuer, read with little effort."""
        return frozenset(one.op for one in self._lists.outline() if one.status is RegionStatus.ACTIVE)

    def change(
        self, change: Change, *, now: datetime, authority: Authority | None = None, tells: bool = True
    ) -> Published:
        """Change the list, publish it at once, and tell the regions. The one way a list is changed.

        `authority`: the change request it comes from; it stands in the trust log. Within a transaction that is not
        over yet nobody can fetch what they would be told of: `tells` is False then, and `tell` comes after it.
        Raises: ChangeRefused; StatementError, BadBundle — nobody could believe what came of it.
        """
        self._rules.require_word(self.listed(), change, authority)
        if isinstance(change, SetWitnesses):
            require_nameable(change)
        published = self._publisher.carry_out(change, now=now, authority=by_whom(change, authority))
        if tells:
            self._settle(now)
        return published

    def tell(self) -> None:
        """Bring out what was changed, and tell the regions of it."""
        self._settle(self._clock.now())

    def publish(self, *, now: datetime) -> None:
        """Sign the bundle again when a minute is over, and publish what keys and time have changed.

        Witnesses are asked when it is their turn.
        """
        with self._telling():
            # Witnesses first: what is signed after that has their newest word.
            was_alone = self.witnesses.are_missing(now=now)
            is_cosigned = self.witnesses.is_due(now=now) and self.witnesses.ask(
                self._publisher.required(), now=now
            )
            self._publisher.publish_if_due(now=now, is_urgent=was_alone and is_cosigned)

    def keys_file(self) -> dict[str, Any]:
        """What regions pin before their first bundle: the keys that sign bundles and the log, and the witnesses."""
        witnesses = self.listed().witnesses
        return {
            **json.loads(self.bundle_keys.jwks().body),
            "log_keys": [str(key) for key in self._log.keys],
            "witnesses": {
                "quorum": witnesses.quorum,
                "keys": [one.key for one in witnesses.witnesses],
            },
        }

    def is_waiting(self) -> bool:
        """Whether something that gives trust waits for witnesses."""
        return self._lists.is_waiting()

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
        published = self.change(change, now=now, authority=authority, tells=tells)
        self._notes.begin(met.op, configured_at=found.configured_at, now=now)
        return published

    def visit(self, op: str, *, now: datetime) -> bool:
        """Visit a region, and let what it says flow into the list; True when the list changed.

        A region that cannot be reached keeps what is known of it. Raises: VisitFailed; ChangeRefused.
        """
        region, last = self._lists.region(op), self._notes.visit_of(op)
        if region is None or last is None or region.status is RegionStatus.REMOVED:
            raise ChangeRefused(f"{op} is not on the list")
        configured_at = last.configured_at
        try:
            found = self._found(region, configured_at, now)
            has_changed = self._take(region, Visited(op, found.keys, found.vouched), now)
            configured_at = max(configured_at, found.configured_at)
        except (VisitFailed, ChangeRefused) as failure:
            self._notes.note(op, str(failure), configured_at=configured_at, now=now)
            raise
        self._notes.note(op, "", configured_at=configured_at, now=now)
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

    def bundle(self, *, now: datetime) -> ServedBundle | None:
        """The newest bundle as it is sent."""
        return self._served.newest(now=now)

    def lineage(self, start: int, *, now: datetime) -> str | None:
        """What came from a number on, signed; None when it was never given."""
        return self._publisher.lineage(start, now=now)

    def seen(self, body: bytes, *, now: datetime) -> int:
        """Take a region's report; the newest number. Raises: InvalidRequest, InvalidClient."""
        return self._reports.take(body, now=now)

    def overview(self, now: datetime) -> tuple[RegionLine, ...]:
        """Every region with its state and its lag, for people to look at."""
        return self._reports.overview(now=now)

    def faults(self) -> dict[str, str]:
        """Region → why the last visit came to nothing; those only that it came to nothing with."""
        return {visit.op: visit.fault for visit in self._notes.visits().values() if visit.fault}

    def finish_hints(self, patience: timedelta) -> None:
        """Wait for hints under way: before a command ends, and its threads with it."""
        for thread in self._hinting:
            thread.join(patience.total_seconds())

    def _settle(self, now: datetime) -> None:
        """Bring out what may come out. What gives trust needs witnesses; those that are away hold nothing else up."""
        with self._telling():
            self._publisher.settle(now=now)
            if self.is_waiting() and self.witnesses.ask(self._publisher.required(), now=now):
                self._publisher.settle(now=now)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell the regions when a newer content came out meanwhile."""
        before = self._lists.newest_mark()
        yield
        after = self._lists.newest_mark()
        if after is not None and (before is None or after[0] > before[0]):
            self._tell(after[0])

    def _tell(self, seq: int) -> None:
        active = [one.op for one in self.listed().regions if one.status is RegionStatus.ACTIVE]
        self._hinting = self._hints.push(active, seq)

    def _found(self, region: ListedRegion, configured_at: datetime, now: datetime) -> Found:
        found = self._visits.again(region, now=now)
        kids = frozenset(key.thumbprint for key in found.keys)
        if found.configured_at < configured_at and kids != region.key_names(region.id):
            # It was true once. Somebody on the way may have kept it, with keys that were given up since. With the
            # keys that we know it may well be older: each of a region's processes signs its own when it is asked.
            raise VisitFailed(f"{region.id} answered with an older configuration than before")
        return found

    def _take(self, region: ListedRegion, change: Visited, now: datetime) -> bool:
        """Let what a visit brought into the list. Raises: VisitFailed, ChangeRefused."""
        if not is_news(region, change, now=now):
            return False
        self._require_publishable(change, now)
        before = self._lists.generation()
        self.change(change, now=now)
        return self._lists.generation() != before

    def _require_publishable(self, change: Change, now: datetime) -> None:
        """See that this one region does not make the bundle unreadable for everybody. Raises: VisitFailed."""
        after = changed(self.listed(), change, now=now)
        alone = TrustList(tuple(region for region in after.regions if region.op == _subject(change)))
        try:
            self._publisher.require_publishable(alone, now=now)
        except (BadBundle, StatementError, ValueError) as error:
            raise VisitFailed(f"{_subject(change)} says what no bundle can: {error}") from error

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
