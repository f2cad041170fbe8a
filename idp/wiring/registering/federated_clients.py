"""Who is a client: mini-apps by the registry, entities of the federation by the trust that is put in them now.

An entity is called by its address. The brokers of other regions come out of the trust bundle in memory; others have
registered by a trust chain and are clients until it ends. Whichever way, an entity whose region is not trusted any more
is no client any more. Spec: OpenID Federation 1.0 §12.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from idp.federation.registration import RegistrationError, Standing
from idp.foundation.clock import Clock
from idp.oidc.client import Client, is_entity_id
from idp.oidc.ports import ClientDirectory
from idp.oidc.scopes import SIGNAL_SCOPES
from idp.oidc.vocabulary import GrantType
from idp.storage.federated_clients import FederatedClients
from idp.trustlist.bundle import Bundle
from idp.trustlist.snapshot import NotTrusted, TrustSnapshot
from idp.wiring.registering.chain_trust import require_fresh
from idp.wiring.registering.entity_clients import EntityClients

log = logging.getLogger("idp.federation")


class KnownClients:
    """Implements `idp.oidc.ports.ClientDirectory` over the registry, the trust bundle and the registrations."""

    def __init__(
        self,
        registry: ClientDirectory,
        registered: ClientDirectory,
        brokers: Brokers,
        trust: Callable[[], TrustSnapshot],
        clock: Clock,
    ) -> None:
        self._registry, self._registered, self._brokers = registry, registered, brokers
        self._trust, self._clock = trust, clock

    def find_by_id(self, client_id: str) -> Client | None:
        if not is_entity_id(client_id):
            return self._registry.find_by_id(client_id)
        snapshot, now = self._trust(), self._clock.now()
        try:
            # Who is on the list is judged by the list alone, whatever it registered before it fell out of favour.
            if client_id in snapshot.by_entity:
                return self._brokers.find(client_id, snapshot, now)
            client = self._registered.find_by_id(client_id)
            return None if client is None else still_trusted(client, snapshot, now=now)
        except NotTrusted:
            return None


class Brokers:
    """Brokers of other regions as clients, read anew when the bundle says something new of them."""

    def __init__(self, entities: EntityClients, places: FederatedClients) -> None:
        self._entities, self._places = entities, places
        self._read: dict[str, tuple[Mapping[str, Any], Client]] = {}

    def find(self, client_id: str, snapshot: TrustSnapshot, now: datetime) -> Client | None:
        """The broker; None when the entity is another one of a region. Raises: NotTrusted."""
        region = snapshot.by_entity[client_id]
        if client_id != region.rp:
            return None
        metadata = snapshot.broker(client_id, now=now)
        known = self._read.get(client_id)
        if known is not None and known[0] == metadata:
            return known[1]
        standing = Standing(region.id, region.name.get("en") or next(iter(region.name.values()), ""))
        try:
            client = hearing(self._entities.read(client_id, metadata, standing, None))
        except RegistrationError as error:
            log.warning("the broker %s cannot be a client: %s %s", client_id, error, error.detail)
            return None
        # Grants and consents hold on to a row of the client; made before the first of them can be.
        self._places.place(client, now=now)
        self._read[client_id] = (metadata, client)
        return client


def hearing(broker: Client) -> Client:
    """A broker may hear what has ended of whom it sent here: by what it is, and not by what it says of itself."""
    return replace(
        broker,
        grant_types=broker.grant_types | {GrantType.CLIENT_CREDENTIALS},
        scopes=(*broker.scopes, *SIGNAL_SCOPES),
    )


def still_trusted(client: Client, snapshot: TrustSnapshot, *, now: datetime) -> Client | None:
    """A registered entity while its chain lasts and its region is trusted, less the keys revoked since.

    None when its chain ended. Raises: NotTrusted — its region is not.
    """
    bundle = snapshot.bundle
    if bundle is None or client.trust_expires_at is None or client.trust_expires_at <= now:
        return None
    if client.region == bundle.issuer:
        require_fresh(snapshot, client.client_id, now=now)
    else:
        snapshot.region(client.region, now=now)
    return without_revoked_keys(client, bundle)


def without_revoked_keys(client: Client, bundle: Bundle) -> Client:
    """The client with the keys that sign for it today."""
    revoked = {key.kid for key in bundle.revoked if key.issuer == client.client_id}
    if not revoked or client.jwks is None:
        return client
    return replace(
        client, jwks={"keys": [key for key in client.jwks["keys"] if key.get("kid") not in revoked]}
    )
