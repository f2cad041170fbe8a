"""A region's endpoints of the trust bundle: the bundle as it is held here, for whoever cannot reach the hub; and hints.

A hint is signed by nobody. All it can do is have the hub asked, once a second at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idp.foundation.compact_jws import Malformed, parse_object
from idp.oidc.errors import InvalidRequest, NotFound
from idp.trustlist.claims import BadBundle, Claims
from idp.web.hub_endpoints import ANYBODYS, BUNDLE, LINEAGE, asked_number, not_yet
from idp.web.wire import Handler, Headers, WireResponse, json_response, read_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services
    from idp.wiring.following.following import Following

MAX_HINT = 1_024


def bundle(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """The trust bundle that is held here. It proves itself. Raises: NotFound."""
    held = _following(services).document()
    if held is None:
        return not_yet()
    headers: Headers = (*ANYBODYS, ("ETag", held.etag))
    if environ.get("HTTP_IF_NONE_MATCH") == held.etag:
        return WireResponse(304, b"", headers)
    return WireResponse(200, held.body, (BUNDLE, *headers))


def lineage(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """What came from a number on, as the hub signed it. Raises: NotFound, InvalidRequest."""
    asked_number(environ)
    held = _following(services).document()
    if held is None or held.lineage is None:
        raise NotFound("the hub alone can tell")
    return WireResponse(200, held.lineage, (LINEAGE, *ANYBODYS))


def hint(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """Somebody says that there is a newer bundle. Raises: NotFound, InvalidRequest."""
    following = _following(services)
    try:
        seq = Claims(parse_object(read_body(environ, MAX_HINT))).whole("seq", 1)
    except (Malformed, BadBundle) as error:
        raise InvalidRequest("a hint is a JSON object with the seq of a bundle") from error
    following.hint(seq)
    return json_response({})


READ: dict[str, Handler] = {"/trust/bundle": bundle, "/trust/lineage": lineage}
WRITE: dict[str, Handler] = {"/trust/hint": hint}


def _following(services: Services) -> Following:
    if services.following is None:
        raise NotFound("no trust bundle is followed here")
    return services.following
