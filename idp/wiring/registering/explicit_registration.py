"""Explicit registration: an entity asks to become a client, and is told as what.

What it sends is its own statement, made for us, perhaps with the chain behind it; else we find the chain. The same
trust decides as in automatic registration, and the registration ends with the chain. Nothing in the answer can change
it: whoever wants to be registered otherwise asks again. Spec: OpenID Federation 1.0 §12.2.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from idp.federation import entity_statement
from idp.federation.entity_statement import EntityStatement, StatementError
from idp.federation.registered import registration_claims
from idp.federation.registration import RegistrationError
from idp.federation.trust_chain import LEEWAY, MAX_LENGTH, ChainError, TrustChain
from idp.oidc.errors import InvalidRequest, InvalidTrustChain
from idp.storage.federated_clients import FederatedClients, OlderRegistration
from idp.storage.schema_federated_clients import RegisteredBy
from idp.trustlist.snapshot import Distrust, NotTrusted
from idp.wiring.publishing.statements import Statements
from idp.wiring.registering.chain_collector import ChainCollector
from idp.wiring.registering.chain_trust import ChainTrust
from idp.wiring.registering.entity_clients import EntityClients
from idp.wiring.registering.registrations import registration_of, times_of
from idp.wiring.registering.trust_errors import refusal


class ExplicitRegistration:
    """The registration endpoint of the provider."""

    def __init__(
        self,
        issuer: str,
        store: FederatedClients,
        entities: EntityClients,
        chains: ChainTrust,
        collector: ChainCollector,
        statements: Statements,
    ) -> None:
        self._issuer, self._store, self._entities = issuer, store, entities
        self._chains, self._collector, self._statements = chains, collector, statements

    def register_statement(self, token: str, *, now: datetime) -> str:
        """Register by the entity's own statement alone. Returns the signed answer; raises: ProtocolError."""
        own = self._own(token)
        sent = own.jwt.header.get("trust_chain")
        if sent is not None:
            return self.register_chain([token, *_statements(sent)[1:]], now=now)
        try:
            found = self._collector.chain_of(own.subject, now=now)
        except (ChainError, NotTrusted) as error:
            raise refusal(error) from error
        return self.register_chain([token, *found.tokens[1:]], now=now)

    def register_document(self, body: bytes, *, now: datetime) -> str:
        """The same by a body of `application/trust-chain+json`."""
        return self.register_chain(_chain_in(body), now=now)

    def register_chain(self, chain: Sequence[str], *, now: datetime) -> str:
        """Register by a whole chain, the entity's own statement first. Returns the signed answer.

        Raises: ProtocolError.
        """
        try:
            trusted = self._chains.validate(chain, now=now, audience=self._issuer)
            self._require_unlisted(trusted, now)
            registration = registration_of(trusted, self._entities, RegisteredBy.EXPLICIT, now)
        except (ChainError, NotTrusted, RegistrationError) as error:
            raise refusal(error) from error
        self._require_newer(trusted)
        try:
            self._store.register(registration, times_of(trusted))
        except OlderRegistration as error:
            raise InvalidTrustChain("the entity has registered by a newer trust chain") from error
        return self._statements.registration_response(
            registration_claims(registration.client, trusted, issuer=self._issuer, now=now)
        )

    def _own(self, token: str) -> EntityStatement:
        try:
            return entity_statement.parse(token, audience=self._issuer)
        except StatementError as error:
            raise InvalidTrustChain(f"the entity's own statement: {error}") from error

    def _require_unlisted(self, trusted: TrustChain, now: datetime) -> None:
        snapshot = self._chains.snapshot
        if trusted.subject in snapshot.by_entity:
            # Of its own entities the list says everything, and changes it at once.
            raise NotTrusted(Distrust.UNKNOWN, trusted.subject, snapshot.region(trusted.subject, now=now))

    def _require_newer(self, trusted: TrustChain) -> None:
        """A request that was made before the present registration is a copy of an old one, with old keys perhaps."""
        present = self._store.find(trusted.subject)
        if present is not None and trusted.statements[0].issued_at < present.registered_at - LEEWAY:
            raise InvalidTrustChain("the entity's own statement is older than its registration here")


def _chain_in(body: bytes) -> Sequence[str]:
    # An array of texts opens once: nothing deeper is parsed.
    if body.count(b"[") != 1 or b"{" in body:
        raise InvalidRequest("a trust chain is an array of strings")
    try:
        return _statements(json.loads(body))
    except ValueError as error:
        raise InvalidRequest("the body is no JSON") from error


def _statements(found: object) -> Sequence[str]:
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise InvalidRequest("a trust chain is an array of strings")
    if not 1 <= len(found) <= MAX_LENGTH:
        raise InvalidRequest(f"a trust chain has 1 to {MAX_LENGTH} statements")
    return found
