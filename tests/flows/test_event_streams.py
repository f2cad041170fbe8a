"""What happens to a person here reaches every receiver that knows them, by itself (SSF 1.0, CAEP 1.0)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import Browser
from tests.support.event_receiver import (
    CREDENTIAL_CHANGE,
    EVERYTHING,
    LEVEL_CHANGE,
    PUSH,
    SESSION_REVOKED,
    STREAM_UPDATED,
    EventReceiver,
    StreamClient,
    event_receiver,
    events_of,
)
from tests.support.provider import PASSWORD, Provider
from tests.support.pushing import Pushing
from tests.support.relying_party import Answer, claims_of

SCOPES = ("openid", "profile", "ssf.read", "ssf.manage")
PASSWORD_PAGE = "/account/security/password"


def receiver_at(provider: Provider, client_id: str = "tax", **changes: Any) -> StreamClient:
    client = StreamClient(provider.client(client_id, scopes=SCOPES, resources=(), **changes))
    client.authorize()
    return client


@pytest.fixture
def tax(provider: Provider) -> StreamClient:
    provider.person()
    return receiver_at(provider)


@pytest.fixture
def stream(tax: StreamClient) -> Answer:
    return tax.create()


@pytest.fixture
def listening() -> Iterator[EventReceiver]:
    with event_receiver() as receiver:
        yield receiver


def visit(provider: Provider, app: StreamClient) -> tuple[Browser, dict[str, Any]]:
    """Somebody signed in to the app: their browser, and what the ID token says."""
    browser = provider.browser()
    answer = provider.tokens(browser, app.app, scope="openid profile")
    return browser, claims_of(answer.id_token)


def sign_out(browser: Browser) -> None:
    assert browser.submit(browser.get("/logout"), "/logout", "logout-confirm").path == "/signed-out"


def change_password(browser: Browser) -> None:
    page = browser.get(PASSWORD_PAGE)
    browser.submit(page, PASSWORD_PAGE, current_password=PASSWORD, new_password=f"{PASSWORD} again")


def person_of(provider: Provider, proof: dict[str, Any]) -> dict[str, str]:
    return {"format": "iss_sub", "iss": provider.issuer, "sub": proof["sub"]}


def test_a_sign_out_names_the_person_and_the_session_as_the_receiver_knows_them(
    provider: Provider, tax: StreamClient, stream: Answer
) -> None:
    browser, proof = visit(provider, tax)

    sign_out(browser)

    (claims,) = tax.poll(stream)
    kind, members = events_of(claims)
    assert kind == SESSION_REVOKED
    assert claims["sub_id"] == {
        "format": "complex",
        "user": person_of(provider, proof),
        "session": {"format": "opaque", "id": proof["sid"]},
    }
    assert members["event_timestamp"] == int(provider.clock.now().timestamp())
    assert members["initiating_entity"] == "user"
    assert members["reason_admin"].keys() == members["reason_user"].keys() == {"en", "zh-CN"}
    assert all(members["reason_admin"].values())


def test_where_everything_of_a_person_ends_one_event_says_so(
    provider: Provider, tax: StreamClient, stream: Answer
) -> None:
    _, proof = visit(provider, tax)
    visit(provider, tax)
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None

    provider.services.stores.accounts.set_active(account.id, False, now=provider.clock.now())

    (claims,) = tax.poll(stream)
    assert claims["sub_id"] == person_of(provider, proof)
    assert events_of(claims)[1]["initiating_entity"] == "admin"


def test_a_new_password_is_told_before_the_sessions_that_it_ends(
    provider: Provider, tax: StreamClient, stream: Answer
) -> None:
    """In the order in which it happened; and the session in which it was done goes on."""
    _, elsewhere = visit(provider, tax)
    here, _ = visit(provider, tax)

    change_password(here)

    changed, ended = tax.poll(stream)
    kind, members = events_of(changed)
    assert kind == CREDENTIAL_CHANGE
    assert changed["sub_id"] == person_of(provider, elsewhere)
    assert (members["credential_type"], members["change_type"]) == ("password", "update")
    assert members["reason_admin"]["en"]
    assert events_of(ended)[0] == SESSION_REVOKED
    assert ended["sub_id"]["session"]["id"] == elsewhere["sid"]


def test_an_authenticator_that_comes_and_goes_is_told_with_the_level_that_it_took_along(
    provider: Provider, tax: StreamClient, stream: Answer
) -> None:
    visit(provider, tax)
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    provider.enrol_totp(account)
    store, now = provider.services.stores.authenticators, provider.clock.now()

    assert store.suspend(account.id, "totp", now=now)
    assert store.resume(account.id, "totp", now=now)
    assert store.remove(account.id, "totp", now=now)

    told = [events_of(claims) for claims in tax.poll(stream)]
    changes = [members["change_type"] for kind, members in told if kind == CREDENTIAL_CHANGE]
    levels = [members for kind, members in told if kind == LEVEL_CHANGE]
    assert changes == ["create", "revoke", "create", "delete"]
    assert [(one["previous_level"], one["current_level"]) for one in levels] == [
        ("urn:tongxing:acr:2", "urn:tongxing:acr:1")
    ] * 2
    assert {(one["namespace"], one["change_direction"]) for one in levels} == {
        ("urn:tongxing:acr", "decrease")
    }


def test_who_does_not_know_the_person_hears_nothing(
    provider: Provider, tax: StreamClient, stream: Answer
) -> None:
    health = receiver_at(provider, "health")
    strangers = health.create()
    browser, _ = visit(provider, tax)

    change_password(browser)
    sign_out(browser)

    assert health.poll(strangers) == []
    assert len(tax.poll(stream)) == 2


def test_two_receivers_cannot_tell_that_they_hear_of_one_person(
    provider: Provider, tax: StreamClient, stream: Answer
) -> None:
    address = "https://health.example/callback"
    health = receiver_at(provider, "health", sector="health.example", redirect_uris=(address,))
    others = health.create()
    browser, _ = visit(provider, tax)
    provider.tokens(browser, health.app, scope="openid profile")

    sign_out(browser)

    ((here,), (there,)) = tax.poll(stream), health.poll(others)
    shared = set(_texts(here)) & set(_texts(there))
    assert (
        not {here["sub_id"]["user"]["sub"], here["sub_id"]["session"]["id"], here["jti"], here["txn"]}
        & shared
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


def test_who_withdrew_their_consent_is_told_of_no_more(
    provider: Provider, tax: StreamClient, stream: Answer
) -> None:
    browser, _ = visit(provider, tax)
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None

    provider.services.stores.consents.withdraw(account.id, "tax", now=provider.clock.now())
    provider.clock.advance(seconds=1)
    change_password(browser)

    assert [events_of(claims)[0] for claims in tax.poll(stream)] == [SESSION_REVOKED]


def test_a_receiver_hears_only_of_what_it_asked_for(provider: Provider, tax: StreamClient) -> None:
    stream = tax.create(events_requested=[CREDENTIAL_CHANGE])
    browser, _ = visit(provider, tax)

    change_password(browser)
    sign_out(browser)

    assert [events_of(claims)[0] for claims in tax.poll(stream)] == [CREDENTIAL_CHANGE]


def test_a_receiver_hears_no_more_of_whom_it_removed(
    provider: Provider, tax: StreamClient, stream: Answer
) -> None:
    """SSF §8.1.3.3, and again after §8.1.3.2."""
    browser, proof = visit(provider, tax)
    body = {"stream_id": stream.stream_id, "subject": person_of(provider, proof)}

    assert tax.ask("POST", "/ssf/subjects/remove", body).status == 204
    change_password(browser)
    unheard = tax.poll(stream)
    assert tax.ask("POST", "/ssf/subjects/add", body).status == 200
    sign_out(browser)

    assert unheard == []
    assert [events_of(claims)[0] for claims in tax.poll(stream)] == [SESSION_REVOKED]


# Pushing


@pytest.fixture
def pushing(provider: Provider) -> Pushing:
    return Pushing(provider)


def pushed_to(tax: StreamClient, listening: EventReceiver, **delivery: Any) -> Answer:
    answer = tax.create(delivery={"method": PUSH, "endpoint_url": listening.address, **delivery})
    assert answer.status == 201, answer.members
    return answer


def test_an_event_is_pushed_as_the_specification_says(
    provider: Provider, tax: StreamClient, listening: EventReceiver, pushing: Pushing
) -> None:
    """RFC 8935 §2.1; the header is the one that the receiver asked for, and it is in no row."""
    pushed_to(tax, listening, authorization_header="Bearer for-the-receiver")
    browser, _ = visit(provider, tax)

    sign_out(browser)
    pushing.until_idle()

    ((headers, token),) = listening.requests
    header, claims = tax.app.verified(token, "RS256")
    assert headers["content-type"] == "application/secevent+jwt"
    assert headers["accept"] == "application/json"
    assert headers["authorization"] == "Bearer for-the-receiver"
    assert header["typ"] == "secevent+jwt"
    assert events_of(claims)[0] == SESSION_REVOKED
    row = provider.services.stores.streams.of_client("tax")
    assert row is not None
    assert b"for-the-receiver" not in (row.authorization_sealed or b"")


def test_without_a_header_none_is_sent(
    provider: Provider, tax: StreamClient, listening: EventReceiver, pushing: Pushing
) -> None:
    stream = pushed_to(tax, listening)

    tax.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id, "state": "mine"})
    pushing.until_idle()

    ((headers, _),) = listening.requests
    assert "authorization" not in headers


def test_events_are_pushed_in_order_and_one_that_fails_holds_up_the_next(
    provider: Provider, tax: StreamClient, listening: EventReceiver, pushing: Pushing
) -> None:
    pushed_to(tax, listening)
    visit(provider, tax)
    here, _ = visit(provider, tax)
    listening.answers = [503]

    change_password(here)
    pushing.until_idle()
    failed = len(listening.requests)
    provider.clock.advance(seconds=10)
    pushing.until_idle()

    assert failed == 1
    first, again, last = listening.claims
    assert (first["jti"], events_of(first)[0]) == (again["jti"], CREDENTIAL_CHANGE)
    assert first == again
    assert events_of(last)[0] == SESSION_REVOKED


def test_an_event_that_is_refused_again_and_again_makes_way(
    provider: Provider, tax: StreamClient, listening: EventReceiver, pushing: Pushing
) -> None:
    """RFC 8935 §2.3."""
    pushed_to(tax, listening)
    visit(provider, tax)
    here, _ = visit(provider, tax)
    listening.answers = [400] * 6

    change_password(here)
    for _ in range(8):
        pushing.until_idle()
        provider.clock.advance(minutes=4)

    assert [events_of(claims)[0] for claims in listening.claims] == [CREDENTIAL_CHANGE] * 6 + [
        SESSION_REVOKED
    ]


def test_a_receiver_that_is_silent_for_a_week_is_paused_and_loses_nothing(
    provider: Provider, tax: StreamClient, stream: Answer, pushing: Pushing
) -> None:
    """SSF §8.1.1, §8.1.5: it finds out why, and when it lets the stream flow again it hears what happened."""
    browser, _ = visit(provider, tax)
    sign_out(browser)
    provider.clock.advance(days=7, minutes=1)

    pushing.until_idle()
    provider.clock.advance(minutes=2)
    pushing.until_idle()

    tax.authorize()
    status = tax.ask("GET", f"/ssf/status?stream_id={stream.stream_id}")
    (updated,) = tax.poll(stream)
    tax.ask("POST", "/ssf/status", {"stream_id": stream.stream_id, "status": "enabled"})
    assert status.status == 200
    assert status.members["status"] == "paused"
    assert status.reason
    assert events_of(updated) == (STREAM_UPDATED, {"status": "paused", "reason": status.reason})
    assert [events_of(claims)[0] for claims in tax.poll(stream)] == [SESSION_REVOKED]


def test_a_header_is_never_sent_to_another_address(
    provider: Provider, tax: StreamClient, listening: EventReceiver, pushing: Pushing
) -> None:
    """Who changes where events go, and says nothing of the header, takes it back."""
    elsewhere = {"method": PUSH, "endpoint_url": f"{listening.address}/elsewhere"}
    stream = pushed_to(tax, listening, authorization_header="Bearer of-the-first")

    tax.ask("PATCH", "/ssf/stream", {"stream_id": stream.stream_id, "delivery": elsewhere})
    tax.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id})
    pushing.until_idle()

    ((headers, _),) = listening.requests
    assert "authorization" not in headers
    assert stream.events_delivered == EVERYTHING
