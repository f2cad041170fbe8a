"""The hub: edits the list of regions, publishes it, and hears how far the regions are. `regions` visits them.

Every change of the list goes through `Hub.change`, whoever asks for it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from idp.adapters.egress import Egress
from idp.adapters.keyring import Keyring
from idp.adapters.note_keys import verify_ed25519
from idp.adapters.statement_signatures import StatementSignatures
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.foundation.sentence import Sentence
from idp.governance.change_request import Authority
from idp.oidc.acr import AcrNames
from idp.settings import Settings
from idp.storage.stores import Stores
from idp.storage.trust_contents import Published
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import (
    Change,
    SetWitnesses,
)
from idp.trustlist.listing import ListedRegion, TrustList
from idp.trustlist.seen import RegionLine
from idp.trustlist.snapshot import TrustSnapshot
from idp.trustlist.visitors import TOLD_FOR, Abroad
from idp.wiring.following.trust import ladder_of
from idp.wiring.hub.asking_witnesses import AskingWitnesses
from idp.wiring.hub.by_whom import by_whom
from idp.wiring.hub.governed_list import ListRules
from idp.wiring.hub.hints import Hints
from idp.wiring.hub.naming_witnesses import require_nameable
from idp.wiring.hub.publisher import Publisher
from idp.wiring.hub.region_statements import RegionStatements
from idp.wiring.hub.region_visits import RegionVisits
from idp.wiring.hub.regions import Regions
from idp.wiring.hub.reports import HubReports
from idp.wiring.hub.served import ServedBundle, ServedBundles
from idp.wiring.hub.shown_heads import ShownHeads
from idp.wiring.hub.witness_standing import WitnessStandings
from idp.wiring.publishing.statements import Statements
from idp.wiring.witnessing.log import Log


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
        self._told = stores.told_visitors
        self._clock, self._rules = clock, rules
        self.witnesses = AskingWitnesses(hub_log, stores.witnessed_logs, egress, verify_ed25519)
        self._publisher = Publisher(
            settings.issuer, acr, stores.trust_list, statements, bundle_keys, hub_log, self.witnesses
        )
        self.standing = WitnessStandings(
            hub_log, stores.trust_list, stores.witnessed_logs, self.witnesses, acr.name
        )
        self._served = ServedBundles(stores.trust_list, ladder_of(acr))
        visits = RegionVisits(settings.issuer, egress, about, verifier)
        self.regions = Regions(stores, visits, self._publisher, self.change, entropy)
        """Met, listed and visited."""
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
        return self._lists.contents.is_waiting()

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

    def abroad(self, op: str, *, now: datetime) -> Abroad:
        """What the other regions in use told lately of the people of this one."""
        since = now - TOLD_FOR
        silent = self.active() - self._told.tellers(since=since) - {op}
        return Abroad(self._told.of_home(op, since=since), len(silent))

    def faults(self) -> dict[str, Sentence]:
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
        before = self._lists.contents.newest_mark()
        yield
        after = self._lists.contents.newest_mark()
        if after is not None and (before is None or after[0] > before[0]):
            self._tell(after[0])

    def _tell(self, seq: int) -> None:
        active = [one.op for one in self.listed().regions if one.status is RegionStatus.ACTIVE]
        # Hints of the change before may still be on their way.
        under_way = (thread for thread in self._hinting if thread.is_alive())
        self._hinting = (*under_way, *self._hints.push(active, seq))
