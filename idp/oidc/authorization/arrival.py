"""An authorization request as a browser brings it: pushed before, in a signed object, or as plain parameters.

Whichever way, one request comes out, examined; what else the address says does not count.
Spec: OpenID Connect Core §3.1.2.1, §6; RFC 9101 §6.3; RFC 9126 §4, §5.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.oidc.authorization.examine import ExaminedRequest, echoable_state, examine, examine_for
from idp.oidc.authorization.refusal import PageError, RedirectError
from idp.oidc.authorization.target import verify_target
from idp.oidc.client import Client
from idp.oidc.client_finder import ClientFinder
from idp.oidc.errors import InvalidRequest, ProtocolError
from idp.oidc.parameters import Parameters
from idp.oidc.pushed_request import PushedRequests, is_pushed
from idp.oidc.request_object import RequestObject, RequestObjects
from idp.oidc.unverified_request_object import UnverifiedRequestObject


@dataclass(frozen=True, slots=True)
class ArrivedRequest:
    """An examined request and where it came from."""

    examined: ExaminedRequest
    parameters: Parameters
    """Those that count."""
    pushed_digest: bytes | None = None
    """The pushed request behind it, to be claimed with its answer."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Reads authorization requests. Every method raises PageError or RedirectError."""

    clients: ClientFinder
    objects: RequestObjects
    pushed: PushedRequests

    def read(self, parameters: Parameters, *, now: datetime) -> ArrivedRequest:
        """The request behind the parameters of an address."""
        if any(map(is_pushed, parameters.many("request_uri"))):
            return self._read_pushed(parameters, now)
        if parameters.many("request") and not parameters.many("request_uri"):
            return self._read_signed(parameters, now)
        examined = examine(parameters, self.clients.clients)
        _require_as_registered(examined, is_signed=False)
        return ArrivedRequest(examined, parameters)

    def keep(self, parameters: Parameters, *, now: datetime) -> str:
        """Keep a signed request that came by form as if it had been pushed; returns its `request_uri`.

        Its object may be too long for an address, and may count only once.
        """
        arrived = self._read_signed(parameters, now)
        return self.pushed.keep(arrived.examined.client, arrived.parameters, now=now)

    def _read_pushed(self, parameters: Parameters, now: datetime) -> ArrivedRequest:
        # A page and no redirect: nothing outside the pushed request says where to.
        try:
            client = self.clients.get(parameters.required("client_id"), now=now)
            if parameters.many("request"):
                raise InvalidRequest("request and request_uri cannot be used together")
            found = self.pushed.find(parameters.required("request_uri"), client, now=now)
        except ProtocolError as error:
            raise PageError(error) from error
        return ArrivedRequest(examine_for(client, found.parameters), found.parameters, found.digest)

    def _read_signed(self, parameters: Parameters, now: datetime) -> ArrivedRequest:
        signed = self._signed(parameters, now)
        examined = examine_for(signed.client, signed.parameters)
        _require_as_registered(examined, is_signed=True)
        try:
            self.objects.use_up(signed, now=now)
        except ProtocolError as error:
            raise PageError(error) from error
        return ArrivedRequest(examined, signed.parameters)

    def _signed(self, parameters: Parameters, now: datetime) -> RequestObject:
        client, opened = self._opened(parameters, now)
        try:
            return self.objects.verify(opened, client, now=now)
        except ProtocolError as error:
            raise _refusal(parameters, client, error) from error

    def _opened(self, parameters: Parameters, now: datetime) -> tuple[Client, UnverifiedRequestObject]:
        client: Client | None = None
        try:
            client_id = parameters.required("client_id")
            client = self.clients.clients.find_by_id(client_id)
            opened = self.objects.open(parameters.required("request"))
            return self.clients.get(client_id, opened.chain, now=now), opened
        except ProtocolError as error:
            raise _refusal(parameters, client, error) from error


def _refusal(
    parameters: Parameters, client: Client | None, error: ProtocolError
) -> PageError | RedirectError:
    """How an object that nobody may believe is refused: by a redirect only where the address outside is registered."""
    # Of a federated client nothing is known to be true when its object is not (OpenID Federation 1.0 §12.1.3).
    if client is None or not client.enabled or client.is_federated:
        return PageError(error)
    try:
        target = verify_target(client, parameters.one("redirect_uri"), echoable_state(parameters))
    except ProtocolError:
        return PageError(error)
    return RedirectError(target, error)


def _require_as_registered(examined: ExaminedRequest, *, is_signed: bool) -> None:
    """Refuse a request that its client wants to have come another way. Spec: RFC 9126 §5; RFC 9101 §10.5."""
    client = examined.client
    if client.require_pushed_authorization_requests:
        raise RedirectError(examined.target, InvalidRequest("this client must push its requests"))
    if not is_signed and (client.require_signed_request_object or client.is_federated):
        raise RedirectError(examined.target, InvalidRequest("this client must sign its requests"))
