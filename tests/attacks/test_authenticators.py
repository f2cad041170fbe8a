"""Nobody changes what guards somebody else's account, nor their own without proving themselves as well as they can."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import pytest

from idp.accounts.person import Account
from idp.authn.authenticators import Authenticator
from idp.foundation.events import EventKind
from tests.contract.region import race
from tests.support import passkeys
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, Provider
from tests.support.scanning import open_account_screen, phone_of
from tests.support.software_authenticator import SoftwareAuthenticator

LINES = "/account/security/authenticators"
CHANGES: dict[str, dict[str, str]] = {
    "rename": {"label": "mine now"},
    "suspend": {},
    "resume": {},
    "remove": {},
}

every_change = pytest.mark.parametrize("change", CHANGES)


@dataclass
class Owner:
    """A person with a password, a passkey in use and one asleep."""

    provider: Provider
    account: Account
    phone: SoftwareAuthenticator
    spare: SoftwareAuthenticator

    def enrolled(self) -> tuple[Authenticator, ...]:
        return self.provider.services.stores.authenticators.of(self.account.id)

    def guards(self) -> list[tuple[str, str, datetime | None]]:
        """What an attacker must not change."""
        return [(one.id, one.label, one.suspended_at) for one in self.enrolled()]

    def ids(self) -> list[str]:
        return [one.id for one in self.enrolled()]

    def target(self, change: str) -> str:
        """The one that the change would do something to."""
        return next(one.id for one in self.enrolled() if one.is_active == (change != "resume") and one.label)

    def signed_in(self, path: str = "/account/security") -> tuple[Browser, Page]:
        """With the passkey, a moment ago."""
        browser = self.provider.browser()
        return browser, passkeys.sign_in(browser, browser.get(path), self.phone)


@pytest.fixture
def owner(provider: Provider) -> Owner:
    account = provider.person()
    phone, spare = SoftwareAuthenticator(), SoftwareAuthenticator()
    passkeys.enrol(provider, account.id, phone, label="Phone")
    asleep = passkeys.enrol(provider, account.id, spare, label="Asleep")
    provider.services.stores.authenticators.suspend(account.id, asleep.id, now=provider.clock.now())
    return Owner(provider, account, phone, spare)


def fields_of(page: Page) -> dict[str, str]:
    """The token of this browser's account pages."""
    return dict(next(form.fields for form in page.forms if "csrf_token" in form.fields))


def test_somebody_elses_things_do_not_exist(provider: Provider, owner: Owner) -> None:
    """Neither to be seen nor to be changed, and the answer is the one for an id that nobody has."""
    before = owner.guards()
    thief_account = provider.person("thief")
    device = SoftwareAuthenticator()
    passkeys.enrol(provider, thief_account.id, device)
    browser = provider.browser()
    mine = passkeys.sign_in(browser, browser.get("/account/security"), device)
    own_ids = {one.id for one in provider.services.stores.authenticators.of(thief_account.id)}

    for authenticator_id in owner.ids():
        if authenticator_id in own_ids:
            continue  # everybody has a `password`: theirs
        seen, unknown = browser.get(f"{LINES}/{authenticator_id}"), browser.get(f"{LINES}/passkey-unknown")
        assert (seen.status, unknown.status) == (404, 404)
        assert "Phone" not in seen.text
        for change, fields in CHANGES.items():
            answer = browser.post(f"{LINES}/{authenticator_id}/{change}", fields_of(mine) | fields)
            assert answer.status == 404, change

    assert owner.guards() == before


@every_change
def test_a_form_without_its_token_changes_nothing(owner: Owner, change: str) -> None:
    browser, page = owner.signed_in()
    before, path = owner.guards(), f"{LINES}/{owner.target(change)}/{change}"
    other, _ = owner.signed_in()
    foreign = fields_of(other.get("/account/security"))

    assert browser.post(path, CHANGES[change]).status == 403
    assert browser.post(path, foreign | CHANGES[change]).status == 403
    crossing = browser.post(
        path, fields_of(page) | CHANGES[change], headers={"Origin": "https://evil.example"}
    )
    assert crossing.status == 403
    assert owner.guards() == before

    browser.post(path, fields_of(page) | CHANGES[change])

    assert owner.guards() != before


@every_change
def test_an_old_sign_in_changes_nothing(owner: Owner, change: str) -> None:
    """Whoever finds a browser that was left signed in cannot lock its owner out."""
    browser, page = owner.signed_in()
    before, path = owner.guards(), f"{LINES}/{owner.target(change)}/{change}"
    owner.provider.clock.advance(minutes=11)

    answer = browser.post(path, fields_of(page) | CHANGES[change])

    assert answer.path == "/login"
    assert owner.guards() == before


