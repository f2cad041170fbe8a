"""The demo's mini-app, made with Authlib, hears from a running region that somebody signed out, and believes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp.accounts.person import Account
from tests.browser.mini_app import Site, running_tax
from tests.support.browser import Browser
from tests.support.leak_guard import LeakGuard
from tests.support.provider import PASSWORD
from tests.support.server import RunningProvider, Wire
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def tax(running_region: RunningProvider) -> Iterator[Site]:
    with running_tax(running_region) as site:
        yield site


def sign_in(region: RunningProvider, tax: Site, person: Account) -> tuple[Browser, Browser]:
    """The same browser, once as the mini-app sees it and once as the region does; signed in at both."""
    port = int(tax.address.rpartition(":")[2])
    here, there = Browser(Wire(port), tax.address, LeakGuard()), region.browser()
    leaving = here.submit(here.get("/"), "/sign-in")
    back = region.walk(there, leaving.url, person.username, PASSWORD)
    here.get(back.url)
    assert is_signed_in(here)
    return here, there


def is_signed_in(here: Browser) -> bool:
    return any(form.action == "/sign-out" for form in here.get("/").forms)


def wait_until_signed_out(here: Browser) -> None:
    wait_until(lambda: not is_signed_in(here), lambda: "the mini-app did not hear of it")


def test_who_signs_out_at_the_region_is_signed_out_at_the_mini_app(
    region: RunningProvider, tax: Site, person: Account
) -> None:
    here, there = sign_in(region, tax, person)
    elsewhere, _ = sign_in(region, tax, person)

    there.submit(there.get("/logout"), "/logout", "logout-confirm")

    wait_until_signed_out(here)
    assert is_signed_in(elsewhere)


def test_an_account_that_is_switched_off_is_out_everywhere(
    region: RunningProvider, tax: Site, person: Account
) -> None:
    browsers = [sign_in(region, tax, person)[0] for _ in range(2)]

    region.services.stores.accounts.set_active(person.id, False, now=region.clock.now())

    for here in browsers:
        wait_until_signed_out(here)
