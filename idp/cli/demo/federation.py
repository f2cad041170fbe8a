"""Joining the demonstration's regions to its hub, as the operators of both would. Doing it again changes nothing."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from idp.cli.demo.place import MINI_APP_DOMAINS, Installation, Place
from idp.cli.output import Refused
from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import AcrLevel

if TYPE_CHECKING:
    from idp.wiring import Services
    from idp.wiring.hub.hub import Hub

PATIENCE = timedelta(seconds=20)
LOOK_EVERY_SECONDS = 0.1


def join(place: Place, told: threading.Event) -> None:
    """List every region that is not listed yet, and wait until all of them have the list. Raises: Refused."""
    from idp.cli.demo import settings_of
    from idp.wiring import build_services

    services = build_services(settings_of(place.hub))
    try:
        services.open_keys()
        hub = services.hub
        assert hub is not None
        for region in place.regions:
            if hub.listed().find(region.issuer) is None:
                _admit(services, hub, region)
        hub.finish_hints(PATIENCE)
        _wait_until_honoured(services, hub, told)
    finally:
        services.database.close()


def _admit(services: Services, hub: Hub, region: Installation) -> None:
    """What `idp trust add` does; the keys are compared with those in the region's own database."""
    from idp.trustlist.changes import ChangeRefused
    from idp.wiring.hub.region_visits import VisitFailed

    now = services.clock.now()
    try:
        met = hub.meet(region.issuer, now=now)
        if not {key.thumbprint for key in met.keys} <= _own_keys(region):
            raise Refused(
                f"{region.title} answers with keys that are not its own: is something else on its port?"
            )
        hub.admit(met, ceiling=AcrLevel.STRONGEST, domains=MINI_APP_DOMAINS, now=now)
    except (ChangeRefused, VisitFailed) as failure:
        raise Refused(f"{region.title} cannot be put on the hub's list: {failure}") from failure


def _own_keys(region: Installation) -> set[str]:
    from idp.cli.demo import settings_of
    from idp.wiring import build_services

    services = build_services(settings_of(region))
    try:
        return {one.kid for one in services.stores.keys.every() if one.purpose is KeyPurpose.FEDERATION}
    finally:
        services.database.close()


def _wait_until_honoured(services: Services, hub: Hub, told: threading.Event) -> None:
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while not told.wait(LOOK_EVERY_SECONDS):
        lines = hub.overview(services.clock.now())
        if all(line.lag == timedelta(0) for line in lines):
            return
        if time.monotonic() > deadline:
            behind = ", ".join(line.op for line in lines if line.lag != timedelta(0))
            raise Refused(
                f"the hub's list does not reach {behind}: see the logs in the demonstration's folder"
            )
