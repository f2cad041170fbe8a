"""A partner asks to become a client, and is told as what (OpenID Federation 1.0 §12.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import signatures
from idp.federation.federation_jwt import FederationJwt
from idp.trustlist.bundle import RegionStatus
from tests.flows.federated import federated_provider
from tests.support.clock import FakeClock
from tests.support.federation import Chain
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.provider import ISSUER, Provider
from tests.support.relying_party import answer_of

STATEMENT = "application/entity-statement+jwt"
CHAIN = "application/trust-chain+json"
ANSWER = "explicit-registration-response+jwt"


@pytest.fixture
def others(clock: FakeClock) -> Iterator[Neighbours]:
    with neighbourhood(clock, ISSUER) as neighbours:
        yield neighbours


@pytest.fixture
def provider(provider: Provider, others: Neighbours) -> Iterator[Provider]:
    with federated_provider(provider, others) as joined:
        joined.person()
        yield joined


def drafts(others: Neighbours, **claims: Any) -> Chain:
    """Health's chain, its own statement made for the provider."""
    chain = others.health.chain(now=others.clock.now())
    chain[0].claims |= {"aud": ISSUER, **claims}
    return chain


def register(provider: Provider, body: str, kind: str = STATEMENT) -> TestResponse:
    return provider.send("POST", "/fed/register", data=body.encode(), headers={"Content-Type": kind})


def registered(provider: Provider, response: TestResponse) -> FederationJwt:
    """The answer, verified as a partner would: by the provider's federation keys."""
    assert response.status_code == 200, response.text
    assert response.content_type == f"application/{ANSWER}"
    assert response.headers["Cache-Control"] == "no-store"
    return signatures.verified(
        response.text, ANSWER, provider.services.statements.jwks, StatementSignatures()
    )


def refused(response: TestResponse) -> tuple[int, str]:
    assert response.json is not None
    assert response.json["error_description"]
    return response.status_code, response.json["error"]


@pytest.mark.parametrize("way", ["statement", "chain", "header"])
def test_a_partner_is_registered_and_signs_people_in(
    provider: Provider, others: Neighbours, way: str
) -> None:
    chain = drafts(others)
    if way == "header":
        chain[0].header["trust_chain"] = others.tokens(others.health)
    tokens = chain.tokens()
    body, kind = (json.dumps(tokens), CHAIN) if way == "chain" else (tokens[0], STATEMENT)

    answer = registered(provider, register(provider, body, kind)).claims

    now = others.clock.now()
    assert (answer["iss"], answer["sub"], answer["aud"]) == (ISSUER, others.health.id, others.health.id)
    assert (answer["trust_anchor"], answer["authority_hints"]) == (others.hub.id, [others.west.id])
    assert int(now.timestamp()) == answer["iat"] < answer["exp"] <= (now + timedelta(days=1)).timestamp()
    metadata = answer["metadata"]["openid_relying_party"]
    assert metadata["client_id"] == others.health.id
    assert metadata["scope"] == "openid profile"
    assert "registration_access_token" not in json.dumps(answer)
    assert bool(others.asked) == (way == "statement")

    app = others.client(provider)
    pending, pushed = app.push_signed()
    assert pushed.status == 201
    page = provider.walk(provider.browser(), pending.url)
    assert app.redeem(answer_of(page.url)["code"], pending.verifier).status == 200


def test_the_answer_says_what_else_was_promised(provider: Provider, others: Neighbours) -> None:
    """Whatever binds one side or the other is in it (§12.2.3): a client must not find out by a refusal."""
    asked = {
        "dpop_bound_access_tokens": True,
        "backchannel_logout_uri": f"{others.health.id}/signed-out",
        "backchannel_logout_session_required": True,
    }
    others.health.metadata["openid_relying_party"].update(asked)

    answer = registered(provider, register(provider, json.dumps(drafts(others).tokens()), CHAIN)).claims

    assert answer["metadata"]["openid_relying_party"].items() >= asked.items()


def test_registering_again_replaces_what_was(provider: Provider, others: Neighbours) -> None:
    register(provider, json.dumps(drafts(others).tokens()), CHAIN)
    provider.clock.advance(minutes=10)
    others.health.metadata["openid_relying_party"]["redirect_uris"] = ["https://new.health.example/callback"]

    answer = registered(provider, register(provider, json.dumps(drafts(others).tokens()), CHAIN))

    found = provider.services.stores.federated_clients.find_by_id(others.health.id)
    assert found is not None
    assert found.redirect_uris == ("https://new.health.example/callback",)
    assert answer.claims["metadata"]["openid_relying_party"]["redirect_uris"] == [*found.redirect_uris]


