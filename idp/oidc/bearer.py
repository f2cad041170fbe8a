"""Our own access tokens coming back: what makes one acceptable. Spec: RFC 9068 §4; RFC 6750 §2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.foundation.clock import to_seconds
from idp.foundation.identifiers import Kind
from idp.oidc.errors import InvalidToken
from idp.oidc.grant import LiveGrant
from idp.oidc.ports import ClientDirectory, GrantStore, TokenVerifier

_REFUSAL = "the access token is invalid, expired or revoked"


@dataclass(frozen=True, slots=True)
class AcceptedToken:
    """An access token in force. `live` is None for a token that speaks for a machine."""

    claims: Mapping[str, Any]
    live: LiveGrant | None


@dataclass(frozen=True, slots=True)
class BearerTokens:
    """Decides whether an access token is in force right now: signature, time, client, grant."""

    issuer: str
    verifier: TokenVerifier
    clients: ClientDirectory
    grants: GrantStore

    def accept(self, token: str, *, now: datetime) -> AcceptedToken:
        """Everything but the audience, which depends on who asks.

        Raises: InvalidToken.
        """
        claims = self.verifier.access_token(token)
        if claims["iss"] != self.issuer or claims["exp"] <= to_seconds(now):
            raise InvalidToken(_REFUSAL, detail="expired, or another issuer's")
        client = self.clients.find_by_id(claims["client_id"])
        if client is None or not client.enabled:
            raise InvalidToken(_REFUSAL, detail="the client is gone or switched off")
        jti: str = claims["jti"]
        grant_id, dot, _ = jti.partition(".")
        if not (dot and grant_id.startswith(Kind.GRANT)):
            if self.grants.is_access_token_revoked(jti):
                raise InvalidToken(_REFUSAL, detail="revoked")
            return AcceptedToken(claims, None)
        live = self.grants.find_live(grant_id, jti, now=now)
        if live is None:
            raise InvalidToken(_REFUSAL, detail="its grant is no longer in force")
        return AcceptedToken(claims, live)
