"""Who may call: the clients of the registry, and in a federation those that trust makes known beside them."""

from __future__ import annotations

from dataclasses import dataclass

from idp.oidc.client import Client
from idp.oidc.ports import ClientDirectory, ClientRegistrar, GrantStore, PeerChains
from idp.storage.cached_clients import CachedClients
from idp.wiring.following.believed_grants import BelievedGrants
from idp.wiring.following.trust import Trust
from idp.wiring.ground import Ground
from idp.wiring.registering.chains import Chains
from idp.wiring.registering.entity_clients import EntityClients
from idp.wiring.registering.federated_clients import Brokers, KnownClients


@dataclass(frozen=True, slots=True)
class Callers:
    """By itself a region knows its registry alone, and asks it directly."""

    clients: ClientDirectory
    grants: GrantStore
    """In force while those are believed whom they came through."""
    registrar: ClientRegistrar | None = None
    """Makes clients of strangers; None where nobody is trusted but by hand."""
    peers: PeerChains | None = None

    @classmethod
    def of(cls, ground: Ground, entities: EntityClients, trust: Trust, chains: Chains) -> Callers:
        """Those of this installation."""
        stores = ground.stores
        if not ground.settings.trust_anchor:
            return cls(stores.clients, stores.grants)
        registered = CachedClients(_Admitted(stores.federated_clients, entities), stores.generations)
        brokers = Brokers(entities, stores.federated_clients)
        return cls(
            clients=KnownClients(stores.clients, registered, brokers, trust, ground.clock),
            grants=BelievedGrants(stores.grants, trust, ground.acr),
            registrar=chains.registrar,
            peers=chains.peers,
        )


class _Admitted:
    """Registrations that still count under the settings of today; the others are not even remembered."""

    def __init__(self, registered: ClientDirectory, entities: EntityClients) -> None:
        self._registered, self._entities = registered, entities

    def find_by_id(self, client_id: str) -> Client | None:
        client = self._registered.find_by_id(client_id)
        return client if client is None or self._entities.admits(client) else None
