"""East and West as Chromium meets them, and West's mini-app Health: three servers in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idp.foundation.secret import Secret
from idp.storage import management
from idp.wiring import build_services
from tests.browser.mini_app import running_health, serving
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider, settings_for
from tests.support.server import RunningClock, free_port
from tests.support.two_regions import HUB, Network, TrustList

NAMES = {"east": {"en": "Region East", "zh-CN": "东区"}, "west": {"en": "Region West", "zh-CN": "西区"}}


@dataclass(frozen=True)
class TwoRegions:
    """Where everything is."""

    east: Provider
    west: Provider
    health: str
    """The mini-app's address."""
    trust: TrustList
    network: Network
    guard: LeakGuard

    @property
    def origins(self) -> frozenset[str]:
        return frozenset({self.east.issuer, self.west.issuer, self.health})


@contextmanager
def two_regions(folder: Path) -> Iterator[TwoRegions]:
    """Serve both regions, each on the other's list, and Health."""
    clock: Any = RunningClock()
    trust, network, guard = TrustList(clock), Network(), LeakGuard()
    with ExitStack() as stack:
        east, west = (_region(name, folder, trust, network, guard, stack) for name in ("east", "west"))
        health = stack.enter_context(running_health(west))  # type: ignore[arg-type]
        yield TwoRegions(east, west, health.address, trust, network, guard)
    assert guard.leaks() == []


def _region(
    name: str, folder: Path, trust: TrustList, network: Network, guard: LeakGuard, stack: ExitStack
) -> Provider:
    port, clock = free_port(), RunningClock()
    settings = settings_for(
        f"sqlite:///{folder / name}.db",
        issuer=f"http://{name}.id.localhost:{port}",
        region=name,
        region_name=NAMES[name],
        secret_key=Secret(f"a secret for tests of {name}: 0123456789 abcdefghij"),
        trust_anchor=HUB,
        rp_id="id.localhost",
    )
    management.upgrade(settings.database_url)
    egress: Any = network.egress(settings.issuer)
    services = build_services(settings, trust=trust, egress=egress)
    stack.callback(services.database.close)
    services.open_keys()
    provider = Provider(settings, services, clock, guard)  # type: ignore[arg-type]
    network.apps[settings.issuer] = provider.app
    trust.list(provider)
    stack.enter_context(serving(provider.app, port))
    return provider
