"""A sign-out reaches every mini-app of the session, by itself (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from idp.cli.telling_apps import Teller
from idp.signals.telling import MOST_OF_ONE
from tests.support.browser import Browser
from tests.support.logout_receiver import LogoutReceiver, logout_receiver
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import RelyingParty, claims_of
from tests.support.server import free_port
from tests.support.waiting import PATIENCE_SECONDS, wait_until

PASSWORD_PAGE = "/account/security/password"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def receiver() -> Iterator[LogoutReceiver]:
    with logout_receiver() as listening:
        yield listening


@pytest.fixture
def tax(provider: Provider, receiver: LogoutReceiver) -> RelyingParty:
    provider.person()
    return provider.client(backchannel_logout_uri=receiver.address, backchannel_logout_session_required=True)


def visit(
    provider: Provider, app: RelyingParty, username: str = "gulbahar"
) -> tuple[Browser, dict[str, Any]]:
    """Somebody signed in to the app: their browser, and what the ID token says."""
    browser = provider.browser()
    return browser, claims_of(provider.tokens(browser, app, username=username).id_token)


def sign_out(browser: Browser) -> None:
    page = browser.submit(browser.get("/logout"), "/logout", "logout-confirm")
    assert page.path == "/signed-out"


class Telling:
    """The teller of one worker, a round at a time."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._teller = Teller(provider.services)

    def round(self) -> None:
        assert self._teller.round()

    def until(self, is_enough: Callable[[], bool]) -> None:
        """Go on until something holds."""
        wait_until(is_enough, meanwhile=self._go_on)

    def _go_on(self) -> None:
        self.round()
        self._provider.services.telling.bell.wait(0.05)
        self._provider.services.telling.bell.clear()

    def until_nothing_waits(self) -> None:
        def is_done() -> bool:
            rows = self._provider.services.stores.logouts.due(1, 1, now=self._provider.clock.now())
            return not rows and not self._teller._under_way

        self.until(is_done)


@pytest.fixture
def telling(provider: Provider) -> Telling:
    return Telling(provider)


def test_signing_out_here_tells_the_app_which_session_of_whom_has_ended(
    provider: Provider, tax: RelyingParty, receiver: LogoutReceiver, telling: Telling
) -> None:
    browser, proof = visit(provider, tax)

    sign_out(browser)
    telling.until_nothing_waits()

    ((path, headers, form),) = receiver.requests
    header, claims = tax.verified(receiver.tokens[0])
    assert path == "/backchannel-logout"
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert form.keys() == {"logout_token"}
    assert header["typ"] == "logout+jwt"
    assert claims["events"] == {EVENT: {}}
    assert (claims["iss"], claims["aud"]) == (provider.issuer, "tax")
    assert (claims["sub"], claims["sid"]) == (proof["sub"], proof["sid"])
    assert claims["exp"] - claims["iat"] <= 120
    assert claims["jti"]
    assert "nonce" not in claims


def test_a_refreshed_id_token_names_the_same_session(provider: Provider, tax: RelyingParty) -> None:
    browser = provider.browser()
    answer = provider.tokens(browser, tax)

    again = tax.refresh(answer.refresh_token)

    assert claims_of(again.id_token)["sid"] == claims_of(answer.id_token)["sid"]


def test_two_apps_are_told_of_one_session_under_names_of_their_own(
    provider: Provider, tax: RelyingParty, receiver: LogoutReceiver, telling: Telling
) -> None:
    health = provider.client("health", backchannel_logout_uri=receiver.address)
    browser, at_tax = visit(provider, tax)
    at_health = claims_of(provider.tokens(browser, health).id_token)

    sign_out(browser)
    telling.until_nothing_waits()

    told = {claims["aud"]: claims["sid"] for claims in receiver.claims}
    assert told == {"tax": at_tax["sid"], "health": at_health["sid"]}
    assert at_tax["sid"] != at_health["sid"]


def test_signing_out_another_browser_tells_of_that_session_alone(
    provider: Provider, tax: RelyingParty, receiver: LogoutReceiver, telling: Telling
) -> None:
    here, _ = visit(provider, tax)
    _, there = visit(provider, tax)

    here.submit(here.get("/account/sessions"), "/account/sessions/end", all="")
    telling.until_nothing_waits()

    assert [claims["sid"] for claims in receiver.claims] == [there["sid"]]


def test_a_new_password_tells_of_every_other_session(
    provider: Provider, tax: RelyingParty, receiver: LogoutReceiver, telling: Telling
) -> None:
    """Whoever sits in another browser did not make the change."""
    _, elsewhere = visit(provider, tax)
    here, _ = visit(provider, tax)
    page = here.get(PASSWORD_PAGE)

    here.submit(page, PASSWORD_PAGE, current_password=PASSWORD, new_password=f"{PASSWORD} again")
    telling.until_nothing_waits()

    assert [claims["sid"] for claims in receiver.claims] == [elsewhere["sid"]]


