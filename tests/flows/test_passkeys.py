"""Passkeys from the first to the last: made, used without a user name, used after a password, renamed, removed."""

from __future__ import annotations

import json

import pytest

from idp.authn.factors.passkey_values import PasskeyKind
from idp.foundation.events import EventKind
from idp.oidc.proofs import Method, Property
from tests.support import passkeys
from tests.support.browser import Browser, Page
from tests.support.passkeys import ADD, PASSKEYS
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import answer_of, claims_of
from tests.support.software_authenticator import SoftwareAuthenticator


@pytest.fixture
def browser(provider: Provider) -> Browser:
    provider.person()
    return provider.browser()


def by_password(browser: Browser, path: str = "/account") -> Page:
    return browser.sign_in(browser.get(path), "gulbahar", PASSWORD)


def by_passkey(browser: Browser, device: SoftwareAuthenticator, path: str = "/account") -> Page:
    return passkeys.sign_in(browser, browser.get(path), device)


def account_id(provider: Provider) -> str:
    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    return account.id


def test_a_passkey_signs_in_without_a_user_name(provider: Provider, browser: Browser) -> None:
    by_password(browser)
    phone = SoftwareAuthenticator()
    added = passkeys.add(browser, phone, label="My phone")

    arrived = by_passkey(provider.browser(), phone)

    assert (added.path, arrived.path) == (PASSKEYS, "/account")
    assert "My phone" in added.text
    events = [event.kind for event in provider.services.stores.events.of_account(account_id(provider), 10)]
    assert EventKind.PASSKEY_ENROLLED in events


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
@pytest.mark.parametrize("is_synced", [True, False])
def test_a_mini_app_learns_how_strong_it_was(
    provider: Provider, browser: Browser, algorithm: str, is_synced: bool
) -> None:
    """RFC 8176: a key that may leave its device is software; what unlocked it is not ours to say."""
    device = SoftwareAuthenticator(algorithm=algorithm, is_synced=is_synced)  # type: ignore[arg-type]
    passkeys.enrol(provider, account_id(provider), device)
    app = provider.client()
    pending = app.begin(acr_values="urn:tongxing:acr:2")

    page = passkeys.sign_in(browser, browser.get(pending.url), device)
    arrived = browser.allow(page)

    code = answer_of(arrived.url)["code"]
    claims = claims_of(app.redeem(code, pending.verifier).id_token)
    assert claims["acr"] == "urn:tongxing:acr:2"
    assert set(claims["amr"]) == {"user", "mfa", "swk" if is_synced else "hwk"}


def test_a_key_that_only_notices_a_touch_is_a_second_factor(provider: Provider, browser: Browser) -> None:
    key = SoftwareAuthenticator(user_verifies=False, is_discoverable=False)
    passkeys.enrol(provider, account_id(provider), key, PasskeyKind.SECURITY_KEY)

    page = by_password(browser)
    assert page.path == "/login/passkey"
    arrived = passkeys.sign_in(browser, page, key)

    assert arrived.path == "/account"


def test_a_passkey_opens_the_account_of_its_owner_only_whoevers_password_came_before(
    provider: Provider, browser: Browser
) -> None:
    other, owner = SoftwareAuthenticator(), provider.person("other")
    passkeys.enrol(provider, account_id(provider), SoftwareAuthenticator())
    passkeys.enrol(provider, owner.id, other)
    page = by_password(browser)
    asked = passkeys.question(browser, page, "/login/passkey", "/login/passkey/options")
    shown = other.get({**asked["options"], "allowCredentials": []}, origin=browser.origin)

    refused = browser.submit(page, "/login/passkey", challenge=asked["challenge"], answer=json.dumps(shown))

    assert refused.status == 400
    assert browser.get("/account").path == "/login"


def test_what_it_is_kept_by_becomes_its_name(provider: Provider, browser: Browser) -> None:
    by_password(browser)
    device = SoftwareAuthenticator(aaguid=bytes.fromhex("fbfc3007154e4ecc8c0b6e020557d7bd"), is_synced=True)

    page = passkeys.add(browser, device)

    assert "iCloud Keychain" in page.text
    assert "on all your devices" in page.text


