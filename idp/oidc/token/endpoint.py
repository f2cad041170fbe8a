"""The token endpoint as one pure object: parameters in, response members out. Spec: RFC 6749 §3.2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.oidc.client import Client
from idp.oidc.dpop import DpopProofVerifier, ProvedKey
from idp.oidc.errors import UnauthorizedClient, UnsupportedGrantType
from idp.oidc.parameters import Parameters
from idp.oidc.token.binding import require_registered_binding
from idp.oidc.token.client_authentication import ClientAuthenticator
from idp.oidc.token.client_credentials import client_credentials
from idp.oidc.token.context import GrantServices
from idp.oidc.token.redeem_code import redeem_code
from idp.oidc.token.rotate_refresh import rotate_refresh
from idp.oidc.vocabulary import GrantType

PATH = "/token"


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Authenticates the client, then dispatches on the grant type."""

    authenticator: ClientAuthenticator
    services: GrantServices
    proofs: DpopProofVerifier

    def answer(
        self, parameters: Parameters, authorization: str | None, proof: str | None = None, *, now: datetime
    ) -> dict[str, Any]:
        """The members of a successful token response. `proof`: the `DPoP` header, if there is one.

        Raises: ProtocolError — one of RFC 6749 §5.2 or RFC 9449 §5, §8.
        """
        # First, so that a client that only lacks a nonce has not used up its assertion or its code.
        proved = None if proof is None else self.proofs.verify(proof, "POST", PATH, now=now)
        endpoint = self.authenticator.issuer + PATH
        client = self.authenticator.authenticate(parameters, authorization, endpoint=endpoint, now=now)
        grant_type = _grant_type(parameters)
        if grant_type not in client.grant_types:
            raise UnauthorizedClient("this client may not use this grant type")
        require_registered_binding(client, proved)
        if proved is not None:
            self.proofs.use_up(proved, now=now)
        return self._redeem(grant_type, client, parameters, proved, now)

    def _redeem(
        self,
        grant_type: GrantType,
        client: Client,
        parameters: Parameters,
        proved: ProvedKey | None,
        now: datetime,
    ) -> dict[str, Any]:
        match grant_type:
            case GrantType.AUTHORIZATION_CODE:
                return redeem_code(self.services, client, parameters, proved, now=now)
            case GrantType.REFRESH_TOKEN:
                return rotate_refresh(self.services, client, parameters, proved, now=now)
            case GrantType.CLIENT_CREDENTIALS:
                return client_credentials(self.services, client, parameters, proved, now=now)


def _grant_type(parameters: Parameters) -> GrantType:
    try:
        return GrantType(parameters.required("grant_type"))
    except ValueError as error:
        raise UnsupportedGrantType("this grant type is not supported") from error
