"""Examine an authorization request: first whether we may answer it at all, then whether we want to.

Phase one (client and redirect address) fails to a page. Its success is a `VerifiedTarget`; phase two holds it, and is
the only code that can turn a refusal into a redirect. Spec: RFC 6749 §4.1.2.1; RFC 9700 §2.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.oidc.authorization.checks import MAX_ECHOED, PHASE_TWO
from idp.oidc.authorization.refusal import PageError, RedirectError
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.authorization.target import VerifiedTarget, verify_target
from idp.oidc.client import Client
from idp.oidc.errors import InvalidClient, InvalidRequest, ProtocolError
from idp.oidc.parameters import Parameters
from idp.oidc.ports import ClientDirectory
from idp.oidc.rp_display import RpDisplay


@dataclass(frozen=True, slots=True)
class ExaminedRequest:
    """A request that passed every check, with the client it came from and where the answer goes."""

    client: Client
    target: VerifiedTarget
    request: AuthorizationRequest

    @property
    def display(self) -> RpDisplay | None:
        """For whom a broker of another region asks; None when a client of our own asks for itself."""
        return self.request.display if self.client.is_broker else None


def examine(parameters: Parameters, clients: ClientDirectory) -> ExaminedRequest:
    """Run both phases.

    Raises: PageError — phase one failed. RedirectError — phase two failed.
    """
    try:
        client = find_client(parameters, clients)
    except ProtocolError as error:
        raise PageError(error) from error
    return examine_for(client, parameters)


def examine_for(client: Client, parameters: Parameters) -> ExaminedRequest:
    """Run both phases for a client that was found before.

    Raises: PageError, RedirectError.
    """
    try:
        if parameters.required("client_id") != client.client_id:
            raise InvalidRequest("client_id is another client's")
        target = verify_target(client, parameters.one("redirect_uri"), echoable_state(parameters))
    except ProtocolError as error:
        raise PageError(error) from error
    try:
        request = AuthorizationRequest.parse(parameters)
        for check in PHASE_TWO:
            check(request, client)
    except ProtocolError as error:
        raise RedirectError(target, error) from error
    return ExaminedRequest(client, target, request)


def find_client(parameters: Parameters, clients: ClientDirectory) -> Client:
    """The client that `client_id` names. Raises: InvalidRequest, InvalidClient — unknown or switched off."""
    client = clients.find_by_id(parameters.required("client_id"))
    if client is None:
        raise InvalidClient("the client is not registered here")
    if not client.enabled:
        raise InvalidClient("the client is switched off")
    return client


def echoable_state(parameters: Parameters) -> str | None:
    """The state to send back with an answer, if any."""
    # A repeated or endless state cannot be echoed truthfully; phase two then refuses the request without it.
    try:
        state = parameters.one("state")
    except InvalidRequest:
        return None
    return state if state is None or len(state) <= MAX_ECHOED else None
