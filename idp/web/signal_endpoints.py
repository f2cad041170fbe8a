"""The endpoints of security event streams. Spec: SSF 1.0 §7, §8; RFC 8936 §2; RFC 6750 §2.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from idp.oidc.bearer import PresentedToken
from idp.oidc.client import Client
from idp.oidc.errors import InvalidRequest, InvalidToken, NotFound, SlowDown, StreamExists, StreamHeld
from idp.oidc.parameters import Parameters
from idp.oidc.signal_access import MANAGE, READ
from idp.oidc.vocabulary import TokenType
from idp.signals import refusals
from idp.signals.stream_request import MAX_BODY
from idp.signals.transmitter_metadata import ADD_SUBJECT, POLL, REMOVE_SUBJECT, STATUS, STREAM, VERIFY
from idp.web.wire import JSON, NO_STORE, Handler, WireResponse, json_response, read_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services

_SCHEMES = {str(token_type).lower(): token_type for token_type in TokenType}


def stream(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """Make, read, change, replace or end a stream. SSF 1.0 §8.1.1."""
    method, now = environ["REQUEST_METHOD"], services.clock.now()
    client = _client(services, environ, READ if method in ("GET", "HEAD") else MANAGE)
    transmitter = services.signals.transmitter
    match method:
        case "POST":
            return json_response(transmitter.create(client, _body(environ), now=now), 201)
        case "PATCH":
            return json_response(transmitter.update(client, _body(environ), now=now))
        case "PUT":
            return json_response(transmitter.replace(client, _body(environ), now=now))
        case "DELETE":
            transmitter.remove(client, _named_stream(environ), now=now)
            return _nothing(204)
        case _:
            return _document(transmitter.read(client, _stream_id(environ), now=now))


def status(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """Read or set the status of a stream. SSF 1.0 §8.1.2."""
    now = services.clock.now()
    if environ["REQUEST_METHOD"] == "POST":
        client = _client(services, environ, MANAGE)
        return json_response(services.signals.transmitter.set_status(client, _body(environ), now=now))
    client = _client(services, environ, READ)
    return json_response(services.signals.transmitter.status(client, _named_stream(environ), now=now))


def add_subject(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """SSF 1.0 §8.1.3.2."""
    client = _client(services, environ, MANAGE)
    services.signals.transmitter.add_subject(client, _body(environ), now=services.clock.now())
    return _nothing(200)


def remove_subject(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """SSF 1.0 §8.1.3.3."""
    client = _client(services, environ, MANAGE)
    services.signals.transmitter.remove_subject(client, _body(environ), now=services.clock.now())
    return _nothing(204)


def verify(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """SSF 1.0 §8.1.4.2."""
    client = _client(services, environ, MANAGE)
    services.signals.transmitter.verify(client, _body(environ), now=services.clock.now())
    services.signals.pushing.hurry()
    return _nothing(204)


def poll(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """RFC 8936 §2."""
    client = _client(services, environ, READ)
    members = services.signals.transmitter.poll(
        client, _named_stream(environ), _body(environ), now=services.clock.now()
    )
    return json_response(members)


def _refusing(handler: Handler) -> Handler:
    """The handler, with refusals in the words of the protocol."""

    def answer(services: Services, environ: WSGIEnvironment) -> WireResponse:
        try:
            return handler(services, environ)
        except refusals.UnknownStream as error:
            raise NotFound(error.description) from error
        except refusals.SecondStream as error:
            raise StreamExists(error.description) from error
        except refusals.HeldStream as error:
            raise StreamHeld(error.description) from error
        except refusals.TooSoon as error:
            raise SlowDown(error.description, retry_after=error.retry_after) from error
        except refusals.StreamRefusal as error:
            raise InvalidRequest(error.description, detail=error.detail) from error

    return answer


ENDPOINTS: Mapping[str, tuple[frozenset[str], Handler]] = {
    STREAM: (frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"}), _refusing(stream)),
    STATUS: (frozenset({"GET", "HEAD", "POST"}), _refusing(status)),
    ADD_SUBJECT: (frozenset({"POST"}), _refusing(add_subject)),
    REMOVE_SUBJECT: (frozenset({"POST"}), _refusing(remove_subject)),
    VERIFY: (frozenset({"POST"}), _refusing(verify)),
    POLL: (frozenset({"POST"}), _refusing(poll)),
}
"""Path → what it answers to."""


def _client(services: Services, environ: WSGIEnvironment, enough: tuple[str, ...]) -> Client:
    token, now = _presented_token(environ), services.clock.now()
    return services.signals.access.client(token, environ["PATH_INFO"], enough, now=now)


def _presented_token(environ: WSGIEnvironment) -> PresentedToken:
    """In the header and nowhere else (CAEPIOP §2.7.3). Raises: InvalidToken."""
    scheme, _, value = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    token_type = _SCHEMES.get(scheme.lower())
    if token_type is None or not value.strip():
        raise InvalidToken("an access token is required, in the Authorization header")
    return PresentedToken(value.strip(), token_type, environ["REQUEST_METHOD"], environ.get("HTTP_DPOP"))


def _body(environ: WSGIEnvironment) -> bytes:
    content_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise InvalidRequest("the body must be application/json")
    return read_body(environ, MAX_BODY)


def _stream_id(environ: WSGIEnvironment) -> str | None:
    return Parameters.from_urlencoded(environ.get("QUERY_STRING", "").encode("latin-1")).one("stream_id")


def _named_stream(environ: WSGIEnvironment) -> str:
    found = _stream_id(environ)
    if found is None:
        raise InvalidRequest("stream_id is required in the address")
    return found


def _nothing(status: int) -> WireResponse:
    return WireResponse(status, b"", NO_STORE)


def _document(members: Mapping[str, Any] | Sequence[Any]) -> WireResponse:
    return WireResponse(200, orjson.dumps(members), (JSON, *NO_STORE))
