"""Automatic registration: an entity becomes a client by the trust chain that it sends along, or that we find.

The chain has to end in the hub of the trust bundle, by the keys that the bundle has for it, and to lead through a
region that the bundle trusts now. What comes of it is kept until the chain ends.
Spec: OpenID Federation 1.0 §12.1.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.federation.registration import RegistrationError
from idp.federation.trust_chain import ChainError, TrustChain
from idp.oidc.client import Client, is_entity_id
from idp.oidc.errors import InvalidTrustChain
from idp.storage.federated_clients import FederatedClients, OlderRegistration
from idp.storage.schema_federated_clients import RegisteredBy
from idp.trustlist.snapshot import Distrust, NotTrusted, TrustSnapshot
from idp.wiring.registering.chain_collector import ChainCollector
from idp.wiring.registering.chain_trust import ChainTrust
from idp.wiring.registering.entity_clients import EntityClients
from idp.wiring.registering.federated_clients import still_trusted, without_revoked_keys
from idp.wiring.registering.registrations import registration_of, times_of
from idp.wiring.registering.trust_errors import refusal

LOOK_AGAIN_AFTER = timedelta(minutes=5)
"""A registration younger than this is not made anew by another chain: nobody can have us write all day.
One that was asked for explicitly only ends, or is asked for again."""


class AutomaticRegistration:
    """Implements `idp.oidc.ports.ClientRegistrar`."""

    def __init__(
        self,
        store: FederatedClients,
        entities: EntityClients,
        chains: ChainTrust,
        collector: ChainCollector,
    ) -> None:
        self._store, self._entities = store, entities
        self._chains, self._collector = chains, collector

    def register(self, client_id: str, chain: tuple[str, ...], *, now: datetime) -> Client | None:
        snapshot = self._chains.snapshot
        if not is_entity_id(client_id) or (snapshot.bundle is None and not chain):
            return None
        try:
            known, stays = self._known(client_id, snapshot, now)
            if known is not None and not chain:
                return known
            # A chain that does not hold is refused whoever sends it, though nothing would have come of it.
            trusted = self._trusted(client_id, chain, now)
            return known if known is not None and stays else self._registered(trusted, known, snapshot, now)
        except NotTrusted as error:
            if not chain:
                return None
            raise refusal(error) from error
        except (ChainError, RegistrationError) as error:
            raise refusal(error) from error

    def _known(self, client_id: str, snapshot: TrustSnapshot, now: datetime) -> tuple[Client | None, bool]:
        """Who registered before and still is a client, and whether no chain makes it another. Raises: NotTrusted."""
        if (region := snapshot.by_entity.get(client_id)) is not None:
            # The list alone says who its entities are; whoever asks here is not a trusted broker on it.
            snapshot.region(client_id, now=now)
            raise NotTrusted(Distrust.UNKNOWN, client_id, region)
        found = self._store.find(client_id)
        counts = found is not None and self._entities.admits(found.client)
        client = still_trusted(found.client, snapshot, now=now) if found is not None and counts else None
        stays = found is not None and (
            found.registered_by is RegisteredBy.EXPLICIT or now - found.registered_at < LOOK_AGAIN_AFTER
        )
        return client, stays

    def _trusted(self, client_id: str, chain: tuple[str, ...], now: datetime) -> TrustChain:
        """Raises: ChainError; NotTrusted; InvalidTrustChain."""
        if not chain:
            return self._collector.chain_of(client_id, now=now)
        trusted = self._chains.validate(chain, now=now)
        if trusted.subject != client_id:
            raise InvalidTrustChain("the trust chain is about another entity")
        return trusted

    def _registered(
        self, trusted: TrustChain, known: Client | None, snapshot: TrustSnapshot, now: datetime
    ) -> Client:
        """The client that the chain makes, or the known one when the chain is older than what made that.

        Raises: RegistrationError; InvalidTrustChain.
        """
        registration = registration_of(trusted, self._entities, RegisteredBy.AUTOMATIC, now)
        try:
            self._store.register(registration, times_of(trusted))
        except OlderRegistration as error:
            if known is None:
                raise InvalidTrustChain("the entity has registered by a newer trust chain") from error
            return known
        bundle, client = snapshot.bundle, registration.client
        return client if bundle is None else without_revoked_keys(client, bundle)
