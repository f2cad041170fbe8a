"""A hub and three regions in one process: all three witness its log, and two of them have to; two are on the list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.test import Client as HttpClient
from werkzeug.test import TestResponse

from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.changes import SetWitnesses
from idp.trustlist.listing import ListedWitness
from idp.wiring.witnessing.witness_desk import WitnessDesk
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.streets import EAST, WEST, Federation, Streets, hub_of, region_of

NORTH = "http://north.id.localhost:8003"
REGIONS = (EAST, WEST, NORTH)


@dataclass
class Witnessed(Federation):
    """Three regions that witness, and two of them have to."""

    def desk(self, region: str) -> WitnessDesk:
        found = self.regions[region].services.witness
        assert found is not None
        return found

    def name_witnesses(self, quorum: int, *regions: str) -> None:
        witnesses = tuple(
            ListedWitness(str(self.desk(one).key), f"{one}/witness") for one in regions or REGIONS
        )
        self.hub.hub.change(SetWitnesses(quorum, witnesses), now=self.clock.now())

    def bundle(self) -> dict[str, Any]:
        """What the hub serves now."""
        return self.hub.claims()

    def held(self, region: str) -> int:
        bundle = self.regions[region].services.trust().bundle
        return 0 if bundle is None else bundle.seq

    def ask(self, region: str, body: bytes) -> TestResponse:
        """What a witness answers to anybody."""
        client = HttpClient(self.regions[region].app, use_cookies=False)
        return client.post("/witness/add-checkpoint", data=body, base_url=region, buffered=True)

    def admit(self, region: str) -> None:
        """Put another region on the list."""
        met = self.hub.hub.regions.meet(region, now=self.clock.now())
        self.hub.hub.regions.admit(met, ceiling=AcrLevel.STRONGEST, domains=(), now=self.clock.now())


@contextmanager
def witnessed_nation(
    folder: Path, template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Witnessed]:
    """Everybody, with the witnesses named and their word honoured."""
    streets = Streets()
    hub = hub_of(folder, template, clock, streets)
    keys = folder / "keys.json"
    keys.write_bytes(hub.get("/trust/keys.json").data)
    regions = {}
    for issuer in REGIONS:
        memory = folder / f"{issuer.split('.')[0].removeprefix('http://')}-memory.json"
        regions[issuer] = region_of(
            issuer, folder, template, clock, leak_guard, streets, keys, witness_memory_file=memory
        )
    built = Witnessed(hub, regions, clock, streets)
    for issuer in (EAST, WEST):
        met = hub.hub.regions.meet(issuer, now=clock.now())
        hub.hub.regions.admit(met, ceiling=AcrLevel.STRONGEST, domains=(".apps.localhost",), now=clock.now())
    built.pass_time(seconds=1)
    built.name_witnesses(2)
    built.pass_time(seconds=1)
    yield built
    for services in (hub.services, *(region.services for region in regions.values())):
        services.close()
