"""A screen and a phone, without cameras: what their pages' scripts would do, done by hand."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from idp.accounts.person import Account
from idp.authn.factors.passkey_values import PasskeyKind
from idp.authn.permit import Ground, Permit
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import Pending, RelyingParty
from tests.support.software_authenticator import TRUTH, Lies, SoftwareAuthenticator

DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PASSKEY_QUESTION = re.compile(r'data-qr-approve="([^"]*)"')


@dataclass
class Screen:
    """A browser that wants to be signed in by scanning."""

    provider: Provider
    browser: Browser
    page: Page
    """The page of the code."""
    pending: Pending | None = None
    fields: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fields = dict(self.page.form("/login/qr").fields)

    @property
    def sign_in(self) -> str:
        return self.fields["sign_in"]

    @property
    def transaction(self) -> str:
        return self.fields["transaction"]

    def begin(self) -> dict[str, Any]:
        """Ask for a code."""
        answer = self.ask("/login/qr/begin")
        self.fields["sign_in"] = answer["sign_in"]
        return answer

    def state(self) -> dict[str, Any]:
        """Ask how things stand."""
        return self.ask("/login/qr/state")

    def ask(self, path: str, **changes: str) -> dict[str, Any]:
        answer = self.browser.post(path, {**self.fields, **changes})
        assert answer.text.startswith("{"), answer.text
        told: dict[str, Any] = json.loads(answer.text)
        return told

    def code(self) -> str:
        """What a camera reads off the screen now."""
        services = self.provider.services
        sign_in = services.stores.qr_sign_ins.find(self.sign_in)
        assert sign_in is not None
        return services.qr_sign_ins.code(sign_in, now=self.provider.clock.now())

    def finish(self, **changes: str) -> Page:
        """Go on, as the script does when the phone has agreed."""
        return self.browser.post("/login/qr", {**self.fields, **changes})


@dataclass
class PhoneInHand:
    """A signed-in phone with a passkey on it."""

    provider: Provider
    browser: Browser
    account: Account
    authenticator: SoftwareAuthenticator

    def scan(self, code: str) -> Page:
        """Open the scanned address and let its script send the code."""
        return self.browser.submit(self.browser.get("/qr"), "/qr", code=code)

    def type_number(self, page: Page, number: str) -> Page:
        return self.browser.submit(page, "/qr/number", number=number)

    def say_no(self, page: Page) -> Page:
        return self.browser.post("/qr/deny", self.fields_of(page))

    def approve(self, page: Page, says: Lies = TRUTH, **changes: str) -> Page:
        """Press Yes on the page with the passkey, and let its script send the answer."""
        answer = self.authenticator.get(self.question(page), origin=self.provider.issuer, says=says)
        sent = {**self.fields_of(page), "answer": json.dumps(answer), **changes}
        return self.browser.post("/qr/approve", sent)

    def question(self, page: Page) -> dict[str, Any]:
        """What the page asks the passkey."""
        found = PASSKEY_QUESTION.search(page.text)
        assert found is not None, page.text
        options: dict[str, Any] = json.loads(html.unescape(found[1]))
        return options

    def fields_of(self, page: Page) -> dict[str, str]:
        """The form on a page of the phone."""
        return next(form.fields for form in page.forms if "sign_in" in form.fields)

    def confirm(self, screen: Screen) -> Page:
        """Everything from the scan to the Yes."""
        page = self.type_number(self.scan(screen.code()), screen.state()["number"])
        return self.approve(page)


def open_screen(provider: Provider, app: RelyingParty, address: str = "198.51.100.7", **begin: Any) -> Screen:
    """A new browser at the code of a mini-app's sign-in; the code is there."""
    browser = provider.browser(address)
    browser.headers["User-Agent"] = DESKTOP
    return screen_in(provider, browser, app, **begin)


def screen_in(provider: Provider, browser: Browser, app: RelyingParty, **begin: Any) -> Screen:
    """The same in a browser that is there already."""
    pending = app.begin(**begin)
    return _at_code(provider, browser, browser.get(pending.url), pending)


def open_account_screen(provider: Provider, path: str = "/account") -> Screen:
    """A new browser that wants to see the person's own pages."""
    browser = provider.browser("198.51.100.7")
    browser.headers["User-Agent"] = DESKTOP
    return _at_code(provider, browser, browser.get(path), None)


def _at_code(provider: Provider, browser: Browser, page: Page, pending: Pending | None) -> Screen:
    (transaction,) = parse_qs(urlsplit(page.url).query)["transaction"]
    screen = Screen(provider, browser, browser.get(f"/login/qr?transaction={transaction}"), pending)
    screen.begin()
    return screen


def give_passkey(provider: Provider, account: Account, **options: Any) -> SoftwareAuthenticator:
    """Enrol a passkey for somebody, as an operator would."""
    authenticator = SoftwareAuthenticator(**options)
    permit, now = Permit(account.id, Ground.OPERATOR), provider.clock.now()
    passkeys = provider.services.passkeys
    ceremony = passkeys.begin_enrolment(
        permit, b"test", PasskeyKind.PASSKEY, username=account.username, display_name="", now=now
    )
    answer = json.dumps(authenticator.create(ceremony.options, origin=provider.issuer))
    passkeys.complete_enrolment(permit, ceremony.challenge_id, b"test", answer, "", now=now)
    return authenticator


def phone_of(
    provider: Provider,
    username: str = "gulbahar",
    address: str = "203.0.113.9",
    claims: dict[str, Any] | None = None,
    **options: Any,
) -> PhoneInHand:
    """A new person's phone, signed in with the password, with a passkey enrolled since."""
    account = provider.person(username, claims=claims)
    browser = provider.browser(address)
    page = browser.sign_in(browser.get("/account"), username, PASSWORD)
    assert page.path == "/account", page.text
    return PhoneInHand(provider, browser, account, give_passkey(provider, account, **options))
