"""Who may come to the transmitter: a client with an access token of ours that was made for it and for nothing else.

Spec: RFC 6750 §2.1, §3.1; RFC 9449 §7; CAEP Interoperability Profile 1.0 §2.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.oidc.bearer import BearerTokens, PresentedToken, require_key
from idp.oidc.client import Client
from idp.oidc.dpop import DpopProofVerifier, ProvedKey
from idp.oidc.errors import InsufficientScope, InvalidDpopProof, InvalidToken
from idp.oidc.scopes import SSF_MANAGE, SSF_READ
from idp.oidc.vocabulary import TokenType

READ = (SSF_READ, SSF_MANAGE)
MANAGE = (SSF_MANAGE,)
"""One of these has to be in the token."""


@dataclass(frozen=True, slots=True)
class SignalAccess:
    """Finds out which client calls, or raises."""

    audience: str
    tokens: BearerTokens
    proofs: DpopProofVerifier

    def client(self, token: PresentedToken, path: str, enough: tuple[str, ...], *, now: datetime) -> Client:
        """The client that a token speaks for. `path`: where the request came to.

        Raises: InvalidToken — not in force, meant for another resource, a person's, or bound to another key.
        InsufficientScope. InvalidDpopProof, UseDpopNonce.
        """
        proved = self._proved(token, path, now)
        accepted = self.tokens.accept(token.value, now=now)
        require_key(accepted.claims, proved)
        if accepted.claims["aud"] != self.audience:
            raise InvalidToken("the access token is meant for another resource")
        client = self.tokens.clients.find_by_id(accepted.claims["client_id"])
        if accepted.live is not None or client is None:
            raise InvalidToken("the access token speaks for a person")
        if not set(enough) & set(accepted.claims["scope"].split(" ")):
            raise InsufficientScope(f"the scope {enough[0]} is required")
        if proved is not None:
            self.proofs.use_up(proved, now=now)
        return client

    def _proved(self, token: PresentedToken, path: str, now: datetime) -> ProvedKey | None:
        if token.type is TokenType.BEARER:
            return None
        if token.proof is None:
            raise InvalidDpopProof("the DPoP scheme needs a DPoP proof")
        return self.proofs.verify(token.proof, token.method, path, token.value, now=now)
