"""What could be wrong with a hub: a list that grows old, regions out of reach, keys that change too suddenly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from idp.cli.examination.witnesses import hub_witnesses
from idp.cli.finding import Finding, advice, fault, good
from idp.settings import Settings
from idp.trustlist.bundle import SIGNED_EVERY, RegionStatus
from idp.trustlist.seen import RegionLine
from idp.wiring import Services
from idp.wiring.hub.hub import Hub

SIGNED_LATE = 5 * SIGNED_EVERY
ENDS_SOON = timedelta(hours=6)
LAG_ALARM = timedelta(seconds=60)
AHEAD_ENOUGH = timedelta(days=7)
"""Whoever is away for longer than a key is announced needs a new file of keys."""


def hub_list(services: Services, hub: Hub) -> Iterator[Finding]:
    """The list and what is published of it."""
    now = services.clock.now()
    yield from _bundle(services, now)
    yield from _keys_ahead(services.settings)
    yield from hub_witnesses(services.settings, hub, now)
    faults = hub.faults()
    for region in hub.listed().regions:
        if region.status is RegionStatus.REMOVED:
            continue
        ends_in = region.vouched.expires_at - now
        why = f": {faults[region.op]}" if region.op in faults else ""
        if ends_in <= timedelta(0):
            yield fault(f"{region.op} is listed without keys, because its statements have ended{why}")
        elif ends_in < ENDS_SOON:
            yield fault(f"the statements of {region.op} end at {region.vouched.expires_at:%H:%M} UTC{why}")
        elif why:
            yield advice(f"the last visit to {region.op} came to nothing{why}")
    for line in hub.overview(now):
        yield from _lag(line)


def _bundle(services: Services, now: datetime) -> Iterator[Finding]:
    newest = services.stores.trust_list.contents.newest()
    if newest is None:
        yield advice("no trust bundle has been signed yet: start the hub with `idp serve`")
        return
    age = now - newest.signed_at
    if age > SIGNED_LATE:
        minutes = int(age.total_seconds() / 60)
        yield fault(
            f"the trust bundle was signed {minutes} minutes ago, so strong sign-ins between regions stop: "
            "start the hub with `idp serve`"
        )
    else:
        yield good(f"bundle {newest.seq} was signed {int(age.total_seconds())} seconds ago")


def _keys_ahead(settings: Settings) -> Iterator[Finding]:
    if settings.key_publish_ahead < AHEAD_ENOUGH:
        yield advice(
            f"IDP_KEY_PUBLISH_AHEAD is {settings.key_publish_ahead}: a region that is away for longer while the hub "
            "changes its keys needs a new file of keys; on a hub set it to 14 days"
        )


def _lag(line: RegionLine) -> Iterator[Finding]:
    if line.state is RegionStatus.ACTIVE and line.lag is not None and line.lag > LAG_ALARM:
        yield advice(
            f"{line.op} has not honoured the newest bundle for {int(line.lag.total_seconds())} seconds"
        )
