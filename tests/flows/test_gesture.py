"""The pattern from the first to the last: set up, drawn as first and as further proof, drawn wrong, removed."""

from __future__ import annotations

import json
import re

import pytest

from idp.accounts.person import Account
from idp.authn.factors.gesture import MOST_MISSES, KeyAlgorithm
from idp.foundation.events import EventKind
from idp.oidc.proofs import Method
from tests.support.browser import Browser, Page
from tests.support.gesture import OTHER_PATTERN, PatternKey, draw, enrolled, new_key
from tests.support.provider import PASSWORD, Authenticator, Provider
from tests.support.relying_party import claims_of

ENROL = "/account/security/gesture"


@pytest.fixture
def ada(provider: Provider) -> Account:
    return provider.person()


@pytest.fixture
def app_on_phone(provider: Provider, ada: Account) -> Authenticator:
    """Something that works on every device: without it there is no pattern."""
    return provider.enrol_totp(ada)


def to_gesture(browser: Browser, url: str = "/account") -> Page:
    """The page with the dots, chosen on the sign-in page."""
    page = browser.get(url)
    return browser.get(f"/login/gesture?transaction={page.form('/login').fields['transaction']}")


def question(page: Page) -> dict[str, str]:
    """What the enrolment page tells its script."""
    return dict(re.findall(r'data-(action|csrf|challenge|key|label)="([^"]*)"', page.text))


def send_key(browser: Browser, page: Page, kind: KeyAlgorithm, **changes: str) -> Page:
    """What the page's script sends when the pattern was drawn twice."""
    asked = question(page)
    key = new_key(asked["key"], browser.origin, kind)
    fields = {
        "csrf_token": asked["csrf"],
        "challenge": asked["challenge"],
        "algorithm": str(kind),
        "public_key": key.public_key().hex(),
        "signature": key.sign(asked["challenge"]).hex(),
    }
    return browser.post(asked["action"], fields | changes)


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
def test_it_is_set_up_from_a_strong_sign_in(
    provider: Provider, ada: Account, app_on_phone: Authenticator, algorithm: KeyAlgorithm
) -> None:
    browser = provider.browser()
    page = browser.sign_in(browser.get(ENROL), "gulbahar", PASSWORD, app_on_phone.code())

    answer = send_key(browser, page, algorithm)

    assert json.loads(answer.text)["next"].startswith("/account/security")
    line = provider.services.stores.authenticators.find(ada.id, question(page)["key"])
    assert line is not None
    assert line.method is Method.GESTURE
    kinds = [event.kind for event in provider.services.stores.events.of_account(ada.id, 10)]
    assert EventKind.GESTURE_ENROLLED in kinds


def test_without_anything_that_works_elsewhere_it_is_not_set_up(provider: Provider, ada: Account) -> None:
    browser = provider.browser()

    page = browser.sign_in(browser.get(ENROL), "gulbahar", PASSWORD)

    assert "first set up a passkey or an authenticator app" in page.text
    assert "data-grid" not in page.text


def test_alone_it_signs_in_and_the_app_learns_how(
    provider: Provider, ada: Account, app_on_phone: Authenticator
) -> None:
    key, app, browser = enrolled(provider, ada.id), provider.client(), provider.browser()
    pending = app.begin(acr_values="urn:tongxing:acr:2")

    page = browser.allow(draw(browser, to_gesture(browser, pending.url), key))

    code = page.url.partition("code=")[2].partition("&")[0]
    claims = claims_of(app.redeem(code, pending.verifier).id_token)
    assert claims["acr"] == "urn:tongxing:acr:2"
    assert claims["amr"] == ["swk", "pin", "mfa"]


def test_it_is_a_second_proof_after_the_password(
    provider: Provider, ada: Account, app_on_phone: Authenticator
) -> None:
    key, browser = enrolled(provider, ada.id), provider.browser()
    page = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    assert page.path == "/login/ways"

    page = browser.get(f"/login/gesture?{page.url.partition('?')[2]}")
    assert f'data-keys="{key.id}"' in page.text
    page = draw(browser, page, key)

    assert page.path == "/account"


def test_a_wrong_pattern_says_how_many_tries_are_left(
    provider: Provider, ada: Account, app_on_phone: Authenticator
) -> None:
    key, browser = enrolled(provider, ada.id), provider.browser()

    page = draw(browser, to_gesture(browser), key, OTHER_PATTERN)

    assert page.status == 400
    assert "You have 9 tries left." in page.text
    assert draw(browser, page, key).path == "/account"


def test_the_tenth_miss_removes_it_and_the_owner_is_told(
    provider: Provider, ada: Account, app_on_phone: Authenticator
) -> None:
    key = enrolled(provider, ada.id)

    page = miss(provider, key, MOST_MISSES)

    assert "does not work any more" in page.text
    assert provider.services.stores.authenticators.find(ada.id, key.id) is None
    kinds = [event.kind for event in provider.services.stores.events.of_account(ada.id, 40)]
    assert kinds.count(EventKind.GESTURE_SWITCHED_OFF) == 1
    browser = provider.browser()
    assert "does not work any more" in draw(browser, to_gesture(browser), key).text
    page = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD, app_on_phone.code())
    assert page.path == "/account"


def test_a_suspended_or_removed_one_signs_nobody_in(
    provider: Provider, ada: Account, app_on_phone: Authenticator
) -> None:
    key, browser = enrolled(provider, ada.id), provider.browser()
    provider.services.stores.authenticators.suspend(ada.id, key.id, now=provider.clock.now())
    assert "does not work any more" in draw(browser, to_gesture(browser), key).text

    provider.services.stores.authenticators.resume(ada.id, key.id, now=provider.clock.now())
    assert draw(browser, to_gesture(browser), key).path == "/account"

    provider.services.stores.authenticators.remove(ada.id, key.id, now=provider.clock.now())
    other = provider.browser()
    assert "does not work any more" in draw(other, to_gesture(other), key).text


def test_the_page_says_what_to_do_without_a_script(
    provider: Provider, ada: Account, app_on_phone: Authenticator
) -> None:
    page = to_gesture(provider.browser())

    assert "this page needs JavaScript" in page.text
    assert 'href="/login?transaction=' in page.text


def miss(provider: Provider, key: PatternKey, times: int) -> Page:
    """Draw the wrong pattern so often, in as many sign-ins as it takes; the last page."""
    browser = provider.browser()
    for number in range(times):
        page = draw(browser, to_gesture(browser), key, OTHER_PATTERN)
        assert page.status == 400, number
    return page
