"""A hub that two people run and regions that have yet to join, as they run for real; for walks through the console.

with governed_hub(folder, "east", "west") as country:
    country.admit("west")            # while it is being set up, as an operator does by command
    ada, ben = country.links()       # one-time links of the first two administrators
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import AcrLevel
from idp.settings import Role
from tests.support.nation import NAMES
from tests.support.server import RunningProvider, running_provider
from tests.support.waiting import wait_until

DELAY = timedelta(seconds=3)
"""How long an approved change waits: long enough to be seen waiting, short enough to wait for."""
HUB_NAME = {"en": "Hub", "zh-CN": "国家枢纽"}
POLL = timedelta(seconds=2)


@dataclass(frozen=True)
class Country:
    """The hub and its future regions, running."""

    hub: RunningProvider
    regions: dict[str, RunningProvider]

    def links(self) -> tuple[str, str]:
        """What the first two administrators are sent, as `idp admin bootstrap` prints it."""
        one, other = self.hub.services.staff.bootstrap(("Ada", "Ben"), now=self.hub.clock.now())
        return one.address, other.address

    def admit(self, name: str) -> None:
        """Put a region on the list, as an operator does by command while the hub is being set up."""
        registry, now = self.hub.services.hub, self.hub.clock.now()
        assert registry is not None
        met = registry.regions.meet(self.regions[name].issuer, now=now)
        registry.regions.admit(met, ceiling=AcrLevel.STRONGEST, domains=(".example",), now=now)

    def keys_of(self, name: str) -> tuple[str, ...]:
        """The thumbprints of a region's federation keys, as its operators read them out on the telephone."""
        published = self.regions[name].services.keyrings[KeyPurpose.FEDERATION].jwks().body
        return tuple(sorted(key["kid"] for key in json.loads(published)["keys"]))

    def wait_until_honoured(self, *names: str) -> None:
        """Until these regions have reported that they hold the newest list."""
        registry, wanted = self.hub.services.hub, {self.regions[name].issuer for name in names}
        assert registry is not None

        def have_it() -> bool:
            lines = registry.overview(self.hub.clock.now())
            return wanted <= {line.op for line in lines if line.lag == timedelta(0)}

        wait_until(have_it)


@contextmanager
def governed_hub(folder: Path, *names: str) -> Iterator[Country]:
    """Start the hub and the regions, each in processes of its own, and stop them when done."""
    with ExitStack() as running:

        def start(name: str, **settings: Any) -> RunningProvider:
            database = f"sqlite:///{folder / f'{name}.db'}"
            host = f"{name}.id.localhost"
            return running.enter_context(running_provider(database, host=host, region=name, **settings))

        hub = start("hub", role=Role.HUB, region_name=HUB_NAME, change_delay=DELAY)
        assert hub.services.hub is not None
        keys_file = folder / "hub_keys.json"
        keys_file.write_bytes(hub.services.hub.bundle_keys.jwks().body)
        regions = {
            name: start(
                name,
                region_name=NAMES[name],
                rp_id="id.localhost",
                trust_anchor=hub.issuer,
                trust_keys_file=keys_file,
                trust_poll=POLL,
            )
            for name in names
        }
        yield Country(hub, regions)
