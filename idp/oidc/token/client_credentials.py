"""The client credentials grant: a mini-app's back end acting for itself. Spec: RFC 6749 §4.4; RFC 9068 §2.2."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from idp.oidc.client import Client
from idp.oidc.dpop import ProvedKey
from idp.oidc.errors import InvalidTarget, UnauthorizedClient
from idp.oidc.parameters import Parameters
from idp.oidc.scopes import TRANSMITTER_PATH, for_machines, for_signals, narrow
from idp.oidc.token.binding import jkt_of
from idp.oidc.token.context import GrantServices


def client_credentials(
    services: GrantServices,
    client: Client,
    parameters: Parameters,
    proved: ProvedKey | None = None,
    *,
    now: datetime,
) -> dict[str, Any]:
    """An access token without a person; never a refresh token (§4.4.3).

    Raises: UnauthorizedClient, InvalidScope, InvalidTarget.
    """
    if client.is_public:
        raise UnauthorizedClient("a public client cannot act for itself")
    asked, resources = parameters.words("scope"), parameters.many("resource")
    transmitter = services.mint.issuer + TRANSMITTER_PATH
    if _is_for_signals(client, asked, resources, transmitter):
        scope, audience = narrow(asked, for_signals(client.scopes)), transmitter
    else:
        scope, audience = narrow(asked, for_machines(client.scopes)), _resource(resources, client.resources)
    return services.mint.for_machine(client, scope, audience, jkt_of(proved), now=now)


def _is_for_signals(
    client: Client, asked: tuple[str, ...], resources: tuple[str, ...], transmitter: str
) -> bool:
    """Whether the token is for our transmitter of events: named as the resource, or meant by the scopes alone."""
    signals = for_signals(client.scopes)
    if resources:
        return resources == (transmitter,) and bool(signals)
    return bool(signals) and set(asked or for_machines(client.scopes) or signals) <= set(signals)


def _resource(asked: tuple[str, ...], allowed: tuple[str, ...]) -> str:
    """The one audience. There is no person, so userinfo is none. Spec: RFC 8707 §2.2."""
    candidates = asked or allowed
    if len(candidates) != 1:
        raise InvalidTarget("name exactly one resource")
    if candidates[0] not in allowed:
        raise InvalidTarget("the resource is unknown or not allowed for this client")
    return candidates[0]