def test_an_old_request_cannot_bring_back_what_was_replaced(provider: Provider, others: Neighbours) -> None:
    old = json.dumps(drafts(others).tokens())
    register(provider, old, CHAIN)
    provider.clock.advance(minutes=10)
    register(provider, json.dumps(drafts(others).tokens()), CHAIN)

    assert refused(register(provider, old, CHAIN)) == (400, "invalid_trust_chain")


def test_what_was_registered_explicitly_no_chain_changes_by_the_way(
    provider: Provider, others: Neighbours
) -> None:
    others.health.metadata["openid_relying_party"]["client_registration_types"] = ["explicit"]
    register(provider, json.dumps(drafts(others).tokens()), CHAIN)
    before = provider.services.stores.federated_clients.find(others.health.id)

    provider.clock.advance(minutes=10)
    app = others.client(provider)
    _, token = app.request_object({"trust_chain": others.tokens(others.health)})

    assert app.call("/par", {"request": token}).status == 201
    assert provider.services.stores.federated_clients.find(others.health.id) == before


def test_a_registration_ends_with_its_chain(provider: Provider, others: Neighbours) -> None:
    others.west.about["exp"] = int(others.clock.now().timestamp()) + 600

    answer = registered(provider, register(provider, json.dumps(drafts(others).tokens()), CHAIN))
    others.down.add(others.health.id)
    provider.clock.advance(minutes=10, seconds=1)

    assert answer.claims["exp"] == others.west.about["exp"]
    assert others.client(provider).push_signed()[1].error == "invalid_trust_chain"


@pytest.mark.parametrize(
    "audience", [None, "https://other.example", [ISSUER, "https://other.example"], f"{ISSUER}/token", []]
)
def test_a_statement_that_was_not_made_for_us_registers_nobody(
    provider: Provider, others: Neighbours, audience: Any
) -> None:
    chain = drafts(others, aud=audience)
    if audience is None:
        del chain[0].claims["aud"]
    tokens = chain.tokens()

    for body, kind in ((json.dumps(tokens), CHAIN), (tokens[0], STATEMENT)):
        assert refused(register(provider, body, kind)) == (400, "invalid_trust_chain")
    assert provider.services.stores.federated_clients.find(others.health.id) is None


def test_an_entity_that_does_not_register_this_way_is_refused(provider: Provider, others: Neighbours) -> None:
    others.health.metadata["openid_relying_party"]["client_registration_types"] = ["automatic"]

    answer = register(provider, json.dumps(drafts(others).tokens()), CHAIN)

    assert refused(answer) == (400, "invalid_metadata")


def test_below_a_region_that_lost_trust_nobody_registers(provider: Provider, others: Neighbours) -> None:
    others.status, others.seq = RegionStatus.REMOVED, 2

    assert refused(register(provider, json.dumps(drafts(others).tokens()), CHAIN)) == (
        400,
        "invalid_trust_chain",
    )


def test_a_broker_of_the_list_registers_nothing(provider: Provider, others: Neighbours) -> None:
    """What the list says of it counts, and changes at once."""
    broker = others.relying_party(others.west.id.removesuffix("/fed") + "/rp", others.west)
    chain = broker.chain(now=others.clock.now())
    chain[0].claims["aud"] = ISSUER

    answer = register(provider, json.dumps(chain.tokens()), CHAIN)

    assert refused(answer) == (400, "invalid_trust_chain")
    assert provider.services.stores.federated_clients.find(broker.id) is None


def test_an_anchor_that_nobody_chose_is_refused(provider: Provider, others: Neighbours) -> None:
    others.west.superior = others.authority(others.address("rival"))

    assert refused(register(provider, json.dumps(drafts(others).tokens()), CHAIN)) == (
        400,
        "invalid_trust_anchor",
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", STATEMENT),
        ("x.y.z", STATEMENT),
        ("[]", CHAIN),
        ("[" * 100_000, CHAIN),
        ('{"a": ["b"]}', CHAIN),
        ("[1]", CHAIN),
        ('["x"', CHAIN),
        (json.dumps(["x"] * 100), CHAIN),
        ("x" * 600_000, CHAIN),
        ("{}", "application/json"),
        ("a=b", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_request_is_refused(provider: Provider, body: str, kind: str) -> None:
    status, error = refused(register(provider, body, kind))

    assert status == 400
    assert error in ("invalid_request", "invalid_trust_chain")
