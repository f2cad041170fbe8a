"""Who is calling a federation endpoint: an entity that proves a federation key, or nobody in particular.

Only those are recognised whose keys are at hand: our own subordinates, the entities of the trust bundle, and whoever
has a chain that we remember. Nothing is fetched for somebody who has proved nothing yet (OpenID Federation 1.0 §18.1).
"""

from __future__ import annotations

from datetime import datetime

from idp.federation import client_assertion, entity_statement
from idp.federation.client_assertion import ProvenAssertion
from idp.federation.federation_jwt import FederationJwtError
from idp.federation.signatures import Jwks
from idp.oidc.errors import InvalidClient
from idp.oidc.parameters import Parameters
from idp.oidc.ports import AssertionLog
from idp.oidc.token.client_authentication import ASSERTION_TYPE
from idp.trustlist.snapshot import NotTrusted
from idp.wiring.publishing.superior import Superior
from idp.wiring.registering.chain_collector import ChainCollector
from idp.wiring.registering.chain_trust import ChainTrust

_REFUSAL = "client authentication failed"


class FederationCallers:
    """Recognises the callers of the endpoints of one superior."""

    def __init__(
        self, superior: Superior, chains: ChainTrust, collector: ChainCollector, log: AssertionLog
    ) -> None:
        self._superior, self._chains, self._collector, self._log = superior, chains, collector, log

    def authenticate(self, parameters: Parameters, *, now: datetime) -> str | None:
        """The entity id of the caller; None when it does not say who it is. Raises: InvalidClient.

        Spec: OpenID Federation 1.0 §8.8.
        """
        token, kind = parameters.one("client_assertion"), parameters.one("client_assertion_type")
        if token is None and kind is None:
            return None
        if token is None or kind != ASSERTION_TYPE:
            raise InvalidClient("client_assertion and its type must both be given")
        proven = self._proven(token, now)
        if parameters.one("client_id") not in (None, proven.entity_id):
            raise InvalidClient(_REFUSAL, detail="client_id differs from the authenticated one")
        # Apart from the same entity's assertions and request objects as a client, whose jti it chooses too.
        owner = f"federation {proven.entity_id}"
        if not self._log.claim(owner, proven.jti, proven.forget_at, now=now):
            raise InvalidClient(_REFUSAL, detail="assertion jti was used before")
        return proven.entity_id

    def _proven(self, token: str, now: datetime) -> ProvenAssertion:
        try:
            assertion = client_assertion.read(token)
            keys = self._keys_of(client_assertion.claimed_entity(assertion), now)
            return client_assertion.verify(
                assertion, keys, self._superior.entity_id, self._chains.signatures, now=now
            )
        except FederationJwtError as error:
            raise InvalidClient(_REFUSAL, detail=f"assertion: {error}") from error

    def _keys_of(self, entity_id: str, now: datetime) -> Jwks:
        """The federation keys of an entity by what is at hand. Raises: InvalidClient — nothing is."""
        own = self._superior.statement_about(entity_id, now=now)
        if own is not None:
            return entity_statement.parse(own.body.decode("ascii")).jwks
        snapshot = self._chains.snapshot
        try:
            if entity_id in snapshot.by_entity:
                # One keyring speaks for all three entities of a region.
                return entity_statement.parse(snapshot.region(entity_id, now=now).statement).jwks
        except NotTrusted as error:
            raise InvalidClient(_REFUSAL, detail=str(error)) from error
        chain = self._collector.remembered(entity_id, now=now)
        if chain is None:
            raise InvalidClient(_REFUSAL, detail="an entity that is not known here")
        return chain.jwks
