"""Show my code, from both sides of the counter."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from idp.foundation.events import EventKind
from idp.oidc.shown_code import EVERY, LIFETIME, LONGEST_SHOWING
from tests.support.browser import Browser, Page
from tests.support.counter import counter, digits_on, drawn, redeem, show, showing_on, tick
from tests.support.provider import EVERY_CLAIM, PASSWORD, Provider


@pytest.fixture
def browser(provider: Provider) -> Browser:
    provider.person()
    return provider.browser()


def state(browser: Browser, page: Page) -> Any:
    """What the page's script learns."""
    return json.loads(browser.get(f"/account/code/state?showing={showing_on(page)}").text)


def next_code(browser: Browser, page: Page) -> Any:
    """What the page's script gets when the minute is over."""
    token = page.form("/account/code/end").fields["csrf_token"]
    answer = browser.post("/account/code/next", {"csrf_token": token, "showing": showing_on(page)})
    return json.loads(answer.text)


def test_the_office_gets_what_was_ticked_and_the_person_sees_which_office(
    provider: Provider, browser: Browser
) -> None:
    office = counter(provider)
    page = show(browser, "name", "birthdate")
    assert state(browser, page) == {"next": None}

    answer = redeem(office, digits_on(page))

    assert answer.status == 200
    assert answer.members.keys() == {
        *("iss", "sub", "acr", "auth_time"),
        *("name", "family_name", "given_name", "middle_name", "birthdate"),
    }
    assert (answer.members["iss"], answer.members["name"]) == (provider.issuer, EVERY_CLAIM["name"])
    used = browser.get(state(browser, page)["next"])
    for words in ("Civil Affairs", "East Civil Affairs Bureau", "Full name", "Date of birth"):
        assert words in used.text
    assert "E-mail address" not in used.text


def test_the_office_knows_the_person_by_the_same_name_as_at_a_sign_in(
    provider: Provider, browser: Browser
) -> None:
    office = counter(provider)
    tokens = provider.tokens(browser, office)

    answer = redeem(office, digits_on(show(browser, "name")))

    assert answer.members["sub"] == office.userinfo(tokens.access_token).members["sub"]


def test_two_offices_know_the_person_by_different_names(provider: Provider, browser: Browser) -> None:
    subjects = {
        redeem(counter(provider, name), digits_on(show(browser, "name"))).members["sub"]
        for name in ("civil", "health")
    }

    assert len(subjects) == 2


def test_the_picture_has_a_longer_value_than_the_digits(provider: Provider, browser: Browser) -> None:
    office, account = counter(provider), provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    show(browser, "name")
    (session,) = provider.services.stores.sessions.list_of(account.id, now=provider.clock.now())

    code = drawn(provider, account.id, session.id)

    address = urlsplit(provider.services.code_display.address(code))
    assert f"{address.scheme}://{address.netloc}" == provider.issuer
    assert redeem(office, address.fragment).status == 200
    assert redeem(office, code.digits).error == "invalid_grant"


@pytest.mark.parametrize("typed", ["{}", " {} ", "{}".replace(" ", "")])
def test_digits_may_be_typed_with_or_without_spaces(provider: Provider, browser: Browser, typed: str) -> None:
    office, digits = counter(provider), digits_on(show(browser, "name"))

    assert redeem(office, typed.format(digits.replace(" ", "-"))).status == 200


def test_the_code_changes_and_the_one_before_works_a_little_longer(
    provider: Provider, browser: Browser
) -> None:
    office = counter(provider)
    page = show(browser, "name")
    provider.clock.advance(seconds=EVERY.total_seconds())

    second = next_code(browser, page)

    assert second["digits"] != digits_on(page)
    assert second["qr"].startswith("<svg")
    assert second["seconds"] == 60
    assert redeem(office, digits_on(page)).status == 200
    assert redeem(office, second["digits"]).error == "invalid_grant"
    assert next_code(browser, page)["next"].startswith("/account/code/used?")


def test_a_code_lapses(provider: Provider, browser: Browser) -> None:
    office = counter(provider)
    page = show(browser, "name")
    provider.clock.advance(seconds=LIFETIME.total_seconds())

    assert redeem(office, digits_on(page)).error == "invalid_grant"


def test_a_page_left_open_stops_drawing_codes(provider: Provider, browser: Browser) -> None:
    page = show(browser, "name")
    provider.clock.advance(seconds=LONGEST_SHOWING.total_seconds())

    answer = next_code(browser, page)

    assert answer.keys() == {"next"}
    assert "was not used" in browser.get(answer["next"]).text


def test_a_code_put_away_works_no_longer_and_draws_no_other(provider: Provider, browser: Browser) -> None:
    office = counter(provider)
    page = show(browser, "name")

    ended = browser.submit(page, "/account/code/end")

    assert "was not used" in ended.text
    assert redeem(office, digits_on(page)).error == "invalid_grant"
    assert "digits" not in next_code(browser, page)


def test_a_new_showing_ends_the_one_before(provider: Provider, browser: Browser) -> None:
    office = counter(provider)
    first = show(browser, "name", "birthdate")

    second = show(browser, "name")

    assert redeem(office, digits_on(first)).error == "invalid_grant"
    assert "birthdate" not in redeem(office, digits_on(second)).members


def test_something_must_be_ticked(provider: Provider, browser: Browser) -> None:
    page = browser.sign_in(browser.get("/account/code"), "gulbahar", PASSWORD)

    for nothing in ((), ("password",)):
        answer = tick(browser, page, *nothing)
        assert answer.status == 400
        assert "Tick at least one thing" in answer.text


def test_it_is_in_the_audit_trail_and_on_the_page(provider: Provider, browser: Browser) -> None:
    redeem(counter(provider), digits_on(show(browser, "name")))

    account = provider.services.stores.accounts.find_by_identifier("gulbahar")
    assert account is not None
    told = [
        (event.client_id, event.subject)
        for event in provider.services.stores.events.of_account(account.id, 20)
        if event.kind is EventKind.SHOWN_CODE_REDEEMED
    ]
    assert told == [("counter", "name family_name given_name middle_name")]
    assert "Civil Affairs" in browser.get("/account/code").text


def test_an_old_sign_in_is_asked_again_before_anything_is_shown(provider: Provider, browser: Browser) -> None:
    show(browser, "name")
    provider.clock.advance(minutes=11)

    assert browser.get("/account/code").path == "/login"


def test_who_has_an_authenticator_app_uses_it_first(provider: Provider) -> None:
    account = provider.person("anna")
    app = provider.enrol_totp(account)
    browser = provider.browser()

    page = browser.sign_in(browser.get("/account/code"), "anna", PASSWORD)
    assert page.path == "/login/totp"
    page = browser.submit(page, "/login/totp", code=app.code())

    answer = redeem(counter(provider), digits_on(tick(browser, page, "name")))
    assert answer.members["acr"] == "urn:tongxing:acr:2"
