"""The tokens of events, signed. Spec: RFC 8417 §2; CAEP Interoperability Profile 1.0 §2.6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from idp.oidc.vocabulary import Algorithm
from idp.signals.security_event import TOKEN_TYPE, QueuedEvent, event_claims


class Signer(Protocol):
    """Signs with the region's protocol keys."""

    def sign(self, algorithm: Algorithm, token_type: str, claims: Mapping[str, Any]) -> str:
        """A compact JWS with `kid` and `typ` in its header. Raises: ServerError — there is no key to sign with."""
        ...


def algorithm_for(client_id: str, *, is_entity: bool) -> Algorithm:
    """By what its events are signed: RS256, as the interoperability profile wants of all (CAEPIOP §2.6).

    An entity of the federation verifies by what its members agreed on, which is ES256.
    """
    return Algorithm.ES256 if is_entity else Algorithm.RS256


@dataclass(frozen=True, slots=True)
class EventSigner:
    """Makes the token of an event."""

    issuer: str
    signer: Signer

    def signed(self, event: QueuedEvent, client_id: str) -> str:
        """The same claims at every delivery. Raises: ServerError — there is no key to sign with."""
        algorithm = algorithm_for(client_id, is_entity="://" in client_id)
        return self.signer.sign(algorithm, TOKEN_TYPE, event_claims(event, self.issuer, client_id))
