"""A code of an app or off a sheet of paper signs in one browser, however many type it at once (RFC 6238 §5.2)."""

from __future__ import annotations

from idp.accounts.person import Account
from idp.foundation.events import EventKind
from tests.fire.verdicts import statuses
from tests.fire.volley import Volley, written_by_browser
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, permit_for
from tests.support.relying_party import Answer
from tests.support.server import RunningProvider

BROWSERS = 16


def browsers_owing_a_code(provider: RunningProvider, username: str) -> list[tuple[Browser, Page]]:
    """Many browsers in which this person's password was typed, each asked for the six digits."""
    app = provider.client(f"app-of-{username}")
    waiting = []
    for _ in range(BROWSERS):
        browser = provider.browser()
        page = browser.sign_in(browser.get(app.begin().url), username, PASSWORD)
        assert page.path == "/login/totp"
        waiting.append((browser, page))
    return waiting


def typed(browser: Browser, page: Page, action: str, code: str) -> bytes:
    """The form of `page`, filled in."""
    return written_by_browser(browser, lambda browser: browser.submit(page, action, code=code))


def assert_one_signed_in(provider: RunningProvider, account: Account, answers: list[Answer]) -> None:
    """All others were told that the code is wrong, or to wait because there had been too many wrong ones."""
    counted = statuses(answers)
    assert counted[303] == 1
    assert counted[303] + counted[400] + counted[429] == len(answers)
    stores, now = provider.services.stores, provider.clock.now()
    assert len(stores.sessions.list_of(account.id, now=now)) == 1
    events = [event.kind for event in stores.events.of_account(account.id, 100)]
    assert events.count(EventKind.SIGNED_IN) == 1


def test_a_code_of_the_authenticator_app_signs_in_one_of_many_browsers(
    region: RunningProvider, volley: Volley
) -> None:
    account = region.person("totp")
    app = region.enrol_totp(account)
    waiting = browsers_owing_a_code(region, "totp")
    code = app.code()

    answers = volley.fire([typed(browser, page, "/login/totp", code) for browser, page in waiting])

    assert_one_signed_in(region, account, answers)


def test_a_recovery_code_signs_in_one_of_many_browsers(region: RunningProvider, volley: Volley) -> None:
    account = region.person("recovery")
    region.enrol_totp(account)
    codes = region.services.recovery_codes.renew(permit_for(account), now=region.clock.now())
    forms = [
        (browser, browser.get(page.url.replace("/login/totp", "/login/recovery-code")))
        for browser, page in browsers_owing_a_code(region, "recovery")
    ]

    answers = volley.fire([typed(browser, page, "/login/recovery-code", codes[0]) for browser, page in forms])

    assert_one_signed_in(region, account, answers)
    assert region.services.stores.credentials.count_recovery_codes(account.id) == len(codes) - 1
