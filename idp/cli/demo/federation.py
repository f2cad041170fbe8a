"""Joining the demonstration's regions to its hub, as the operators of all would. Doing it again changes nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from idp.cli.demo.place import MINI_APP_DOMAINS, Installation, Place
from idp.cli.output import Refused
from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.belief import WITNESSED_WITHIN

if TYPE_CHECKING:
    from idp.settings import Settings
    from idp.wiring import Services
    from idp.wiring.hub.hub import Hub

QUORUM = 1
"""Of the two witnesses: whoever freezes one region still sees the list change."""
PATIENCE = timedelta(seconds=60)
WITNESS_PATIENCE = timedelta(seconds=10)
"""Then it goes on: somebody who tries what happens without witnesses has a demonstration all the same."""
LOOK_EVERY_SECONDS = 0.1


def join(place: Place, told: threading.Event) -> None:
    """List the regions, name them as witnesses, and wait until they rely on each other. Raises: Refused."""
    from idp.cli.demo import settings_of

    with ExitStack() as stack:
        services = stack.enter_context(_opened(settings_of(place.hub)))
        regions = [stack.enter_context(_opened(settings_of(region))) for region in place.regions]
        hub = services.hub
        assert hub is not None
        for region, own in zip(place.regions, regions, strict=True):
            if hub.listed().find(region.issuer) is None:
                _admit(services, hub, region, own)
        # Once two people govern the hub, its witnesses are for them to name.
        if not hub.listed().witnesses.witnesses and not services.governed():
            _name_witnesses(services, hub, regions)
        hub.finish_hints(PATIENCE)
        _wait_until_honoured(services, hub, regions, told)


@contextmanager
def _opened(settings: Settings) -> Iterator[Services]:
    from idp.wiring import build_services

    services = build_services(settings)
    try:
        services.open_keys()
        yield services
    finally:
        services.close()


def _admit(services: Services, hub: Hub, region: Installation, own: Services) -> None:
    """What `idp trust add` does; the keys are compared with those in the region's own database."""
    from idp.trustlist.changes import ChangeRefused
    from idp.wiring.hub.region_visits import VisitFailed

    now = services.clock.now()
    own_keys = {one.kid for one in own.stores.keys.every() if one.purpose is KeyPurpose.FEDERATION}
    try:
        met = hub.regions.meet(region.issuer, now=now)
        if not {key.thumbprint for key in met.keys} <= own_keys:
            raise Refused(
                f"{region.title} answers with keys that are not its own: is something else on its port?"
            )
        hub.regions.admit(met, ceiling=AcrLevel.STRONGEST, domains=MINI_APP_DOMAINS, now=now)
    except (ChangeRefused, VisitFailed) as failure:
        raise Refused(f"{region.title} cannot be put on the hub's list: {failure}") from failure


def _name_witnesses(services: Services, hub: Hub, regions: Sequence[Services]) -> None:
    """What `idp witness add` and `idp witness quorum` do, with the key that `idp witness key` prints in each region."""
    from idp.trustlist.changes import SetWitnesses
    from idp.trustlist.listing import ListedWitness

    named = [
        ListedWitness(str(own.witness.key), f"{own.settings.issuer}/witness")
        for own in regions
        if own.witness is not None
    ]
    hub.change(SetWitnesses(QUORUM, tuple(named)), now=services.clock.now())


def _wait_until_honoured(
    services: Services, hub: Hub, regions: Sequence[Services], told: threading.Event
) -> None:
    """Until every region honours what is out, as witnesses saw it just now. Raises: Refused."""
    began, hub_issuer = time.monotonic(), services.settings.issuer
    while not told.wait(LOOK_EVERY_SECONDS):
        now, waited = services.clock.now(), timedelta(seconds=time.monotonic() - began)
        behind = [line.op for line in hub.overview(now) if line.lag != timedelta(0)]
        is_witnessed = not hub.is_waiting() and all(_is_young(hub_issuer, own, now) for own in regions)
        if is_witnessed and not behind:
            return
        if not behind and waited > WITNESS_PATIENCE:
            click.echo("The hub's list waits for its witnesses: `idp witness list` on the hub says for whom.")
            return
        if waited > PATIENCE:
            raise Refused(
                f"the hub's list does not reach {', '.join(behind)}: see the logs in the demonstration's folder"
            )


def _is_young(hub: str, region: Services, now: datetime) -> bool:
    """Whether a region relies on what it holds for the strongest sign-ins too."""
    held = region.stores.trust_bundles.find(hub)
    return held is not None and now - held.issued_at < WITNESSED_WITHIN
