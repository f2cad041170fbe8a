"""A region and the hub it follows, both real: what one publishes the other understands, and the hub hears of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client as HttpClient

from idp.adapters.egress import Answer, Egress
from idp.adapters.egress_errors import EgressError, Reason
from idp.app import create_app
from idp.oidc.vocabulary import AcrLevel
from idp.settings import Settings
from idp.trustlist.changes import Remove, Restore, SetCeiling, Suspend
from idp.trustlist.snapshot import Distrust, NotTrusted
from idp.wiring import Services, build_services
from idp.wiring.following.following import Following
from tests.support.clock import FakeClock
from tests.support.hub import ACR, HUB, Nation, build_nation, hub_settings
from tests.support.provider import settings_for

EAST = "http://east.id.localhost:8001"
WEST = "http://west.id.localhost:8002"


class Between(Egress):
    """From one WSGI application to the others, by their addresses."""

    def __init__(self) -> None:
        super().__init__(is_development=True)
        self.hosts: dict[str, Any] = {}

    def get(self, url: str, **options: Any) -> Answer:
        etag = options.get("etag")
        return self._answer("GET", url, options["types"], {"If-None-Match": etag} if etag else {}, b"")

    def post(self, url: str, body: bytes, content_type: str, **options: Any) -> Answer:
        return self._answer("POST", url, options["types"], {"Content-Type": content_type}, body)

    def _answer(
        self, method: str, url: str, types: tuple[str, ...], headers: dict[str, str], body: bytes
    ) -> Answer:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self.hosts:
            raise EgressError(Reason.UNREACHABLE, "nobody there")
        answer = HttpClient(self.hosts[origin], use_cookies=False).open(
            f"{parts.path}?{parts.query}", method=method, base_url=origin, headers=headers, data=body
        )
        found = Answer(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.data
        )
        if found.status < 300 and found.content_type not in types:
            raise EgressError(Reason.TYPE, found.content_type)
        return found


@dataclass
class Neighbours:
    """A hub with West on its list, and East, which follows it."""

    nation: Nation
    east: Services
    between: Between
    clock: FakeClock

    @property
    def following(self) -> Following:
        assert self.east.following is not None
        return self.east.following

    def pull(self) -> int | None:
        self.following.puller.pull()
        bundle = self.east.trust().bundle
        return None if bundle is None else bundle.seq

    def refusal(self, level: int = 1) -> Distrust | None:
        try:
            self.east.trust().require_acr(WEST, f"{ACR}{level}", now=self.clock.now())
        except NotTrusted as error:
            return error.why
        return None

    def change(self, what: Any) -> None:
        """The hub's operator does something."""
        self.clock.advance(seconds=1)
        self.nation.hub.change(what, now=self.clock.now())
        self.clock.advance(seconds=1)


@pytest.fixture
def neighbours(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Neighbours]:
    nation = build_nation(
        hub_settings(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'hub.db')}"), clock
    )
    nation.hub.publish(now=clock.now())
    nation.listed(WEST)
    clock.advance(seconds=1)
    keys = tmp_path / "hub-keys.json"
    keys.write_bytes(nation.get("/trust/keys.json").data)
    path = shutil.copy(sqlite_template, tmp_path / "east.db")
    settings: Settings = settings_for(f"sqlite:///{path}", trust_anchor=HUB, trust_keys_file=keys)
    between = Between()
    east = build_services(settings, clock=clock, egress=between)
    east.open_keys()
    between.hosts = {HUB: nation.app, EAST: create_app(settings, east)}
    yield Neighbours(nation, east, between, clock)
    east.close()
    nation.services.close()


def test_what_the_hub_publishes_the_region_believes(neighbours: Neighbours) -> None:
    assert neighbours.refusal() is Distrust.NO_BUNDLE

    assert neighbours.pull() == 2

    assert neighbours.refusal(3) is None
    assert neighbours.east.trust().provider(WEST, now=neighbours.clock.now())["issuer"] == WEST