@every_change
def test_a_password_alone_changes_nothing_where_there_is_a_passkey(provider: Provider, change: str) -> None:
    """Signed in before the passkey was there, perhaps by somebody who knows the password alone."""
    account = provider.person()
    browser = provider.browser()
    page = browser.sign_in(browser.get("/account/security"), "gulbahar", PASSWORD)
    phone = SoftwareAuthenticator()
    line = passkeys.enrol(provider, account.id, phone, label="Phone")
    before = provider.services.stores.authenticators.of(account.id)

    answer = browser.post(f"{LINES}/{line.id}/{change}", fields_of(page) | CHANGES[change])

    assert answer.path == "/login"
    assert provider.services.stores.authenticators.of(account.id) == before


@every_change
def test_a_sign_in_approved_on_another_device_changes_nothing(provider: Provider, change: str) -> None:
    """A relayed code must not become a new owner (RFC 10027 §6)."""
    phone = phone_of(provider)
    screen = open_account_screen(provider, "/account/security")
    phone.confirm(screen)
    page = screen.finish()
    page = screen.browser.get("/account/security")
    assert page.path == "/account/security"
    before = provider.services.stores.authenticators.of(phone.account.id)

    for one in before:
        answer = screen.browser.post(f"{LINES}/{one.id}/{change}", fields_of(page) | CHANGES[change])
        assert answer.path == "/login", one.id

    now = provider.services.stores.authenticators.of(phone.account.id)
    assert [(one.id, one.label, one.suspended_at) for one in now] == [
        (one.id, one.label, one.suspended_at) for one in before
    ]


def test_what_is_suspended_does_not_work(provider: Provider, owner: Owner) -> None:
    """A passkey, an authenticator app, a password: each is refused like a wrong one while it sleeps."""
    store, now = provider.services.stores.authenticators, provider.clock.now()
    app = provider.enrol_totp(owner.account)
    browser = provider.browser()

    by_spare = passkeys.sign_in(browser, browser.get("/account"), owner.spare)
    assert not by_spare.path.startswith("/account")

    store.suspend(owner.account.id, "totp", now=now)
    page = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    transaction = page.url.partition("?")[2]
    asked = browser.get(f"/login/totp?{transaction}")
    if any(form.action == "/login/totp" for form in asked.forms):
        asked = browser.submit(asked, "/login/totp", code=app.code())
    assert not asked.path.startswith("/account")

    store.suspend(owner.account.id, "password", now=now)
    refused = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    assert (refused.status, refused.path) == (400, "/login/password")
    unknown = browser.sign_in(browser.get("/account"), "nobody", PASSWORD)
    assert words_of(unknown) == words_of(refused)


def words_of(page: Page) -> str:
    """What is said to be wrong."""
    return page.text.partition('role="alert"')[2].partition("</div>")[0]


def test_two_windows_cannot_together_remove_every_way_in(provider: Provider) -> None:
    """Each removes what the other relies on, at the same moment; one is told that it is the last."""
    account = provider.person()
    phone = SoftwareAuthenticator()
    line = passkeys.enrol(provider, account.id, phone, label="Phone")
    browser = provider.browser()
    page = passkeys.sign_in(browser, browser.get("/account/security"), phone)

    def remove(authenticator_id: str) -> int:
        return provider.send(
            "POST",
            f"{LINES}/{authenticator_id}/remove",
            headers={"Cookie": browser.cookie_header, "Origin": provider.issuer},
            data=fields_of(page),
        ).status_code

    answers = race(partial(remove, "password"), partial(remove, line.id))

    assert sorted(map(str, answers)) == ["303", "409"]
    assert len(provider.services.stores.authenticators.of(account.id)) == 1


def test_the_owner_can_see_every_change_and_every_refusal(provider: Provider, owner: Owner) -> None:
    browser, page = owner.signed_in()
    spare = next(one.id for one in owner.enrolled() if one.label == "Asleep")
    for change in ("rename", "resume", "suspend", "remove"):
        browser.post(f"{LINES}/{spare}/{change}", fields_of(page) | CHANGES[change])
    thief = provider.browser()
    thief.sign_in(thief.get("/account"), "gulbahar", "not the password at all")

    kinds = {event.kind for event in provider.services.stores.events.of_account(owner.account.id, 20)}

    assert kinds >= {
        EventKind.AUTHENTICATOR_RENAMED,
        EventKind.AUTHENTICATOR_RESUMED,
        EventKind.AUTHENTICATOR_SUSPENDED,
        EventKind.PASSKEY_REMOVED,
        EventKind.SIGN_IN_REFUSED,
    }
    assert "A sign-in was refused" in browser.get("/account/history").text


def test_nobody_reads_somebody_elses_history(provider: Provider, owner: Owner) -> None:
    owner.signed_in()
    provider.person("other")
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "other", PASSWORD)

    for before in ("", "?before=1", "?before=999999999", f"?account={owner.account.id}"):
        page = browser.get(f"/account/history{before}")
        assert "with a passkey" not in page.text
