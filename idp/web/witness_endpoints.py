"""Where logs have their heads cosigned by this region. Spec: C2SP tlog-witness, add-checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from idp.oidc.errors import NotFound
from idp.transparency import witness
from idp.transparency.witness import Conflict, NotWitnessing, Refused
from idp.web.wire import NO_STORE, Handler, WireResponse, read_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services

TEXT = ("Content-Type", "text/plain; charset=utf-8")
SIZE = ("Content-Type", "text/x.tlog.size")
PATH = "/witness/add-checkpoint"
STATUS: Mapping[type[Refused], int] = {
    witness.Malformed: 400,
    witness.NotTheLog: 403,
    witness.UnknownLog: 404,
    witness.Inconsistent: 422,
    witness.NotWitnessing: 503,
}

log = logging.getLogger("idp.witness")


def add_checkpoint(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """Cosign a later head of a log. Raises: NotFound — this region is no witness; InvalidRequest."""
    if services.witness is None:
        raise NotFound("this region is no witness")
    body = read_body(environ, witness.MAX_REQUEST)
    try:
        lines = services.witness.add_checkpoint(body, now=services.clock.now())
    except Conflict as conflict:
        return WireResponse(409, f"{conflict.size}\n".encode(), (SIZE, *NO_STORE))
    except NotWitnessing as refusal:
        log.error("nothing is cosigned here", extra={"detail": refusal.detail})
        return _refused(refusal)
    except Refused as refusal:
        return _refused(refusal)
    return WireResponse(200, lines.encode(), (TEXT, *NO_STORE))


def _refused(refusal: Refused) -> WireResponse:
    return WireResponse(STATUS[type(refusal)], f"{refusal}\n".encode(), (TEXT, *NO_STORE))


WRITE: dict[str, Handler] = {PATH: add_checkpoint}