def test_switching_an_account_off_tells_of_all_its_sessions(
    provider: Provider, tax: RelyingParty, receiver: LogoutReceiver, telling: Telling
) -> None:
    sids = {visit(provider, tax)[1]["sid"] for _ in range(3)}
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None

    provider.services.stores.accounts.set_active(account.id, False, now=provider.clock.now())
    telling.until_nothing_waits()

    assert {claims["sid"] for claims in receiver.claims} == sids


def test_withdrawing_an_agreement_tells_that_app(
    provider: Provider, tax: RelyingParty, receiver: LogoutReceiver, telling: Telling
) -> None:
    browser, proof = visit(provider, tax)

    browser.submit(browser.get("/account/apps"), "/account/apps/withdraw", client_id="tax")
    telling.until_nothing_waits()

    assert [claims["sid"] for claims in receiver.claims] == [proof["sid"]]


def test_an_app_that_is_down_hears_of_it_when_it_is_back(
    provider: Provider, receiver: LogoutReceiver, telling: Telling
) -> None:
    port = free_port()
    provider.person()
    app = provider.client(backchannel_logout_uri=f"http://tax.apps.localhost:{port}/backchannel-logout")
    browser, proof = visit(provider, app)
    sign_out(browser)
    telling.until_nothing_waits()

    with logout_receiver(port) as back:
        provider.clock.advance(minutes=1)
        telling.until_nothing_waits()

        assert [claims["sid"] for claims in back.claims] == [proof["sid"]]
    assert receiver.requests == []


@pytest.mark.parametrize("status", [500, 503, 404, 401, 302, 307])
def test_an_app_that_fails_is_told_again(
    provider: Provider, tax: RelyingParty, receiver: LogoutReceiver, telling: Telling, status: int
) -> None:
    receiver.status = status
    sign_out(visit(provider, tax)[0])
    telling.until_nothing_waits()
    receiver.status = 204

    provider.clock.advance(minutes=1)
    telling.until_nothing_waits()
    provider.clock.advance(days=2)
    telling.until_nothing_waits()

    assert len(receiver.requests) == 2
    assert len({claims["jti"] for claims in receiver.claims}) == 1


def test_an_app_that_refuses_is_told_no_more(
    provider: Provider, tax: RelyingParty, receiver: LogoutReceiver, telling: Telling
) -> None:
    receiver.status = 400
    sign_out(visit(provider, tax)[0])
    telling.until_nothing_waits()

    provider.clock.advance(days=2)
    telling.until_nothing_waits()

    assert len(receiver.requests) == 1


def test_nobody_waits_for_an_app_that_hangs_neither_people_nor_other_apps(
    provider: Provider, tax: RelyingParty, receiver: LogoutReceiver, telling: Telling
) -> None:
    """Ten sign-outs of an app that does not answer, then one of another: it hears at once."""
    go_on = threading.Event()
    with logout_receiver(before_answer=lambda: bool(go_on.wait(PATIENCE_SECONDS)) or None) as hanging:
        slow = provider.client("slow", backchannel_logout_uri=hanging.address)
        for _ in range(10):
            sign_out(visit(provider, slow)[0])
        telling.until(lambda: len(hanging.requests) > 0)
        browser, proof = visit(provider, tax)

        sign_out(browser)
        telling.until(lambda: len(receiver.requests) > 0)

        assert [claims["sid"] for claims in receiver.claims] == [proof["sid"]]
        assert 0 < len(hanging.requests) <= MOST_OF_ONE
        go_on.set()


def test_what_an_app_says_beside_its_status_is_not_even_read(
    provider: Provider, tax: RelyingParty, receiver: LogoutReceiver, telling: Telling
) -> None:
    receiver.body = b"x" * 1_000_000

    sign_out(visit(provider, tax)[0])
    telling.until_nothing_waits()
    provider.clock.advance(days=2)
    telling.until_nothing_waits()

    assert len(receiver.requests) == 1


def test_an_app_without_an_address_is_told_nothing_and_waits_for_nothing(
    provider: Provider, telling: Telling
) -> None:
    provider.person()
    browser, _ = visit(provider, provider.client())

    sign_out(browser)

    assert provider.services.telling.errands(10) == ()


def test_discovery_says_so(provider: Provider) -> None:
    document = provider.send("GET", "/.well-known/openid-configuration").get_json()

    assert document["backchannel_logout_supported"] is True
    assert document["backchannel_logout_session_supported"] is True
    assert "sid" in document["claims_supported"]
