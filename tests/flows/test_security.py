"""The pages about what guards an account: what is there, one change after another, and what happened."""

from __future__ import annotations

import re

import pyotp
import pytest

from idp.foundation.events import Event, EventKind
from idp.web.account.authenticators import OWN_PAGES
from idp.web.account.enrolments import ENROLMENTS
from tests.support import passkeys
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, Provider
from tests.support.software_authenticator import SoftwareAuthenticator

SECURITY = "/account/security"
LINES = f"{SECURITY}/authenticators"


@pytest.fixture
def browser(provider: Provider) -> Browser:
    """Of somebody who signed in with a password a moment ago."""
    provider.person()
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    return browser


def with_passkey(
    provider: Provider, browser: Browser, label: str = "My phone"
) -> tuple[SoftwareAuthenticator, str]:
    """Adds one, signs in with it, as changing anything more takes now, and says where its page is."""
    phone = SoftwareAuthenticator()
    passkeys.add(browser, phone, label=label)
    path = page_of(browser, label)
    assert passkeys.sign_in(browser, browser.get(path), phone).path == path
    return phone, path


def page_of(browser: Browser, name: str) -> str:
    """The address of the page of the thing with that name."""
    found = re.findall(
        rf'href="({LINES}/[^"]+)" id="manage-\d+">Manage <span class="unseen"><bdi>([^<]*)',
        security(browser).text,
    )
    return next(path for path, label in found if label == name)


def security(browser: Browser) -> Page:
    page = browser.get(SECURITY)
    assert (page.status, page.path) == (200, SECURITY)
    return page


def kinds(provider: Provider) -> list[EventKind]:
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    return [event.kind for event in provider.services.stores.events.of_account(account.id, 3)]


def test_a_password_alone_is_said_to_be_weak_and_what_to_do_about_it(browser: Browser) -> None:
    page = security(browser)

    assert "Your password alone opens your account." in page.text
    assert "Add a passkey" in page.text
    assert "Opens your account by itself." in page.text


def test_with_a_passkey_the_account_is_safe_and_codes_come_next(provider: Provider, browser: Browser) -> None:
    with_passkey(provider, browser)

    page = security(browser)

    assert "Your password works only together with a second proof." in page.text
    assert "Needs a second proof." in page.text
    assert "My phone" in page.text
    assert "Make recovery codes" in page.text


def test_what_is_used_says_when_and_where(provider: Provider, browser: Browser) -> None:
    phone, path = with_passkey(provider, browser)
    provider.clock.advance(minutes=1)
    elsewhere = provider.browser(address="198.51.100.7")
    elsewhere.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 16) Chrome/156.0 Mobile"
    passkeys.sign_in(elsewhere, elsewhere.get("/account"), phone)

    page = browser.get(path)

    assert "Chrome on Android" in page.text
    assert "198.51.100.7" in page.text


def test_it_gets_a_name_of_its_own(provider: Provider, browser: Browser) -> None:
    _, path = with_passkey(provider, browser)

    page = browser.submit(browser.get(path), f"{path}/rename", label="  古丽的\u3000手机 𬭚 ")

    assert "It has its new name." in page.text
    assert "古丽的 手机 𬭚" in page.text
    assert kinds(provider)[0] is EventKind.AUTHENTICATOR_RENAMED
    assert "古丽的 手机 𬭚" in browser.get("/account/history").text


@pytest.mark.parametrize("label", ["", "   ", "x" * 65, "two\u202elines", "nul\0", "\x1b[31m"])
def test_a_name_that_cannot_be_shown_is_asked_for_again(
    provider: Provider, browser: Browser, label: str
) -> None:
    _, path = with_passkey(provider, browser)

    page = browser.submit(browser.get(path), f"{path}/rename", label=label)

    assert page.status == 400
    assert "Enter a name of at most 64 characters." in page.text
    assert "My phone" in security(browser).text


def test_what_is_suspended_does_not_work_until_it_is_taken_back(provider: Provider, browser: Browser) -> None:
    phone, path = with_passkey(provider, browser)

    page = browser.submit(browser.get(path), f"{path}/suspend")

    assert "It is suspended." in page.text
    visitor = provider.browser()
    assert passkeys.sign_in(visitor, visitor.get("/account"), phone).path != "/account"
    assert kinds(provider).count(EventKind.AUTHENTICATOR_SUSPENDED) == 1

    browser.submit(browser.get(path), f"{path}/resume")

    assert passkeys.sign_in(visitor, visitor.get("/account"), phone).path == "/account"


def test_what_is_removed_is_gone_with_its_secret(provider: Provider, browser: Browser) -> None:
    phone, path = with_passkey(provider, browser)

    browser.submit(browser.get(path), f"{path}/remove")

    assert path not in security(browser).text
    assert browser.get(path).status == 404
    visitor = provider.browser()
    assert passkeys.sign_in(visitor, visitor.get("/account"), phone).path != "/account"
    assert "A passkey was removed: My phone" in browser.get("/account/history").text


@pytest.mark.parametrize("change", ["suspend", "remove"])
def test_a_change_signs_out_every_other_browser(provider: Provider, browser: Browser, change: str) -> None:
    phone, path = with_passkey(provider, browser)
    other = provider.browser()
    passkeys.sign_in(other, other.get("/account"), phone)

    browser.submit(browser.get(path), f"{path}/{change}")

    assert other.get("/account").path == "/login"
    assert browser.get("/account").path == "/account"


def test_the_last_way_in_has_no_button_and_says_why(browser: Browser) -> None:
    path = page_of(browser, "Password")

    page = browser.get(path)

    assert "Your last way in" in page.text
    assert [form.action for form in page.forms if form.action.startswith(path)] == []


