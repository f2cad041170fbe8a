"""The outer WSGI layers: whom we believe about the request, whether it is for us, and the machine endpoints.

The machine endpoints are answered here, ahead of Flask, because they need none of it; the pages go on to Flask.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from idp.web import edges
from idp.web.endpoints import Endpoint, table
from idp.web.proxy import TrustedProxies
from idp.web.wire import ALWAYS, STATUS_LINES, WireResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from idp.wiring import Services


class Front:
    """Everything between the server and Flask."""

    def __init__(self, services: Services, pages: WSGIApplication) -> None:
        self._services = services
        self._pages = pages
        self._proxies = TrustedProxies(services.settings.trusted_proxies)
        self._host = services.issuer_host
        self._endpoints = table(services.metadata)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._proxies.apply(environ)
        if environ.get("HTTP_HOST", "").lower() != self._host:
            # Nothing we say may depend on a host somebody else made up (RFC 9110 §15.5.20).
            return _send(edges.misdirected(), environ, start_response)
        endpoint = self._endpoints.get(environ.get("PATH_INFO", ""))
        if endpoint is None:
            return self._pages(environ, start_response)
        return _send(self._answer(endpoint, environ), environ, start_response)

    def _answer(self, endpoint: Endpoint, environ: WSGIEnvironment) -> WireResponse:
        if environ["REQUEST_METHOD"] not in endpoint.methods:
            return edges.method_not_allowed(endpoint.methods)
        return edges.guarded(endpoint.handler, self._services, environ)


def _send(response: WireResponse, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    headers = [*response.headers, *ALWAYS, ("Content-Length", str(len(response.body)))]
    start_response(STATUS_LINES[response.status], headers)
    return (b"",) if environ["REQUEST_METHOD"] == "HEAD" else (response.body,)
