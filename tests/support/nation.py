"""A hub and three regions as they run for real: processes of their own, real sockets, the real clock.

    with nation(folder) as country:
        country.east.person("gulbahar")
        health = country.app("health", country.west)
        visit = country.visit(health, home=country.east)
        country.hub.kill()                       # a power cut at the hub; `start_again()` brings it back

The regions join as operators would have them join: the hub visits each, its keys are compared, it is listed.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.oidc.vocabulary import AcrLevel
from idp.settings import Role
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import Change
from idp.wiring.hub.hub import Hub
from idp.wiring.hub.region_visits import VisitFailed
from tests.support.browser import Page
from tests.support.leak_guard import LeakGuard
from tests.support.provider import PASSWORD
from tests.support.relying_party import RelyingParty, Value
from tests.support.server import RunningProvider, running_provider
from tests.support.two_regions import Traveller, Visit, app_of
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NAMES = {
    "east": {"en": "East", "zh-CN": "东区"},
    "west": {"en": "West", "zh-CN": "西区"},
    "south": {"en": "South", "zh-CN": "南区"},
}
EVERY_PROCESS_LOOKED_SECONDS = 1.2
RECORDS = "https://api.records.example"
"""A service whose back end takes tokens of every region."""


class Ground:
    """Where the parties stand: all on this machine, at any free port."""

    def inside(self, name: str) -> AbstractContextManager[None]:
        """Where a party calls from, and is called at its own address."""
        return nullcontext()

    def settings(self, name: str) -> dict[str, Any]:
        """What a party has to know of it."""
        return {}


HERE = Ground()


@dataclass
class Nation:
    """Everybody, running."""

    hub: RunningProvider
    east: RunningProvider
    west: RunningProvider
    south: RunningProvider
    ground: Ground

    @property
    def regions(self) -> tuple[RunningProvider, ...]:
        return (self.east, self.west, self.south)

    @property
    def registry(self) -> Hub:
        """The hub's list, on the hub's database."""
        hub = self.hub.services.hub
        assert hub is not None
        return hub

    def change(self, change: Change) -> int:
        """What an operator of the hub does by `idp trust`; the number of the bundle that says so."""
        with self.ground.inside("hub"):
            published = self.registry.change(change, now=self.hub.clock.now())
            self.registry.finish_hints(timedelta(seconds=5))
        return published.seq

    def bundle(self) -> str:
        """The newest bundle, from a mirror: whoever checks tokens need not call the hub."""
        return self.south.send("GET", "/trust/bundle").text

    def wait_until_honoured(self, *regions: RunningProvider) -> None:
        """Until these regions, or all that are on the list, have reported that they hold the newest bundle."""
        wanted = {region.issuer for region in regions or self.regions}

        def all_have_it() -> bool:
            lines = self.registry.overview(self.hub.clock.now())
            return all(line.lag == timedelta(0) for line in lines if line.op in wanted)

        wait_until(all_have_it)
        # What a region reports is in its database; each of its processes, and ours, looks there once a second.
        time.sleep(EVERY_PROCESS_LOOKED_SECONDS)

    def app(self, name: str, region: RunningProvider, **changes: Any) -> RelyingParty:
        """A mini-app of a region, which may ask for tokens for `RECORDS`."""
        return region.client(name, **app_of("health", name) | {"resources": (RECORDS,)} | changes)

    def traveller(self) -> Traveller:
        """A new person's browser."""
        return Traveller({region.issuer: region for region in self.regions})

    def visit(
        self,
        app: RelyingParty,
        home: RunningProvider,
        username: str,
        traveller: Traveller | None = None,
        **parameters: Value,
    ) -> Visit:
        """Sign in at an app with an account of `home`, whatever region the app is of."""
        traveller, pending = traveller or self.traveller(), app.begin(**parameters)
        visit = Visit(traveller, pending, traveller.get(pending.url))
        if visit.page.path == "/login" and not visit.page.is_outside and app.issuer != home.issuer:
            visit.page = traveller.get(visit.page.url.replace("/login?", "/login/region?"))
            visit.press("/login/region", home=home.issuer)
        return visit.finish(username, PASSWORD)


def heading(page: Page) -> str:
    """What a page says first."""
    return page.text.partition("<h1>")[2].partition("</h1>")[0]


@contextmanager
def nation(
    folder: Path,
    guard: LeakGuard | None = None,
    *,
    workers: int = 1,
    poll: timedelta = timedelta(seconds=2),
    ground: Ground = HERE,
    key_publish_ahead: timedelta = timedelta(days=1),
    witnesses: bool = False,
    **changes: Any,
) -> Iterator[Nation]:
    """Start everybody, join the regions, and stop everybody when done.

    `poll`: how often the hub is asked. `key_publish_ahead`: everybody's. `witnesses`: whether the regions are
    some. `changes`: further settings of the regions.
    """
    with ExitStack() as running:

        def start(name: str, **settings: Any) -> RunningProvider:
            database = f"sqlite:///{folder / f'{name}.db'}"
            settings |= {"host": f"{name}.id.localhost", "region": name, **ground.settings(name)}
            settings["key_publish_ahead"] = key_publish_ahead
            with ground.inside(name):
                provider = running.enter_context(
                    running_provider(database, guard, workers=workers, **settings)
                )
            provider.app = _called_inside(ground, name, provider.app)
            return provider

        hub = start("hub", role=Role.HUB)
        keys_file = folder / "hub_keys.json"
        assert hub.services.hub is not None
        keys_file.write_bytes(hub.services.hub.bundle_keys.jwks().body)
        east, west, south = (
            start(
                name,
                region_name=NAMES[name],
                rp_id="id.localhost",
                trust_anchor=hub.issuer,
                trust_keys_file=keys_file,
                trust_poll=poll,
                witness_memory_file=folder / f"{name}-memory.json" if witnesses else None,
                **changes,
            )
            for name in NAMES
        )
        country = Nation(hub, east, west, south, ground)
        with ground.inside("hub"):
            for region in country.regions:
                _join(country, region)
        country.wait_until_honoured()
        yield country


def _called_inside(ground: Ground, name: str, app: WSGIApplication) -> WSGIApplication:
    """The same application, called from where it stands: a person's way to it is never cut."""

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with ground.inside(name):
            return app(environ, start_response)

    return call


def _join(country: Nation, region: RunningProvider) -> None:
    """As soon as the hub can visit it: on a busy machine some answer may come too late for the hub."""
    registry, now = country.registry, country.hub.clock.now()

    def is_visited() -> bool:
        try:
            met = registry.regions.meet(region.issuer, now=now)
            registry.regions.admit(met, ceiling=AcrLevel.STRONGEST, domains=(".example",), now=now)
        except VisitFailed:
            return False
        return True

    wait_until(is_visited)
    assert registry.listed().find(region.issuer).status is RegionStatus.ACTIVE  # type: ignore[union-attr]


@contextmanager
def frozen(provider: RunningProvider) -> Iterator[None]:
    """Its processes stand still while the block runs: connections are taken and never answered."""
    os.killpg(provider.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(provider.process.pid, signal.SIGCONT)
