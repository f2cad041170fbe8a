"""Introspection: is this token in force? Spec: RFC 7662; RFC 9449 §6.2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.foundation.clock import to_seconds
from idp.foundation.identifiers import Kind, digest, is_kind
from idp.oidc.bearer import BearerTokens, key_of
from idp.oidc.client import Client
from idp.oidc.errors import InvalidToken, UnauthorizedClient
from idp.oidc.parameters import Parameters
from idp.oidc.ports import GrantStore
from idp.oidc.token.client_authentication import ClientAuthenticator
from idp.oidc.vocabulary import TokenType

INACTIVE: dict[str, Any] = {"active": False}


@dataclass(frozen=True, slots=True)
class IntrospectionEndpoint:
    """Tells a client about its own tokens and a resource about those meant for it; of others only `active: false`."""

    issuer: str
    authenticator: ClientAuthenticator
    tokens: BearerTokens
    grants: GrantStore

    def answer(self, parameters: Parameters, authorization: str | None, *, now: datetime) -> dict[str, Any]:
        """The response members of §2.2.

        Raises: ProtocolError — the caller is not authenticated, or `token` is missing.
        """
        caller = self.authenticator.authenticate(parameters, authorization, now=now)
        if caller.is_public:
            # §2.1: otherwise anyone could scan for valid tokens.
            raise UnauthorizedClient("introspection needs a confidential client")
        token = parameters.required("token")
        if is_kind(Kind.REFRESH_TOKEN, token):
            return self._refresh_token(token, caller, now)
        try:
            claims = self.tokens.accept(token, now=now).claims
        except InvalidToken:
            return dict(INACTIVE)
        if claims["client_id"] != caller.client_id and claims["aud"] not in caller.audiences:
            return dict(INACTIVE)
        token_type = TokenType.BEARER if key_of(claims) is None else TokenType.DPOP
        return {"active": True, "token_type": str(token_type), **claims}

    def _refresh_token(self, token: str, caller: Client, now: datetime) -> dict[str, Any]:
        found = self.grants.find_refresh_token(digest(token), now=now)
        if found is None or found.grant.client_id != caller.client_id:
            return dict(INACTIVE)
        if found.is_consumed or not found.is_grant_live or found.expires_at <= now:
            return dict(INACTIVE)
        return {
            "active": True,
            "iss": self.issuer,
            "client_id": caller.client_id,
            "sub": found.grant.subject,
            "scope": " ".join(found.grant.scope),
            "exp": to_seconds(found.expires_at),
        }
