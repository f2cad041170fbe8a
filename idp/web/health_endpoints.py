"""Whether this process lives and whether it should be sent requests: for whoever balances and restarts.

Neighbours ask by the address of the machine, so these two are answered before the host is looked at, and only to who
asks from this machine or from a trusted proxy's network, for itself. On the public host there is no such page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from idp.web import edges
from idp.web.wire import WireResponse, json_response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from idp.wiring import Services

LIVE, READY = "/livez", "/readyz"
PROBES = frozenset({LIVE, READY})
METHODS = frozenset({"GET", "HEAD"})


def answer(services: Services, environ: WSGIEnvironment) -> WireResponse:
    """The answer to a probe."""
    if environ["REQUEST_METHOD"] not in METHODS:
        return edges.method_not_allowed(METHODS)
    return live() if environ["PATH_INFO"] == LIVE else ready(services)


def live() -> WireResponse:
    """This process answers. It asks nothing of anybody: a restart would not mend a database."""
    return json_response({"live": True})


def ready(services: Services) -> WireResponse:
    """Whether requests should come here, and what keeps them away: names of checks and nothing else."""
    health = services.readiness.now()
    checks = {check.value: is_fine for check, is_fine in health.checks.items()}
    members = {"ready": health.is_ready, "checks": checks, "facts": dict(health.facts)}
    return json_response(members, 200 if health.is_ready else 503)
