"""The token endpoint as one pure object: parameters in, response members out. Spec: RFC 6749 §3.2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.oidc.errors import UnauthorizedClient, UnsupportedGrantType
from idp.oidc.parameters import Parameters
from idp.oidc.token.client_authentication import ClientAuthenticator
from idp.oidc.token.client_credentials import client_credentials
from idp.oidc.token.context import GrantServices
from idp.oidc.token.redeem_code import redeem_code
from idp.oidc.token.rotate_refresh import rotate_refresh
from idp.oidc.vocabulary import GrantType


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Authenticates the client, then dispatches on the grant type."""

    authenticator: ClientAuthenticator
    services: GrantServices

    def answer(self, parameters: Parameters, authorization: str | None, *, now: datetime) -> dict[str, Any]:
        """The members of a successful token response.

        Raises: ProtocolError — one of RFC 6749 §5.2.
        """
        client = self.authenticator.authenticate(parameters, authorization, now=now)
        grant_type = _grant_type(parameters)
        if grant_type not in client.grant_types:
            raise UnauthorizedClient("this client may not use this grant type")
        match grant_type:
            case GrantType.AUTHORIZATION_CODE:
                return redeem_code(self.services, client, parameters, now=now)
            case GrantType.REFRESH_TOKEN:
                return rotate_refresh(self.services, client, parameters, now=now)
            case GrantType.CLIENT_CREDENTIALS:
                return client_credentials(self.services, client, parameters, now=now)


def _grant_type(parameters: Parameters) -> GrantType:
    try:
        return GrantType(parameters.required("grant_type"))
    except ValueError as error:
        raise UnsupportedGrantType("this grant type is not supported") from error