def test_every_change_arrives(neighbours: Neighbours) -> None:
    neighbours.pull()

    neighbours.change(SetCeiling(WEST, AcrLevel.TWO_FACTORS))
    neighbours.pull()
    assert [neighbours.refusal(level) for level in (2, 3)] == [None, Distrust.ABOVE_CEILING]

    neighbours.change(Suspend(WEST, "review"))
    neighbours.pull()
    assert neighbours.refusal() is Distrust.SUSPENDED

    neighbours.change(Restore(WEST))
    neighbours.pull()
    assert neighbours.refusal() is None

    neighbours.change(Remove(WEST, "operator_request"))
    neighbours.pull()
    assert neighbours.refusal() is Distrust.REMOVED


def test_the_same_content_renewed_makes_it_young_again(neighbours: Neighbours) -> None:
    seq = neighbours.pull()
    neighbours.clock.advance(minutes=11)
    assert neighbours.refusal(3) is Distrust.STALE

    neighbours.nation.hub.publish(now=neighbours.clock.now())
    neighbours.clock.advance(seconds=1)

    assert neighbours.pull() == seq
    assert neighbours.refusal(3) is None


def test_a_region_that_was_away_for_a_hundred_changes_catches_up(neighbours: Neighbours) -> None:
    neighbours.pull()
    for _ in range(50):
        neighbours.change(Suspend(WEST, "review"))
        neighbours.change(Restore(WEST))

    assert neighbours.pull() == 102
    assert neighbours.refusal(3) is None


def test_the_mirror_passes_on_what_verifies_and_the_lineage(neighbours: Neighbours) -> None:
    neighbours.pull()
    egress = neighbours.east.egress

    bundle = egress.get(f"{EAST}/trust/bundle", types=("application/trust-bundle+jwt",))
    lineage = egress.get(f"{EAST}/trust/lineage?from=1", types=("application/trust-lineage+jwt",))

    assert bundle.body == neighbours.nation.get("/trust/bundle").data
    reader = neighbours.following.puller.reader
    held = neighbours.east.trust().bundle
    assert held is not None
    told = reader.lineage(lineage.body.decode(), held.bundle_jwks)
    assert told.hashes[held.seq] == held.content_hash


def test_a_hint_of_the_hubs_wakes_who_pulls(neighbours: Neighbours) -> None:
    neighbours.pull()
    body = json.dumps({"seq": 3}).encode()

    answer = neighbours.east.egress.post(
        f"{EAST}/trust/hint", body, "application/json", types=("application/json",)
    )

    assert answer.status == 200
    assert neighbours.following.hints.is_due


def test_the_hub_hears_what_a_region_on_its_list_honours(neighbours: Neighbours) -> None:
    hub, clock = neighbours.nation.hub, neighbours.clock
    neighbours.nation.network.regions[EAST] = InPerson(neighbours.between.hosts[EAST])  # type: ignore[assignment]
    met = hub.regions.meet(EAST, now=clock.now())
    hub.regions.admit(met, ceiling=AcrLevel.STRONGEST, domains=(), now=clock.now())
    clock.advance(seconds=1)

    seq = neighbours.pull()

    line = next(one for one in hub.overview(clock.now()) if one.op == EAST)
    assert (line.honoured_seq, line.lag) == (seq, timedelta(0))
    neighbours.change(Suspend(WEST, "review"))
    clock.advance(seconds=30)
    line = next(one for one in hub.overview(clock.now()) if one.op == EAST)
    assert line.lag is not None
    assert line.lag > timedelta(seconds=30)
    neighbours.pull()
    line = next(one for one in hub.overview(clock.now()) if one.op == EAST)
    assert line.lag == timedelta(0)


@dataclass
class InPerson:
    """East itself, where the hub's tests have a simulated region."""

    app: Any
    is_away: bool = False

    def answer(self, path: str, query: dict[str, list[str]]) -> Answer:
        asked = HttpClient(self.app, use_cookies=False).open(
            path, base_url=EAST, query_string={name: values[0] for name, values in query.items()}
        )
        return Answer(
            asked.status_code, {name.lower(): value for name, value in asked.headers.items()}, asked.data
        )
