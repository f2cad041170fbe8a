"""The hub's machine endpoints: the trust bundle as prepared bytes, its past, its keys, and the regions' reports.

Nothing here takes a cookie, and nothing but a report is written. Format: `docs/reference/trust-bundle.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idp.oidc.errors import InvalidRequest, NotFound
from idp.oidc.parameters import Parameters
from idp.trustlist.seen import MAX_REPORT
from idp.web.wire import JSON, Handler, Headers, WireResponse, json_response, read_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services
    from idp.wiring.hub.hub import Hub

MAX_QUERY = 1_024
BUNDLE = ("Content-Type", "application/trust-bundle+jwt")
LINEAGE = ("Content-Type", "application/trust-lineage+jwt")
ANYBODYS: Headers = (("Cache-Control", "public, no-cache"), ("Access-Control-Allow-Origin", "*"))
"""Kept by anybody on the way, and asked for again every time: with its ETag that costs next to nothing."""


def bundle(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """The newest trust bundle."""
    newest = _hub(services).bundle(now=services.clock.now())
    if newest is None:
        return not_yet()
    headers: Headers = (*ANYBODYS, ("ETag", newest.etag))
    if environ.get("HTTP_IF_NONE_MATCH") == newest.etag:
        return WireResponse(304, b"", headers)
    return WireResponse(200, newest.body, (BUNDLE, *headers))


def lineage(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """What came from a number on, for whoever was away for long. Raises: InvalidRequest."""
    signed = _hub(services).lineage(asked_number(environ), now=services.clock.now())
    if signed is None:
        raise NotFound("no bundle had this number")
    return WireResponse(200, signed.encode("ascii"), (LINEAGE, *ANYBODYS))


def keys(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """The keys that sign bundles. To be believed only when they came over another way than this one."""
    document = _hub(services).bundle_keys.jwks()
    headers: Headers = (*ANYBODYS, ("ETag", document.etag))
    if environ.get("HTTP_IF_NONE_MATCH") == document.etag:
        return WireResponse(304, b"", headers)
    return WireResponse(200, document.body, (JSON, *headers))


def seen(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """A region reports what it honours. Raises: InvalidRequest, InvalidClient."""
    newest = _hub(services).seen(read_body(environ, MAX_REPORT), now=services.clock.now())
    return json_response({"seq": newest})


READ: dict[str, Handler] = {"/trust/bundle": bundle, "/trust/lineage": lineage, "/trust/keys.json": keys}
WRITE: dict[str, Handler] = {"/trust/seen": seen}


def _hub(services: Services) -> Hub:
    if services.hub is None:
        raise RuntimeError("these endpoints are a hub's")
    return services.hub


def asked_number(environ: WSGIEnvironment) -> int:
    """The number of a bundle in a query. Raises: InvalidRequest."""
    query = Parameters.from_urlencoded(environ.get("QUERY_STRING", "").encode("latin-1"), MAX_QUERY)
    start = query.one("from") or ""
    if not (start.isascii() and start.isdecimal() and 0 < len(start) < 16):
        raise InvalidRequest("from must be the number of a bundle")
    return int(start)


def not_yet() -> WireResponse:
    """Nothing to show so far."""
    members = {"error": "temporarily_unavailable", "error_description": "no bundle has been signed yet"}
    return json_response(members, 503, (("Retry-After", "5"),))
