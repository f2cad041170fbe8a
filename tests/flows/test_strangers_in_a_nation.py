"""A mini-app of West at East's provider, with a real hub and real regions between them, and nothing registered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from werkzeug.wrappers import Request, Response

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import signatures, trust_chain
from idp.federation.roll import Subordinate
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.changes import Remove
from tests.flows.test_hub_with_regions import EAST, WEST, Federation, Streets, hub_of, region_of
from tests.support.clock import FakeClock
from tests.support.federation import Entity
from tests.support.hub import HUB
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, answer_of

HEALTH = "http://health.apps.localhost:8012"


@pytest.fixture
def nation(
    tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Federation]:
    streets = Streets()
    hub = hub_of(tmp_path, sqlite_template, clock, streets)
    keys = tmp_path / "keys.json"
    keys.write_bytes(hub.get("/trust/keys.json").data)
    regions = {
        issuer: region_of(issuer, tmp_path, sqlite_template, clock, leak_guard, streets, keys)
        for issuer in (EAST, WEST)
    }
    for issuer in regions:
        met = hub.hub.regions.meet(issuer, now=clock.now())
        hub.hub.regions.admit(met, ceiling=AcrLevel.STRONGEST, domains=(".apps.localhost",), now=clock.now())
    joined = Federation(hub, regions, clock, streets)
    joined.pass_time(seconds=1)
    yield joined
    for services in (hub.services, *(region.services for region in regions.values())):
        services.close()


@pytest.fixture
def key() -> ECKey:
    """Health's protocol key."""
    return ECKey.generate_key("P-256", {"kid": "health-1", "use": "sig"})


@pytest.fixture
def health(nation: Federation, key: ECKey) -> Entity:
    """Health, which West has enrolled and which publishes its configuration."""
    west = Entity(f"{WEST}/fed")
    metadata: dict[str, Any] = {
        "client_name": "Health",
        "redirect_uris": [f"{HEALTH}/callback"],
        "client_registration_types": ["automatic"],
        "token_endpoint_auth_method": "private_key_jwt",
        "id_token_signed_response_alg": "ES256",
        "scope": "openid profile",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    entity = Entity(HEALTH, west, {"openid_relying_party": metadata})
    now = nation.clock.now()
    nation.regions[WEST].services.stores.federation_entities.put(
        Subordinate(HEALTH, ("openid_relying_party",), entity.jwks, now, now)
    )

    @Request.application
    def answer(_: Request) -> Response:
        body = entity.configuration(now=nation.clock.now()).sign()
        return Response(body, content_type="application/entity-statement+jwt")

    nation.streets.apps[HEALTH] = answer
    nation.pass_time(seconds=1)
    nation.streets.asked.clear()
    return entity


@pytest.fixture
def east(nation: Federation) -> Provider:
    nation.regions[EAST].person()
    return nation.regions[EAST]


@pytest.fixture
def app(east: Provider, health: Entity, key: ECKey) -> RelyingParty:
    return RelyingParty(
        east.app,
        EAST,
        health.id,
        None,
        f"{HEALTH}/callback",
        auth_method="private_key_jwt",
        key=key,
        clock=east.clock,
    )


def test_east_signs_its_citizens_in_to_an_app_of_west_and_nobody_asks_the_hub(
    nation: Federation, east: Provider, app: RelyingParty
) -> None:
    pending, pushed = app.push_signed()
    assert pushed.status == 201, pushed.members

    page = east.walk(east.browser(), pending.url)
    tokens = app.redeem(answer_of(page.url)["code"], pending.verifier)

    assert tokens.status == 200
    assert nation.streets.asked == [
        f"{HEALTH}/.well-known/openid-federation",
        f"{WEST}/fed/.well-known/openid-federation",
        f"{WEST}/fed/fetch?sub=http%3A%2F%2Fhealth.apps.localhost%3A8012",
    ]


def test_a_removed_region_takes_its_app_along(nation: Federation, app: RelyingParty) -> None:
    assert app.push_signed()[1].status == 201

    nation.hub.hub.change(Remove(WEST, "review"), now=nation.clock.now())
    nation.pass_time(seconds=2)
    nation.streets.asked.clear()

    assert app.push_signed()[1].error == "invalid_trust_chain"
    assert nation.streets.asked == [f"{HEALTH}/.well-known/openid-federation"]


def test_the_hub_resolves_a_region_for_everybody(nation: Federation) -> None:
    answer = nation.hub.get(f"/fed/resolve?sub={WEST}/fed&trust_anchor={HUB}")

    assert answer.status_code == 200, answer.text
    keys = nation.hub.services.statements.jwks
    claims = signatures.verified(answer.text, "resolve-response+jwt", keys, StatementSignatures()).claims
    chain = trust_chain.validate(
        claims["trust_chain"], {HUB: keys}, StatementSignatures(), now=nation.clock.now()
    )
    assert (claims["iss"], claims["sub"], chain.subject) == (HUB, f"{WEST}/fed", f"{WEST}/fed")
    assert len(claims["trust_chain"]) == 3
    assert claims["metadata"]["federation_entity"]["federation_fetch_endpoint"] == f"{WEST}/fed/fetch"


@pytest.mark.parametrize("entity", [WEST, f"{WEST}/rp"])
def test_the_hub_resolves_the_entities_of_its_regions_for_everybody(nation: Federation, entity: str) -> None:
    """With the whole chain, the hub's own configuration at its end (§4.3, §8.3)."""
    answer = nation.hub.get(f"/fed/resolve?sub={entity}&trust_anchor={HUB}")

    assert answer.status_code == 200, answer.text
    keys = nation.hub.services.statements.jwks
    claims = signatures.verified(answer.text, "resolve-response+jwt", keys, StatementSignatures()).claims
    chain = trust_chain.validate(
        claims["trust_chain"], {HUB: keys}, StatementSignatures(), now=nation.clock.now()
    )
    assert (claims["sub"], len(claims["trust_chain"])) == (entity, 4)
    assert chain.anchor_configuration is not None


def test_the_hub_looks_for_no_strangers(nation: Federation, health: Entity) -> None:
    answer = nation.hub.get(f"/fed/resolve?sub={health.id}&trust_anchor={HUB}")

    assert answer.status_code == 404
    assert nation.streets.asked == []