def test_a_passkey_is_renamed_and_removed(provider: Provider, browser: Browser) -> None:
    device = SoftwareAuthenticator()
    passkeys.enrol(provider, account_id(provider), device)
    page = by_passkey(browser, device, PASSKEYS)

    page = browser.submit(page, f"{PASSKEYS}/rename", label="The blue key")
    renamed = page.text
    page = browser.submit(page, f"{PASSKEYS}/remove")

    assert "The blue key" in renamed
    assert "The blue key" not in page.text
    refused = by_passkey(provider.browser(), device)
    assert refused.status == 400
    events = [event.kind for event in provider.services.stores.events.of_account(account_id(provider), 10)]
    assert EventKind.PASSKEY_REMOVED in events


def test_adding_one_signs_out_every_other_browser(provider: Provider, browser: Browser) -> None:
    elsewhere = provider.browser()
    by_password(elsewhere)
    by_password(browser)

    passkeys.add(browser, SoftwareAuthenticator())

    assert elsewhere.get("/account").path == "/login"
    assert browser.get("/account").path == "/account"


def test_the_browser_is_told_which_passkeys_there_are_already(provider: Provider, browser: Browser) -> None:
    device = SoftwareAuthenticator()
    passkeys.enrol(provider, account_id(provider), device)
    page = by_passkey(browser, device, ADD)

    asked = passkeys.question(browser, page, ADD, f"{PASSKEYS}/options")

    assert len(asked["options"]["excludeCredentials"]) == 1


def test_use_is_noted(provider: Provider, browser: Browser) -> None:
    device = SoftwareAuthenticator()
    line = passkeys.enrol(provider, account_id(provider), device)

    by_passkey(browser, device)

    found = provider.services.stores.authenticators.find(account_id(provider), line.id)
    assert found is not None
    assert found.last_used_at == provider.clock.now()
    assert found.method is Method.PASSKEY
    assert Property.DEVICE_BOUND in found.properties


def test_a_passkey_is_offered_after_a_password_and_skipped_without_losing_the_task(
    provider: Provider, browser: Browser
) -> None:
    app = provider.client()
    pending = app.begin()
    offer = password_with_script(browser, browser.get(pending.url))
    assert offer.path == "/login/passkey-offer"

    page = browser.submit(offer, "/login/passkey-offer", skip="1")

    assert page.path == "/consent"
    assert browser.allow(page).is_outside


def test_an_accepted_offer_goes_on_to_the_task(provider: Provider, browser: Browser) -> None:
    offer, device = password_with_script(browser, browser.get("/account/sessions")), SoftwareAuthenticator()
    asked = passkeys.question(browser, offer, "/login/passkey-offer", f"{PASSKEYS}/options")
    made = device.create(asked["options"], origin=browser.origin)

    page = browser.submit(
        offer, "/login/passkey-offer", challenge=asked["challenge"], answer=json.dumps(made)
    )

    assert page.path == "/account/sessions"
    assert by_passkey(provider.browser(), device).path == "/account"


def test_the_offer_comes_at_most_once_in_thirty_days_and_stops_after_three_skips(
    provider: Provider, browser: Browser
) -> None:
    shown = []
    for days in (0, 1, 28, 1, 31, 31, 31):
        provider.clock.advance(days=days)
        visitor = provider.browser()
        page = password_with_script(visitor, visitor.get("/account"))
        shown.append(page.path == "/login/passkey-offer")
        if shown[-1]:
            assert visitor.submit(page, "/login/passkey-offer", skip="1").path == "/account"

    assert shown == [True, False, False, True, True, False, False]


def test_nobody_is_offered_what_their_browser_cannot_do(browser: Browser) -> None:
    assert by_password(browser).path == "/account"


def test_related_origins_and_the_place_to_manage_passkeys_are_published(provider: Provider) -> None:
    related = json.loads(provider.send("GET", "/.well-known/webauthn").get_data())
    places = json.loads(provider.send("GET", "/.well-known/passkey-endpoints").get_data())

    assert related == {"origins": [provider.issuer]}
    assert places == {"enroll": provider.issuer + ADD, "manage": provider.issuer + PASSKEYS}


def password_with_script(browser: Browser, page: Page) -> Page:
    """What a browser sends that could make a passkey."""
    page = browser.submit(page, "/login", username="gulbahar")
    return browser.submit(page, "/login/password", password=PASSWORD, passkeys="1")