def test_a_passkey_lets_the_password_go(provider: Provider, browser: Browser) -> None:
    """An account without a password works, and says so."""
    phone, path = with_passkey(provider, browser)
    password = page_of(browser, "Password")
    visitor = provider.browser()
    passkeys.sign_in(visitor, visitor.get("/account"), phone)

    gone = visitor.submit(visitor.get(password), f"{password}/remove")

    assert (gone.status, gone.path) == (200, SECURITY)
    assert "There is no password to steal." in gone.text
    assert "Add another passkey" in gone.text or "Make recovery codes" in gone.text
    assert "Your last way in" in visitor.get(path).text
    stranger = provider.browser()
    refused = stranger.sign_in(stranger.get("/account"), "gulbahar", PASSWORD)
    assert (refused.status, refused.path) == (400, "/login/password")
    again = provider.browser()
    assert passkeys.sign_in(again, again.get("/account"), phone).path == "/account"


def test_a_change_that_weakens_the_account_says_so_first(provider: Provider, browser: Browser) -> None:
    _, path = with_passkey(provider, browser)

    assert "Then your password alone opens your account." in browser.get(path).text


def test_an_old_sign_in_is_asked_for_again_and_comes_back(provider: Provider, browser: Browser) -> None:
    phone, path = with_passkey(provider, browser)
    provider.clock.advance(minutes=11)

    asked = browser.get(path)
    back = passkeys.sign_in(browser, asked, phone)

    assert asked.path == "/login"
    assert back.path == path


def test_recovery_codes_on_paper_outlive_a_new_authenticator_app(
    provider: Provider, browser: Browser
) -> None:
    made = browser.submit(browser.get(SECURITY), "/account/security/recovery-codes")
    enrolment = browser.get("/account/security/totp")
    seed = re.search(r'class="key"[^>]*>([A-Z2-7 ]+)<', enrolment.text)
    assert seed is not None
    code = pyotp.TOTP(seed[1].replace(" ", "")).at(provider.clock.now())

    done = browser.submit(enrolment, "/account/security/totp", code=code)

    assert "data-code" in made.text
    assert "Your recovery codes go on working." in done.text
    assert "You have 10 recovery codes left." in done.text


def test_new_recovery_codes_are_a_change_like_any_other(provider: Provider, browser: Browser) -> None:
    other = provider.browser()
    other.sign_in(other.get("/account"), "gulbahar", PASSWORD)

    browser.submit(browser.get(SECURITY), "/account/security/recovery-codes")

    assert kinds(provider)[0] is EventKind.RECOVERY_CODES_MADE
    assert other.get("/account").path == "/login"


def test_every_way_that_is_offered_leads_to_a_page(provider: Provider) -> None:
    addresses = provider.app.url_map.bind("east.id.localhost")
    paths = {enrolment.path for enrolment in ENROLMENTS} | {path for path, _ in OWN_PAGES.values()}

    assert {path for path in paths if not addresses.test(path, "GET")} == set()


class TestHistory:
    """What happened, in plain words."""

    def test_it_says_how_when_and_from_where(self, provider: Provider) -> None:
        provider.person()
        browser = provider.browser(address="203.0.113.20")
        browser.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/150.0"
        browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)

        page = browser.get("/account/history")

        assert "You signed in with a password" in page.text
        assert "Firefox on Windows" in page.text
        assert "203.0.113.20" in page.text

    def test_a_step_up_says_what_was_shown_then_and_the_sign_in_what_was_shown_before(
        self, provider: Provider
    ) -> None:
        account = provider.person()
        app = provider.enrol_totp(account)
        browser = provider.browser()

        browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD, app.code())

        assert (
            "You signed in with a password and a code from the authenticator app"
            in browser.get("/account/history").text
        )

    def test_a_refused_attempt_is_seen_by_the_owner(self, provider: Provider, browser: Browser) -> None:
        thief = provider.browser(address="198.51.100.66")
        thief.sign_in(thief.get("/account"), "gulbahar", "not the password at all")

        assert "A sign-in was refused" in browser.get("/account/history").text

    def test_a_refusal_says_from_where_when_that_is_known(self, provider: Provider, browser: Browser) -> None:
        account = provider.services.stores.accounts.find_by_identifier("gulbahar")
        assert account is not None
        for subject in ("198.51.100.66", "not an address"):
            provider.services.stores.events.record(
                Event(EventKind.SIGN_IN_REFUSED, provider.clock.now(), account.id, subject=subject)
            )

        page = browser.get("/account/history")

        assert "198.51.100.66" in page.text
        assert "not an address" not in page.text

    def test_it_goes_back_page_by_page_and_misses_nothing(self, provider: Provider, browser: Browser) -> None:
        account = provider.services.stores.accounts.find_by_identifier("gulbahar")
        assert account is not None
        for number in range(65):
            with_label(provider, account.id, f"name {number}")
        page, seen = browser.get("/account/history"), []

        while True:
            seen += re.findall(r"name \d+", page.text)
            earlier = re.search(r'href="(/account/history\?before=\d+)"', page.text)
            if earlier is None:
                break
            page = browser.get(earlier[1])

        assert seen == [f"name {number}" for number in reversed(range(65))]
        assert "Back to the latest" in page.text

    @pytest.mark.parametrize("before", ["", "x", "-1", "0", "9" * 18, "9" * 19, "9" * 5000, "%00", "１２"])
    def test_a_made_up_place_in_it_is_no_error(self, browser: Browser, before: str) -> None:
        page = browser.get(f"/account/history?before={before}" if before.isascii() else "/account/history")

        assert page.status == 200


def with_label(provider: Provider, account_id: str, label: str) -> None:
    """One line of the history."""
    provider.services.stores.events.record(
        Event(EventKind.AUTHENTICATOR_RENAMED, provider.clock.now(), account_id, subject=label)
    )
