"""What a process has to judge other entities' trust chains with, put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.adapters.statement_signatures import StatementSignatures
from idp.wiring.following.trust import Trust
from idp.wiring.ground import Ground
from idp.wiring.publishing.own_entities import OwnEntities
from idp.wiring.publishing.statements import Statements
from idp.wiring.registering.automatic_registration import AutomaticRegistration
from idp.wiring.registering.chain_collector import ChainCollector
from idp.wiring.registering.chain_trust import ChainTrust
from idp.wiring.registering.entity_clients import EntityClients
from idp.wiring.registering.explicit_registration import ExplicitRegistration
from idp.wiring.registering.federation_callers import FederationCallers
from idp.wiring.registering.peer_chains import PeerChains
from idp.wiring.registering.resolver import Resolver


@dataclass(frozen=True, slots=True)
class Chains:
    """Everything about chains, sharing one memory."""

    trust: ChainTrust
    collector: ChainCollector
    registrar: AutomaticRegistration
    peers: PeerChains
    callers: FederationCallers
    """Who calls a federation endpoint of our superior."""
    resolver: Resolver
    explicit: ExplicitRegistration

    @classmethod
    def of(
        cls,
        ground: Ground,
        entities: EntityClients,
        trust: Trust,
        own: OwnEntities,
        statements: Statements,
    ) -> Chains:
        """Those of one installation."""
        settings, stores = ground.settings, ground.stores
        judge = ChainTrust(trust, StatementSignatures())
        at_once = max(settings.threads // 2, 1)
        collector = ChainCollector(ground.egress, judge, ground.entropy, _Ours(own), at_once=at_once)
        registered = stores.federated_clients
        return cls(
            trust=judge,
            collector=collector,
            registrar=AutomaticRegistration(registered, entities, judge, collector),
            peers=PeerChains(settings.issuer, judge),
            callers=FederationCallers(own.superior, judge, collector, stores.assertions),
            resolver=Resolver(own.superior, own.marks, statements, judge, collector),
            explicit=ExplicitRegistration(
                settings.issuer, registered, entities, judge, collector, statements
            ),
        )


class _Ours:
    """What our entities say: asked of ourselves and not over the network."""

    def __init__(self, own: OwnEntities) -> None:
        self._own = own

    def __call__(self, issuer: str, subject: str, now: datetime) -> str | None:
        own = self._own
        if issuer == subject and issuer in own.entity_ids:
            return own.configuration(issuer, now=now).body.decode("ascii")
        found = own.superior.statement_about(subject, now=now) if issuer == own.superior.entity_id else None
        return None if found is None else found.body.decode("ascii")
