"""Asking a superior what an entity is, all policy applied (OpenID Federation 1.0 §8.3)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.adapters.statement_signatures import StatementSignatures
from idp.federation import signatures, trust_chain
from idp.federation.federation_jwt import FederationJwt
from tests.flows.federated import federated_provider
from tests.support.clock import FakeClock
from tests.support.federation import Entity, compact
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.provider import ISSUER, Provider
from tests.support.relying_party import ASSERTION_TYPE

OURS = f"{ISSUER}/fed"
TYPE = "resolve-response+jwt"


@pytest.fixture
def others(clock: FakeClock) -> Iterator[Neighbours]:
    with neighbourhood(clock, ISSUER) as neighbours:
        yield neighbours


@pytest.fixture
def provider(provider: Provider, others: Neighbours) -> Iterator[Provider]:
    with federated_provider(provider, others) as joined:
        others.vouch_for(joined)
        yield joined


def ask(provider: Provider, subject: str, *anchors: str, **more: Any) -> TestResponse:
    query = {"sub": subject, "trust_anchor": list(anchors), **more}
    return provider.send("GET", "/fed/resolve", query_string=query)


def ask_as(provider: Provider, caller: Entity, assertion: str, subject: str, anchor: str) -> TestResponse:
    form = {
        "sub": subject,
        "trust_anchor": anchor,
        "client_id": caller.id,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    return provider.send("POST", "/fed/resolve", data=form)


def assertion_of(others: Neighbours, caller: Entity, key: Any = None, **changes: Any) -> str:
    """An assertion signed with a federation key."""
    now = int(others.clock.now().timestamp())
    claims = {
        "iss": caller.id,
        "sub": caller.id,
        "aud": OURS,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_urlsafe(8),
        **changes,
    }
    header = {"alg": "ES256", "kid": caller.key.thumbprint()}
    return compact(header, claims, key or caller.key, "ES256")


def resolved(provider: Provider, response: TestResponse) -> FederationJwt:
    assert response.status_code == 200, response.text
    assert response.content_type == f"application/{TYPE}"
    return signatures.verified(response.text, TYPE, provider.services.statements.jwks, StatementSignatures())


def refused(response: TestResponse) -> tuple[int, str]:
    assert response.json is not None
    assert response.json["error_description"]
    return response.status_code, response.json["error"]


def test_our_own_provider_is_resolved_for_everybody_and_nobody_is_asked(
    provider: Provider, others: Neighbours
) -> None:
    answer = resolved(provider, ask(provider, ISSUER, others.hub.id))

    claims: Mapping[str, Any] = answer.claims
    now = others.clock.now()
    assert (claims["iss"], claims["sub"]) == (OURS, ISSUER)
    assert claims["metadata"]["openid_provider"]["issuer"] == ISSUER
    assert "aud" not in claims
    chain = trust_chain.validate(claims["trust_chain"], others.hub.pinned(), StatementSignatures(), now=now)
    assert claims["exp"] == int(chain.expires_at.timestamp())
    assert others.asked == []


def test_only_the_types_that_were_asked_for_are_told(provider: Provider, others: Neighbours) -> None:
    def types(*wanted: str) -> set[str]:
        answer = ask(provider, ISSUER, others.hub.id, entity_type=list(wanted))
        return set(resolved(provider, answer).claims["metadata"])

    assert types("openid_provider") == {"openid_provider"}
    assert types("openid_provider", "federation_entity") == {"openid_provider", "federation_entity"}
    assert types("openid_relying_party") == set()


def test_one_known_anchor_among_several_is_enough(provider: Provider, others: Neighbours) -> None:
    assert resolved(provider, ask(provider, ISSUER, "https://unknown.example", others.hub.id))


def test_nobody_makes_us_look_for_strangers(provider: Provider, others: Neighbours) -> None:
    answers = [
        ask(provider, subject, others.hub.id)
        for subject in (others.health.id, others.west.id, "https://nowhere.example", "no entity id")
    ]

    assert [refused(answer) for answer in answers] == [(404, "invalid_subject")] * 4
    assert others.asked == []


def test_a_caller_who_says_who_it_is_may_ask_further(provider: Provider, others: Neighbours) -> None:
    """The answer is for it alone; what was found by it is then at hand for everybody."""
    response = ask_as(
        provider, others.west, assertion_of(others, others.west), others.health.id, others.hub.id
    )

    claims = resolved(provider, response).claims
    assert claims["aud"] == others.west.id
    assert claims["metadata"]["openid_relying_party"]["client_name"] == "Health"
    assert response.headers["Cache-Control"] == "no-store"
    others.asked.clear()
    again = resolved(provider, ask(provider, others.health.id, others.hub.id)).claims
    assert "aud" not in again
    assert others.asked == []


def test_a_remembered_entity_is_known_by_its_federation_key(provider: Provider, others: Neighbours) -> None:
    stranger = assertion_of(others, others.health)
    assert refused(ask_as(provider, others.health, stranger, ISSUER, others.hub.id)) == (
        401,
        "invalid_client",
    )

    first = ask_as(provider, others.west, assertion_of(others, others.west), others.health.id, others.hub.id)
    known = ask_as(provider, others.health, assertion_of(others, others.health), ISSUER, others.hub.id)

    assert resolved(provider, first)
    assert resolved(provider, known).claims["aud"] == others.health.id


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ISSUER},
        {"aud": [OURS]},
        {"aud": [OURS, "https://other.example"]},
        {"aud": f"{OURS}/resolve"},
        {"sub": "https://other.example"},
        {"iss": "https://other.example"},
        {"jti": None},
        {"exp": 0},
        {"exp": 9_999_999_999},
        {"iat": 9_999_999_999},
    ],
    ids=str,
)
def test_an_assertion_is_for_one_endpoint_owner_and_one_entity(
    provider: Provider, others: Neighbours, changes: dict[str, Any]
) -> None:
    forged = assertion_of(others, others.west, **changes)

    assert refused(ask_as(provider, others.west, forged, ISSUER, others.hub.id)) == (401, "invalid_client")


def test_an_assertion_counts_once_and_only_by_a_federation_key(
    provider: Provider, others: Neighbours
) -> None:
    once = assertion_of(others, others.west)
    protocol = assertion_of(others, others.west, key=others.keys[others.health.id])

    first = ask_as(provider, others.west, once, ISSUER, others.hub.id)
    second = ask_as(provider, others.west, once, ISSUER, others.hub.id)

    assert resolved(provider, first)
    assert refused(second) == (401, "invalid_client")
    assert refused(ask_as(provider, others.west, protocol, ISSUER, others.hub.id)) == (401, "invalid_client")


def test_questions_that_cannot_be_answered_say_why(provider: Provider, others: Neighbours) -> None:
    hub = others.hub.id

    assert refused(ask(provider, ISSUER, "https://unknown.example")) == (404, "invalid_trust_anchor")
    assert refused(ask(provider, ISSUER)) == (400, "invalid_request")
    assert refused(provider.send("GET", "/fed/resolve", query_string={"trust_anchor": hub})) == (
        400,
        "invalid_request",
    )
    assert refused(ask(provider, ISSUER, *[hub] * 20)) == (400, "invalid_request")
    assert refused(ask(provider, "x" * 5_000, hub)) == (400, "invalid_request")


MARK = "https://hub.example/marks/audited"


class TestTrustMarks:
    """Only marks that count are in an answer, and it ends with the first of them (§8.3.2)."""

    def mark(self, others: Neighbours, issuer: Entity, **changes: Any) -> dict[str, str]:
        now = int(others.clock.now().timestamp())
        claims = {"sub": others.health.id, "trust_mark_type": MARK, "iat": now, "exp": now + 300, **changes}
        return {"trust_mark_type": MARK, "trust_mark": issuer.draft("trust-mark+jwt", claims).sign()}

    def resolve(self, provider: Provider, others: Neighbours) -> Mapping[str, Any]:
        response = ask_as(
            provider, others.west, assertion_of(others, others.west), others.health.id, others.hub.id
        )
        return resolved(provider, response).claims

    def test_a_mark_that_counts_is_told(self, provider: Provider, others: Neighbours) -> None:
        others.hub.claims["trust_mark_issuers"] = {MARK: [others.hub.id]}
        mark = self.mark(others, others.hub)
        others.health.claims["trust_marks"] = [mark]

        claims = self.resolve(provider, others)

        assert claims["trust_marks"] == [mark]
        assert claims["exp"] == int(others.clock.now().timestamp()) + 300

    def test_others_are_left_out(self, provider: Provider, others: Neighbours) -> None:
        others.hub.claims["trust_mark_issuers"] = {MARK: [others.hub.id]}
        others.health.claims["trust_marks"] = [
            self.mark(others, others.west),
            self.mark(others, others.hub, sub=others.west.id),
            self.mark(others, others.hub, iss=others.west.id),
            self.mark(others, others.hub, exp=0),
            {"trust_mark_type": MARK, "trust_mark": "x.y.z"},
            {
                "trust_mark_type": "https://other.example",
                "trust_mark": self.mark(others, others.hub)["trust_mark"],
            },
        ]

        assert "trust_marks" not in self.resolve(provider, others)

    def test_a_mark_of_a_type_that_the_anchor_does_not_know_is_left_out(
        self, provider: Provider, others: Neighbours
    ) -> None:
        others.health.claims["trust_marks"] = [self.mark(others, others.hub)]

        assert "trust_marks" not in self.resolve(provider, others)


def test_by_post_a_caller_says_who_it_is(provider: Provider, others: Neighbours) -> None:
    question = {"sub": ISSUER, "trust_anchor": others.hub.id}

    assert refused(provider.send("POST", "/fed/resolve", data=question)) == (401, "invalid_client")


def test_asking_again_costs_no_signature(provider: Provider, others: Neighbours) -> None:
    first, second = (ask(provider, ISSUER, others.hub.id) for _ in range(2))

    assert first.text == second.text


def test_ever_new_types_cost_no_signature(provider: Provider, others: Neighbours) -> None:
    """What is told is the same, so it is the same document, whatever else was asked for."""
    answers = [
        ask(provider, ISSUER, others.hub.id, entity_type=["openid_provider", f"invented_{number}"])
        for number in range(3)
    ]
    nothing = [ask(provider, ISSUER, others.hub.id, entity_type=f"invented_{number}") for number in range(3)]

    assert len({answer.text for answer in answers}) == len({answer.text for answer in nothing}) == 1
    assert answers[0].text != nothing[0].text
    assert resolved(provider, nothing[0]).claims["metadata"] == {}
