"""Which client is meant by a `client_id`: one of the registry, or one that trust makes known at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.oidc.client import Client
from idp.oidc.errors import InvalidClient
from idp.oidc.ports import ClientDirectory, ClientRegistrar


@dataclass(frozen=True, slots=True)
class ClientFinder:
    """The registry first; the registrar only for whom the registry does not know, or who lives by a trust chain."""

    clients: ClientDirectory
    registrar: ClientRegistrar | None = None
    """None where no federation is joined: then nobody registers by calling."""

    def find(self, client_id: str, chain: tuple[str, ...] = (), *, now: datetime) -> Client | None:
        """The client, switched off or not; None when there is none. Raises: ProtocolError — trust failed."""
        found = self.clients.find_by_id(client_id)
        if found is not None and found.trust_expires_at is not None and found.trust_expires_at <= now:
            # The registration ended with the chain behind it: only a chain of today brings it back.
            found = None
        if self.registrar is None or not (found is None or (chain and found.trust_expires_at is not None)):
            return found
        # One that registered by a chain may bring a newer one, with newer keys.
        return self.registrar.register(client_id, chain, now=now)

    def get(self, client_id: str, chain: tuple[str, ...] = (), *, now: datetime) -> Client:
        """The client, switched on. Raises: InvalidClient, and whatever trust fails by."""
        found = self.find(client_id, chain, now=now)
        if found is None:
            raise InvalidClient("the client is not registered here")
        if not found.enabled:
            raise InvalidClient("the client is switched off")
        return found
