"""The federation's part of the wiring: clients that trust makes known, beside those of the registry."""

from __future__ import annotations

from idp.foundation.clock import Clock
from idp.oidc.client import Client
from idp.oidc.ports import ClientDirectory
from idp.settings import Settings
from idp.storage.cached_clients import CachedClients
from idp.storage.stores import Stores
from idp.wiring.following.trust import Trust
from idp.wiring.registering.entity_clients import EntityClients
from idp.wiring.registering.federated_clients import Brokers, KnownClients


def known_clients(
    settings: Settings, stores: Stores, entities: EntityClients, trust: Trust, clock: Clock
) -> ClientDirectory:
    """Who is a client here. By itself a region knows its registry alone, and asks it directly."""
    if not settings.trust_anchor:
        return stores.clients
    registered = CachedClients(_Admitted(stores.federated_clients, entities), stores.generations)
    return KnownClients(stores.clients, registered, Brokers(entities, stores.federated_clients), trust, clock)


class _Admitted:
    """Registrations that still count under the settings of today; the others are not even remembered."""

    def __init__(self, registered: ClientDirectory, entities: EntityClients) -> None:
        self._registered, self._entities = registered, entities

    def find_by_id(self, client_id: str) -> Client | None:
        client = self._registered.find_by_id(client_id)
        return client if client is None or self._entities.admits(client) else None
