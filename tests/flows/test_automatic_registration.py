"""Signing in to a mini-app that nobody registered here: its region vouches for it (OpenID Federation 1.0 §12.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from idp.trustlist.bundle import RegionStatus
from tests.flows.federated import federated_provider
from tests.support.clock import FakeClock
from tests.support.federation import Entity
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.provider import ISSUER, Provider
from tests.support.relying_party import Answer, Pending, RelyingParty, answer_of, claims_of


@pytest.fixture
def others(clock: FakeClock) -> Iterator[Neighbours]:
    with neighbourhood(clock, ISSUER) as neighbours:
        yield neighbours


@pytest.fixture
def provider(provider: Provider, others: Neighbours) -> Iterator[Provider]:
    with federated_provider(provider, others) as joined:
        joined.person()
        yield joined


@pytest.fixture
def health(provider: Provider, others: Neighbours) -> RelyingParty:
    return others.client(provider)


def begun(provider: Provider, app: RelyingParty, way: str, token: str, pending: Pending) -> Pending:
    """A request object on one of its ways."""
    form = {"client_id": app.client_id, "request": token}
    match way:
        case "address":
            pending.url = app.address(**form)
        case "push":
            pushed = app.call("/par", form)
            pending.url = app.address(client_id=app.client_id, request_uri=pushed.request_uri)
        case _:
            pending.url = provider.send("POST", "/authorize", data=form).headers["Location"]
    return pending


def finish(provider: Provider, app: RelyingParty, pending: Pending) -> Answer:
    page = provider.walk(provider.browser(), pending.url)
    tokens = app.redeem(answer_of(page.url)["code"], pending.verifier)
    assert tokens.status == 200, tokens.members
    return tokens


@pytest.mark.parametrize("is_encrypted", [False, True], ids=["signed", "encrypted"])
@pytest.mark.parametrize("place", ["header", "claim", "nowhere"])
@pytest.mark.parametrize("way", ["address", "push", "form"])
def test_an_unknown_entity_registers_by_its_first_request(
    provider: Provider, others: Neighbours, health: RelyingParty, way: str, place: str, is_encrypted: bool
) -> None:
    chain = {"trust_chain": others.tokens(others.health)}
    header, claims = {"header": (chain, {}), "claim": ({}, chain), "nowhere": ({}, {})}[place]
    pending, token = health.request_object(header, **claims)
    token = health.encrypted(token) if is_encrypted else token

    tokens = finish(provider, health, begun(provider, health, way, token, pending))

    assert claims_of(tokens.id_token)["aud"] == others.health.id
    assert bool(others.asked) == (place == "nowhere")
    assert others.hub.id not in {entity for entity, _ in others.asked}


def test_the_header_wins_over_the_claim(others: Neighbours, health: RelyingParty) -> None:
    _, token = health.request_object(
        {"trust_chain": others.tokens(others.health)}, trust_chain=["an older draft's"]
    )

    assert health.call("/par", {"request": token}).status == 201


def test_a_plain_request_may_be_pushed_by_who_proves_its_key(
    provider: Provider, others: Neighbours, health: RelyingParty
) -> None:
    pending, pushed = health.push()

    assert pushed.status == 201
    finish(provider, health, pending)


def test_two_levels_below_a_region_are_not_too_deep(provider: Provider, others: Neighbours) -> None:
    department = others.authority(others.address("department.west"), others.west)
    app = others.client(provider, others.relying_party(others.address("tax.west"), department))

    assert app.push_signed()[1].status == 201
    client = provider.services.clients.find_by_id(app.client_id)
    assert client is not None
    assert client.region == others.west.id


def test_an_entity_right_below_the_hub_needs_no_region(provider: Provider, others: Neighbours) -> None:
    app = others.client(provider, others.relying_party(others.address("national"), others.hub))

    assert app.push_signed()[1].status == 201


class TestBothSidesKnowOneAnchor:
    """`peer_trust_chain` (OpenID Federation 1.0 §4.4)."""

    def push(self, others: Neighbours, app: RelyingParty, **header: Any) -> Answer:
        chain = {"trust_chain": others.tokens(others.health)}
        _, token = app.request_object({**chain, **header})
        return app.call("/par", {"request": token})

    def test_the_chain_of_this_provider_to_the_same_anchor_is_right(
        self, others: Neighbours, health: RelyingParty
    ) -> None:
        assert self.push(others, health, peer_trust_chain=others.provider_chain()).status == 201

    def test_another_providers_chain_is_refused(self, others: Neighbours, health: RelyingParty) -> None:
        other = others.tokens(Entity(others.address("west.id"), others.west, {"openid_provider": {}}))

        assert self.push(others, health, peer_trust_chain=other).error == "invalid_trust_chain"

    def test_it_goes_with_a_chain_of_its_own(self, others: Neighbours, health: RelyingParty) -> None:
        answer = self.push(others, health, trust_chain=None, peer_trust_chain=others.provider_chain())

        assert answer.error == "invalid_trust_chain"

    @pytest.mark.parametrize("damaged", [[], ["x"], "x", [7], {}])
    def test_what_is_no_chain_is_refused(
        self, others: Neighbours, health: RelyingParty, damaged: object
    ) -> None:
        answer = self.push(others, health, peer_trust_chain=damaged)

        assert answer.error in ("invalid_trust_chain", "invalid_request_object")


class TestARegistrationEnds:
    def test_with_its_chain(self, provider: Provider, others: Neighbours, health: RelyingParty) -> None:
        ends = others.clock.now() + timedelta(minutes=10)
        others.west.about["exp"] = others.health.about["exp"] = int(ends.timestamp())
        pending, pushed = health.push_signed()
        assert pushed.status == 201
        page = provider.walk(provider.browser(), pending.url)

        provider.clock.advance(minutes=10, seconds=1)
        others.down.add(others.west.id)

        assert health.redeem(answer_of(page.url)["code"], pending.verifier).error == "invalid_client"

    def test_and_begins_anew_while_the_entity_is_trusted(
        self, provider: Provider, others: Neighbours, health: RelyingParty
    ) -> None:
        assert health.push_signed()[1].status == 201

        provider.clock.advance(hours=25)

        assert health.push_signed()[1].status == 201

    @pytest.mark.parametrize("status", [RegionStatus.SUSPENDED, RegionStatus.REMOVED])
    def test_with_its_region(self, others: Neighbours, health: RelyingParty, status: RegionStatus) -> None:
        assert health.push_signed()[1].status == 201
        others.asked.clear()

        others.status, others.seq = status, 2
        _, token = health.request_object({"trust_chain": others.tokens(others.health)})

        assert health.call("/par", {"request": token}).error == "invalid_trust_chain"
        assert health.push_signed()[1].status == 401
        assert others.asked == []


def test_new_keys_come_with_a_newer_chain(
    provider: Provider, others: Neighbours, health: RelyingParty
) -> None:
    """Until then the registration says which keys count; nobody can have us verify chains all day."""
    assert health.push_signed()[1].status == 201
    old, new = others.health, others.relying_party(others.health.id, others.west)
    new.key = old.key
    renewed = others.client(provider, new)

    provider.clock.advance(minutes=6)
    header = {"trust_chain": others.tokens(new)}
    _, token = renewed.request_object(header)
    form = {"request": token, "client_id": new.id}

    assert provider.browser().get(renewed.address(**form)).path == "/login"
    for app, status in ((renewed, 201), (health, 401)):
        _, token = app.request_object(header)
        assert app.call("/par", {"request": token}).status == status


def test_a_pushed_request_object_speaks_for_its_entity(
    provider: Provider, others: Neighbours, health: RelyingParty
) -> None:
    """It is signed for us alone and counts once, as an assertion would."""
    pending, token = health.request_object({"trust_chain": others.tokens(others.health)})
    form = {"client_id": health.client_id, "request": token}

    pushed = health.send("POST", "/par", form)
    again = health.send("POST", "/par", form)

    assert (pushed.status, again.error) == (201, "invalid_request_object")
    pending.url = health.address(client_id=health.client_id, request_uri=pushed.request_uri)
    finish(provider, health, pending)


def test_a_forged_object_speaks_for_nobody(others: Neighbours, health: RelyingParty) -> None:
    health.key = others.hub.key
    _, token = health.request_object({"trust_chain": others.tokens(others.health), "kid": None})

    answer = health.send("POST", "/par", {"client_id": health.client_id, "request": token})

    assert answer.error == "invalid_request_object"
