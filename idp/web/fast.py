"""The outer WSGI layers: whom we believe about the request, whether it is for us, and the machine endpoints.

The machine endpoints are answered here, ahead of Flask, because they need none of it; the pages go on to Flask.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from idp.web import edges
from idp.web.endpoints import Endpoint, table
from idp.web.proxy import FORWARDED, TrustedProxies
from idp.web.wire import STATUS_LINES, WireResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from idp.wiring import Services


class Front:
    """Everything between the server and Flask."""

    def __init__(self, services: Services, pages: WSGIApplication) -> None:
        self._services = services
        self._pages = pages
        trusted = services.settings.trusted_proxies
        self._proxies = TrustedProxies(trusted) if trusted else None
        self._host = services.issuer_host
        self._endpoints = table(services.metadata, services.settings.role)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._settle_origin(environ)
        if environ.get("HTTP_HOST", "").lower() != self._host:
            # Nothing we say may depend on a host somebody else made up (RFC 9110 §15.5.20).
            return _send(edges.misdirected(), environ, start_response)
        endpoint = self._endpoints.get(environ.get("PATH_INFO", ""))
        if endpoint is None:
            return self._pages(environ, start_response)
        return _send(self._answer(endpoint, environ), environ, start_response)

    def _settle_origin(self, environ: WSGIEnvironment) -> None:
        if self._proxies is not None:
            self._proxies.apply(environ)
        for header in FORWARDED:
            environ.pop(header, None)

    def _answer(self, endpoint: Endpoint, environ: WSGIEnvironment) -> WireResponse:
        if environ["REQUEST_METHOD"] not in endpoint.methods:
            return edges.method_not_allowed(endpoint.methods)
        return edges.guarded(endpoint.handler, self._services, environ)


def _send(response: WireResponse, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response(STATUS_LINES[response.status], list(response.all_headers))
    # A list, because granian sends one in one piece; through anything else it goes step by step, for 8 µs more.
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else response.body]
