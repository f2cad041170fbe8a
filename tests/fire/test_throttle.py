"""Guesses are counted in one place for all processes, before they are looked at (security of passwords; N8)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.authn.throttle import ADDRESSES, PASSWORDS, ThrottledFactor
from idp.foundation.events import EventKind
from tests.fire.ledger import Ledger
from tests.fire.verdicts import statuses
from tests.fire.volley import Volley, written_by_browser
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD
from tests.support.relying_party import RelyingParty
from tests.support.server import RunningProvider


def claiming_to_be(number: int) -> dict[str, str]:
    """What somebody sends who would like to be counted as another visitor."""
    address = f"203.0.113.{number}"
    return {"X-Forwarded-For": address, "Forwarded": f"for={address}", "X-Real-IP": address}


def asked_for_password(
    provider: RunningProvider, app: RelyingParty, username: str, address: int
) -> tuple[Browser, Page]:
    """A new browser that lies about its address, on the password page."""
    browser = provider.browser()
    browser.headers |= claiming_to_be(address)
    page = browser.submit(browser.get(app.begin().url), "/login", username=username)
    assert page.path == "/login/password"
    return browser, page


def guess(browser: Browser, page: Page, number: int) -> bytes:
    """The password form of `page`, filled in wrongly."""
    password = f"a guess with the number {number}"
    return written_by_browser(
        browser, lambda browser: browser.submit(page, "/login/password", password=password)
    )


@pytest.mark.parametrize(("people", "guesses"), [(1, 60), (12, 8)])
def test_of_many_guesses_at_once_no_more_are_looked_at_than_one_process_would_allow(
    own_region: RunningProvider, people: int, guesses: int
) -> None:
    app = own_region.client()
    with Volley(own_region, guesses) as volley:
        for person in range(people):
            waiting = [asked_for_password(own_region, app, f"person-{person}", n) for n in range(guesses)]
            attempts = [guess(browser, page, n) for n, (browser, page) in enumerate(waiting)]

            answers = volley.fire(attempts)

            assert statuses(answers) == {400: PASSWORDS.free, 429: guesses - PASSWORDS.free}
    looked_at = Ledger(own_region.services).events(EventKind.SIGN_IN_REFUSED)
    assert looked_at.total() == people * PASSWORDS.free


def test_the_right_password_is_not_looked_at_while_guesses_must_wait(own_region: RunningProvider) -> None:
    account = own_region.person("waiting")
    app = own_region.client()
    for number in range(PASSWORDS.free):
        browser, page = asked_for_password(own_region, app, "waiting", number)
        wrong = browser.submit(page, "/login/password", password=f"a guess with the number {number}")
        assert wrong.status == 400

    browser, page = asked_for_password(own_region, app, "waiting", PASSWORDS.free)
    right = browser.submit(page, "/login/password", password=PASSWORD)

    assert (right.status, right.path) == (429, "/login/password")
    stores, now = own_region.services.stores, own_region.clock.now()
    assert stores.sessions.list_of(account.id, now=now) == ()


def test_an_address_that_guessed_too_often_gains_nothing_by_claiming_to_be_another(
    own_region: RunningProvider,
) -> None:
    own_region.person("innocent")
    app = own_region.client()
    wear_out(own_region, "127.0.0.1")

    browser, page = asked_for_password(own_region, app, "innocent", 1)
    answer = browser.submit(page, "/login/password", password=PASSWORD)

    assert (answer.status, answer.path) == (429, "/login/password")


def wear_out(provider: RunningProvider, address: str) -> None:
    """Guess at many people's passwords from one address, in this process, until it must wait for a minute."""
    now = provider.clock.now()
    most = ADDRESSES.free + 7
    for number in range(most):
        now += ADDRESSES.wait_after(number)
        provider.services.throttle.admit(ThrottledFactor.PASSWORD, f"person {number}", address, now=now)
    assert ADDRESSES.wait_after(most) >= timedelta(minutes=1)
