"""A hub, a region below it and the OpenID Foundation's test programme below the hub, in this process and by https.

joined = join(folder, template, clock, guard, compat=True)
joined.programme, joined.region, joined.roads.asked
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import TestResponse
from werkzeug.wrappers import Request, Response

from idp.adapters.egress import Answer
from idp.adapters.egress_errors import EgressError, Reason
from idp.federation.roll import Subordinate
from idp.oidc.vocabulary import AcrLevel
from idp.settings import Role
from idp.wiring import build_services
from tests.support.clock import FakeClock
from tests.support.federation import Json, new_key
from tests.support.federation_programme import EAST, HUB, PROGRAMME, WELL_KNOWN, Programme
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider, settings_for
from tests.support.published import claims_of
from tests.support.streets import Streets


class Roads(Streets):
    """Leads to every application, and minds the type of an answer as the real way out does."""

    def get(self, url: str, **options: Any) -> Answer:
        answer = super().get(url, **options)
        if answer.status < 300 and answer.content_type not in options["types"]:
            raise EgressError(Reason.TYPE, "another content type")
        return answer


@dataclass
class Joined:
    """A hub, the region under test, and the programme, which the hub has enrolled."""

    hub: Provider
    region: Provider
    clock: FakeClock
    roads: Roads
    programme: Programme

    def get(self, url: str, **query: Any) -> TestResponse:
        """Any public address of the hub or of the region. The programme escapes nothing in a query."""
        provider = self.hub if url.startswith(HUB) else self.region
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return provider.send("GET", urlsplit(url).path, query_string=asked)

    def configuration(self, entity: str) -> Json:
        """What an entity says about itself, believed as it is."""
        return claims_of(self.get(entity + WELL_KNOWN).text)

    def endpoint(self, superior: str, name: str) -> str:
        """Where a superior says it answers."""
        address: str = self.configuration(superior)["metadata"]["federation_entity"][name]
        return address

    def close(self) -> None:
        for provider in (self.hub, self.region):
            provider.services.close()


def join(
    folder: Path, template: Path, clock: FakeClock, guard: LeakGuard, algorithm: str = "ES256", **changes: Any
) -> Joined:
    """Build all of it. `changes`: settings of the region."""
    roads = Roads()
    named = {"issuer": HUB, "role": Role.HUB, "region": "hub", "region_name": {"en": "Hub"}}
    hub = _built(folder, template, clock, guard, roads, named)
    hub.services.hub.publish(now=clock.now())  # type: ignore[union-attr]
    keys = folder / "keys.json"
    keys.write_bytes(hub.send("GET", "/trust/keys.json").data)
    below = {"issuer": EAST, "trust_anchor": HUB, "trust_keys_file": keys, **changes}
    region = _built(folder, template, clock, guard, roads, below)
    programme = Programme(clock, new_key(algorithm), new_key(algorithm), algorithm)
    programme.hub, programme.provider = hub, region
    joined = Joined(hub, region, clock, roads, programme)
    _list(joined)
    _enrol(joined)
    region.person()
    return joined


def _built(
    folder: Path,
    template: Path,
    clock: FakeClock,
    guard: LeakGuard,
    roads: Roads,
    named: Mapping[str, Any],
) -> Provider:
    name = urlsplit(named["issuer"]).hostname
    settings = settings_for(f"sqlite:///{shutil.copy(template, folder / f'{name}.db')}", **named)
    services = build_services(settings, clock=clock, egress=roads)
    services.open_keys()
    built = Provider(settings, services, clock, guard)
    roads.apps[settings.issuer] = built.app
    return built


def _list(joined: Joined) -> None:
    hub, clock, following = joined.hub.services.hub, joined.clock, joined.region.services.following
    assert hub is not None
    assert following is not None
    met = hub.regions.meet(EAST, now=clock.now())
    hub.regions.admit(met, ceiling=AcrLevel.STRONGEST, domains=(), now=clock.now())
    hub.publish(now=clock.now())
    # What is asked after this is not the hint of it.
    hub.finish_hints(timedelta(minutes=1))
    clock.advance(seconds=2)
    following.puller.pull()
    following.trust.look_now()


def _enrol(joined: Joined) -> None:
    """The programme below the hub itself, as its operator enrols somebody who belongs to no region."""
    programme, now = joined.programme, joined.clock.now()
    jwks = {"keys": [programme.public(programme.federation_key)]}
    one = Subordinate(PROGRAMME, ("openid_relying_party",), jwks, now, now)
    joined.hub.services.stores.federation_entities.put(one)
    joined.clock.advance(seconds=1)

    @Request.application
    def answer(request: Request) -> Response:
        found = programme.answer(request.path)
        return Response(found[1], content_type=found[0]) if found else Response(status=404)

    joined.roads.apps["https://programme.example"] = answer
