"""Our own access tokens coming back: what makes one acceptable. Spec: RFC 9068 §4; RFC 6750 §2; RFC 9449 §7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.foundation.clock import to_seconds
from idp.foundation.identifiers import Kind
from idp.oidc.dpop import ProvedKey
from idp.oidc.errors import InvalidToken
from idp.oidc.grant import LiveGrant
from idp.oidc.ports import ClientDirectory, GrantStore, TokenVerifier
from idp.oidc.vocabulary import TokenType

_REFUSAL = "the access token is invalid, expired or revoked"


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """An access token as it came with a request."""

    value: str
    type: TokenType
    method: str = "GET"
    """Of the request."""
    proof: str | None = None
    """The `DPoP` header."""


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


def key_of(claims: Mapping[str, Any]) -> str | None:
    """The thumbprint of the key that a token is bound to; None: to none. Spec: RFC 9449 §6.1."""
    found: str | None = claims.get("cnf", {}).get("jkt")
    return found


def require_key(claims: Mapping[str, Any], proved: ProvedKey | None) -> None:
    """Refuse a token that is bound to another key, to a key that nobody proved, or to none though one was proved.

    Raises: InvalidToken. Spec: RFC 9449 §7.1, §7.2.
    """
    bound = key_of(claims)
    if bound is not None and proved is None:
        raise InvalidToken("the access token is bound to a key: use the DPoP scheme")
    if bound is None and proved is not None:
        raise InvalidToken("the access token is bound to no key: use the Bearer scheme")
    if bound is not None and proved is not None and bound != proved.jkt:
        raise InvalidToken("the access token is bound to another key than the DPoP proof shows")
