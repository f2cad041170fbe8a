"""Revocation: a client gives up a token. Spec: RFC 7009."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.foundation.clock import from_seconds
from idp.foundation.identifiers import Kind, digest, is_kind
from idp.oidc.client import Client
from idp.oidc.errors import InvalidToken
from idp.oidc.parameters import Parameters
from idp.oidc.ports import GrantStore, TokenVerifier
from idp.oidc.token.client_authentication import ClientAuthenticator


@dataclass(frozen=True, slots=True)
class RevocationEndpoint:
    """Ends a refresh token's whole grant, or one access token. Unknown and foreign tokens are let be (§2.2)."""

    authenticator: ClientAuthenticator
    verifier: TokenVerifier
    grants: GrantStore

    def answer(self, parameters: Parameters, authorization: str | None, *, now: datetime) -> None:
        """Revoke `token` if it is the caller's own.

        Raises: ProtocolError — the caller is not authenticated, or `token` is missing.
        """
        caller = self.authenticator.authenticate(parameters, authorization, now=now)
        token = parameters.required("token")
        if is_kind(Kind.REFRESH_TOKEN, token):
            self._refresh_token(token, caller, now)
        else:
            self._access_token(token, caller)

    def _refresh_token(self, token: str, caller: Client, now: datetime) -> None:
        found = self.grants.find_refresh_token(digest(token), now=now)
        if found is not None and found.grant.client_id == caller.client_id:
            self.grants.revoke(found.grant.id, now=now)

    def _access_token(self, token: str, caller: Client) -> None:
        try:
            claims = self.verifier.access_token(token)
        except InvalidToken:
            return
        if claims["client_id"] == caller.client_id:
            self.grants.revoke_access_token(claims["jti"], from_seconds(claims["exp"]))
