"""The outer WSGI layers: whom we believe about the request, whether it is for us, and the machine endpoints.

The machine endpoints are answered here, ahead of Flask, because they need none of it; the pages go on to Flask.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from time import perf_counter
from typing import TYPE_CHECKING

from idp.foundation.figures import OTHER
from idp.web import edges, health_endpoints, log_endpoints, request_ids
from idp.web.endpoints import Endpoint, table
from idp.web.measuring import Meter, Noted
from idp.web.proxy import FORWARDED, TrustedProxies
from idp.web.wire import STATUS_LINES, WireResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from idp.wiring import Services

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
ROUTE = "tongxing.route"
"""In the environment: which machine endpoint answered."""


class Front:
    """Everything between the server and Flask."""

    def __init__(self, services: Services, pages: WSGIApplication, page_routes: Iterable[str] = ()) -> None:
        self._services = services
        self._pages = pages
        trusted = services.settings.trusted_proxies
        self._proxies = TrustedProxies(trusted) if trusted else None
        self._neighbours = TrustedProxies((*LOOPBACK, *trusted))
        self._host = services.issuer_host
        self._endpoints = table(services.metadata, services.settings.role)
        self.meter = Meter((*page_routes, *self._endpoints), services.figure_memory, services.settings.role)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in health_endpoints.PROBES and self._is_probe(environ):
            return _send(health_endpoints.answer(self._services, environ), environ, start_response)
        began = perf_counter()
        believed = self._proxies is not None and self._proxies.is_neighbour(environ)
        request = request_ids.begin(environ, self._services.entropy, is_believed=believed)
        noted = Noted(start_response, (request_ids.HEADER, request_ids.current()))
        try:
            return self._answer(environ, noted)
        finally:
            took = perf_counter() - began
            self.meter.done(_route(environ), environ["REQUEST_METHOD"], noted.status, took)
            request_ids.end(request)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._settle_origin(environ)
        if environ.get("HTTP_HOST", "").lower() != self._host:
            # Nothing we say may depend on a host somebody else made up (RFC 9110 §15.5.20).
            return _send(edges.misdirected(), environ, start_response)
        path = environ.get("PATH_INFO", "")
        # The one endpoint with many addresses: those of tiles.
        route = log_endpoints.PREFIX if path.startswith(log_endpoints.PREFIX) else path
        endpoint = self._endpoints.get(route)
        if endpoint is None:
            return self._pages(environ, start_response)
        environ[ROUTE] = route
        return _send(self._from_endpoint(endpoint, environ), environ, start_response)

    def _is_probe(self, environ: WSGIEnvironment) -> bool:
        """Whether a neighbour asks for itself: it names no host of ours, and passes nothing on for anybody."""
        return (
            environ.get("HTTP_HOST", "").lower() != self._host
            and not any(header in environ for header in FORWARDED)
            and self._neighbours.is_neighbour(environ)
        )

    def _settle_origin(self, environ: WSGIEnvironment) -> None:
        if self._proxies is not None:
            self._proxies.apply(environ)
        for header in FORWARDED:
            environ.pop(header, None)

    def _from_endpoint(self, endpoint: Endpoint, environ: WSGIEnvironment) -> WireResponse:
        if environ["REQUEST_METHOD"] not in endpoint.methods:
            return edges.method_not_allowed(endpoint.methods)
        return edges.guarded(endpoint.handler, self._services, environ)


def _route(environ: WSGIEnvironment) -> str:
    """The name of what answered: an endpoint's path, or a view's name as Flask knows it."""
    route: str | None = environ.get(ROUTE)
    if route is not None:
        return route
    request = environ.get("werkzeug.request")
    return getattr(request, "endpoint", None) or OTHER


def _send(response: WireResponse, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response(STATUS_LINES[response.status], list(response.all_headers))
    # A list, because granian sends one in one piece; through anything else it goes step by step, for 8 µs more.
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else response.body]
