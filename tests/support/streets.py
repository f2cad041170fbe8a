"""A hub and regions, whole ones, in one process: they speak to each other by HTTP, without a network in between."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import Client as HttpClient

from idp.adapters.egress import Answer, Egress
from idp.adapters.egress_errors import EgressError, Reason
from idp.wiring import build_services
from tests.support.clock import FakeClock
from tests.support.hub import HUB, Nation, hub_settings
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider, settings_for

EAST = "http://east.id.localhost:8001"
WEST = "http://west.id.localhost:8002"


class Streets(Egress):
    """Leads from every host to the application that answers there."""

    def __init__(self) -> None:
        super().__init__(is_development=True)
        self.apps: dict[str, Any] = {}
        self.asked: list[str] = []
        self.away: set[str] = set()
        """Hosts that nobody reaches."""

    def get(self, url: str, **options: Any) -> Answer:
        return self._ask(
            "GET", url, {"headers": {"If-None-Match": options["etag"]} if options.get("etag") else {}}
        )

    def post(self, url: str, body: bytes, content_type: str, **options: Any) -> Answer:
        return self._ask("POST", url, {"data": body, "content_type": content_type})

    def _ask(self, method: str, url: str, options: dict[str, Any]) -> Answer:
        self.asked.append(url)
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}"
        if base not in self.apps or base in self.away:
            raise EgressError(Reason.UNREACHABLE, "nobody there")
        client = HttpClient(self.apps[base], use_cookies=False)
        found = client.open(url.removeprefix(base), method=method, base_url=base, buffered=True, **options)
        headers = {name.lower(): value for name, value in found.headers.items()}
        return Answer(found.status_code, headers, found.data)


@dataclass
class Federation:
    """A hub with two regions on its list."""

    hub: Nation
    regions: dict[str, Provider]
    clock: FakeClock
    streets: Streets

    def pass_time(self, **duration: float) -> None:
        """As if everybody's threads had had their turn."""
        self.clock.advance(**duration)
        self.hub.hub.regions.visit_due(now=self.clock.now())
        self.hub.hub.publish(now=self.clock.now())
        self.hub.hub.finish_hints(self.hub.settings.trust_poll)
        self.clock.advance(seconds=1)
        for region in self.regions.values():
            assert region.services.following is not None
            region.services.following.puller.pull()
            region.services.following.trust.look_now()

    def trusts(self, region: str, other: str) -> Any:
        """The other's provider keys, as a region has them in memory."""
        snapshot = self.regions[region].services.trust()
        return snapshot.provider(other, now=self.clock.now())["jwks"]["keys"]


def hub_of(folder: Path, template: Path, clock: FakeClock, streets: Streets) -> Nation:
    """A hub that has published its first bundle."""
    settings = hub_settings(f"sqlite:///{shutil.copy(template, folder / 'hub.db')}")
    services = build_services(settings, clock=clock, egress=streets)
    services.open_keys()
    nation = Nation(settings, services, clock, streets)  # type: ignore[arg-type]
    nation.hub.publish(now=clock.now())
    streets.apps[HUB] = nation.app
    return nation


def region_of(
    issuer: str,
    folder: Path,
    template: Path,
    clock: FakeClock,
    guard: LeakGuard,
    streets: Streets,
    keys: Path,
    **changes: Any,
) -> Provider:
    """A region at this issuer. `changes`: of its settings."""
    name = (urlsplit(issuer).hostname or "").partition(".")[0]
    path = shutil.copy(template, folder / f"{name}.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        # The template's are everybody's: here everybody makes their own, of the kind that is quickly made.
        connection.execute("DELETE FROM signing_keys WHERE algorithm = 'ES256'")
    settings = settings_for(
        f"sqlite:///{path}",
        issuer=issuer,
        region=name,
        region_name={"en": name.title()},
        trust_anchor=HUB,
        trust_keys_file=keys,
        rp_id="id.localhost",
        **changes,
    )
    services = build_services(settings, clock=clock, egress=streets)
    services.open_keys()
    region = Provider(settings, services, clock, guard)
    streets.apps[issuer] = region.app
    return region
