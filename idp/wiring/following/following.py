"""How a region follows its hub: the trust it holds in memory, who brings the next bundle, and what wakes them."""

from __future__ import annotations

from dataclasses import dataclass, field

from idp.adapters.jose import JoseSigner
from idp.adapters.keyring import Keyring
from idp.adapters.note_keys import verify_ed25519
from idp.adapters.statement_signatures import StatementSignatures
from idp.settings import Role
from idp.trustlist.pulling import Sources, is_worth_asking
from idp.wiring.following.bundle_puller import BundlePuller
from idp.wiring.following.bundle_reading import BundleReader
from idp.wiring.following.consequences import Consequences
from idp.wiring.following.held_document import HeldDocument
from idp.wiring.following.hints_heard import HintsHeard
from idp.wiring.following.hub_log import HubLog
from idp.wiring.following.pinned_keys import pinned_keys
from idp.wiring.following.seen_reporter import SeenReporter
from idp.wiring.following.trust import HeldTrust, ladder_of
from idp.wiring.following.weighing import Weighing
from idp.wiring.ground import Ground


@dataclass(frozen=True, slots=True)
class Following:
    """One for each process of a region that has a hub."""

    trust: HeldTrust
    puller: BundlePuller
    document: HeldDocument
    hub_log: HubLog
    hints: HintsHeard = field(default_factory=HintsHeard)

    def hint(self, seq: int) -> None:
        """Have the hub asked soon, if `seq` would be news. Whoever says so may be lying: that costs few questions."""
        if is_worth_asking(seq, self.trust().bundle):
            self.hints.hear(seq)


def following_of(ground: Ground, federation: Keyring) -> Following | None:
    """None where no hub is followed. Raises: BadSettings — its keys cannot be read."""
    settings, stores, egress = ground.settings, ground.stores, ground.egress
    if settings.role is not Role.REGION or not settings.trust_anchor:
        return None
    pinned, ladder = pinned_keys(settings), ladder_of(ground.acr)
    trust = HeldTrust(stores.trust_bundles, stores.generations, pinned.issuer, pinned.root_version, ladder)
    sources = Sources(pinned.issuer, settings.trust_mirrors)
    reporter = SeenReporter(
        f"{settings.issuer}/fed",
        pinned.issuer,
        sources.seen,
        JoseSigner(federation),
        egress,
        stores.visitor_counts,
        ground.entropy,
    )
    puller = BundlePuller(
        pinned,
        sources,
        egress,
        BundleReader(StatementSignatures()),
        Weighing(pinned, ladder, verify_ed25519),
        trust,
        stores.trust_bundles,
        Consequences(stores.withdrawals, ladder),
        reporter,
        stores.events,
        ground.clock,
    )
    return Following(trust, puller, HeldDocument(trust, stores.trust_bundles), HubLog(pinned, trust))
