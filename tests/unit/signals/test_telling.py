"""Telling mini-apps: what is tried when, and what becomes of each answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.foundation.events import EventKind
from idp.oidc.vocabulary import Algorithm
from idp.signals.telling import (
    FIRST_WAIT,
    LEASE,
    LONGEST_WAIT,
    MOST_OF_ONE,
    TRIED_FOR,
    Errand,
    Reply,
    Telling,
    wait_after,
)
from idp.storage.schema import audit_events
from idp.storage.statement import Statement
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, claims_of

ADDRESS = "https://tax.example/backchannel-logout"
LITTLE = timedelta(seconds=1)


@pytest.fixture
def telling(provider: Provider) -> Telling:
    return provider.services.telling


@pytest.fixture
def sign_out(provider: Provider) -> Callable[..., RelyingParty]:
    """Somebody new signs in to a mini-app and out again."""
    names = iter(f"citizen{number}" for number in range(1_000))

    def do(client_id: str = "tax", app: RelyingParty | None = None, **changes: object) -> RelyingParty:
        name = next(names)
        provider.person(name)
        app = app or provider.client(client_id, backchannel_logout_uri=ADDRESS, **changes)
        browser = provider.browser()
        answer = provider.tokens(browser, app, username=name)
        browser.get(f"/logout?id_token_hint={answer.id_token}")
        return app

    return do


def events(provider: Provider, kind: EventKind) -> list[str]:
    rows = provider.services.database.all(Statement(select(audit_events)))
    return [row.client_id for row in rows if row.kind == kind.value]


def one(telling: Telling) -> Errand:
    (errand,) = telling.errands(10)
    return errand


def test_a_sign_out_is_one_errand_with_a_token_signed_for_that_app(
    provider: Provider, telling: Telling, sign_out: Callable[..., RelyingParty]
) -> None:
    app = sign_out(signing_alg=Algorithm.PS256)

    errand = one(telling)

    header, claims = app.verified(errand.token, "PS256")
    assert errand.address == ADDRESS
    assert header["typ"] == "logout+jwt"
    assert claims["aud"] == "tax"
    assert claims["iat"] == int(provider.clock.now().timestamp())
    assert "nonce" not in claims


def test_who_has_heard_is_told_no_more(
    provider: Provider, telling: Telling, sign_out: Callable[..., RelyingParty]
) -> None:
    sign_out()

    telling.settle(one(telling), Reply.HEARD)

    provider.clock.advance(days=2)
    assert telling.errands(10) == ()


def test_who_refuses_is_told_no_more_and_it_is_on_record(
    provider: Provider, telling: Telling, sign_out: Callable[..., RelyingParty]
) -> None:
    sign_out()

    telling.settle(one(telling), Reply.REFUSED)

    provider.clock.advance(days=2)
    assert telling.errands(10) == ()
    assert events(provider, EventKind.LOGOUT_REFUSED) == ["tax"]


def test_who_does_not_answer_is_told_again_with_a_new_token_and_the_same_jti(
    provider: Provider, telling: Telling, sign_out: Callable[..., RelyingParty]
) -> None:
    sign_out()
    first = one(telling)

    telling.settle(first, Reply.NO_ANSWER)

    assert telling.errands(10) == ()
    provider.clock.advance(seconds=FIRST_WAIT.total_seconds() * 1.2)
    second = one(telling)
    before, after = claims_of(first.token), claims_of(second.token)
    assert (before["jti"], before["sid"]) == (after["jti"], after["sid"])
    assert before["iat"] < after["iat"]


def test_an_errand_that_was_never_settled_is_given_out_again(
    provider: Provider, telling: Telling, sign_out: Callable[..., RelyingParty]
) -> None:
    """Its worker was killed."""
    sign_out()
    one(telling)

    assert telling.errands(10) == ()
    provider.clock.advance(seconds=LEASE.total_seconds())
    assert len(telling.errands(10)) == 1


def test_after_a_day_it_is_given_up_and_on_record(
    provider: Provider, telling: Telling, sign_out: Callable[..., RelyingParty]
) -> None:
    sign_out()
    tries = 0

    while errands := telling.errands(10):
        telling.settle(errands[0], Reply.NO_ANSWER)
        tries += 1
        provider.clock.advance(seconds=LONGEST_WAIT.total_seconds() * 1.2)

    assert tries > TRIED_FOR / (LONGEST_WAIT * 1.2) - 1
    assert events(provider, EventKind.LOGOUT_GIVEN_UP) == ["tax"]
    provider.clock.advance(days=2)
    assert telling.errands(10) == ()


def test_what_waited_while_every_worker_was_down_is_tried_before_it_is_given_up(
    provider: Provider, telling: Telling, sign_out: Callable[..., RelyingParty]
) -> None:
    sign_out()
    provider.clock.advance(days=3)

    telling.settle(one(telling), Reply.HEARD)

    assert events(provider, EventKind.LOGOUT_GIVEN_UP) == []


def test_a_busy_app_is_left_alone_and_the_others_are_not(
    telling: Telling, sign_out: Callable[..., RelyingParty]
) -> None:
    sign_out("slow")
    sign_out("tax")

    assert [errand.client_id for errand in telling.errands(10, frozenset({"slow"}))] == ["tax"]
    assert [errand.client_id for errand in telling.errands(10)] == ["slow"]


def test_there_is_never_much_under_way_to_one_app(
    telling: Telling, sign_out: Callable[..., RelyingParty]
) -> None:
    app = sign_out()
    for _ in range(MOST_OF_ONE):
        sign_out(app=app)

    assert len(telling.errands(2)) == 2
    assert telling.errands(0) == ()
    assert len(telling.errands(10)) == MOST_OF_ONE - 1


def test_an_app_that_took_its_address_back_is_told_nothing(
    provider: Provider, telling: Telling, sign_out: Callable[..., RelyingParty]
) -> None:
    from dataclasses import replace

    sign_out()
    registry = provider.services.stores.registry
    client = registry.find_by_id("tax")
    assert client is not None
    registry.replace(replace(client, backchannel_logout_uri=None))

    assert telling.errands(10) == ()
    provider.clock.advance(days=1)
    assert telling.errands(10) == ()


def test_waits_double_up_to_ten_minutes() -> None:
    waits = [wait_after(attempts).total_seconds() for attempts in (0, 1, 2, 3, 6, 7, 1_000_000)]

    assert waits == [5, 10, 20, 40, 320, 600, 600]


def test_an_errand_does_not_show_its_token(telling: Telling, sign_out: Callable[..., RelyingParty]) -> None:
    sign_out()

    errand = one(telling)

    assert errand.token not in repr(errand)
