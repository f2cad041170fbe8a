"""Against the shown code: guessed, photographed, replayed, redeemed by whoever may not, or read by more than ticked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp.accounts.person import Account
from idp.authn.code_guesses import GUESSES
from idp.oidc.shown_code import DIGITS
from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.browser import Browser
from tests.support.counter import counter, digits_on, drawn, redeem, show, showing_on, tick
from tests.support.provider import PASSWORD, Provider, build_provider, settings_for
from tests.support.relying_party import Answer, RelyingParty

UNKNOWN = "0000 0000 0000"
REFUSED = {"error": "invalid_grant", "error_description": "the code is unknown, used or expired"}


@pytest.fixture
def ada(provider: Provider) -> Account:
    return provider.person()


@pytest.fixture
def browser(provider: Provider, ada: Account) -> Browser:
    return provider.browser()


@pytest.fixture
def office(provider: Provider) -> RelyingParty:
    return counter(provider)


def assert_nothing_told(answer: Answer, ada: Account) -> None:
    assert answer.status in (400, 401, 429)
    assert answer.members.keys() == {"error", "error_description"}
    assert ada.name not in str(answer.members)


def test_a_code_is_redeemed_once(browser: Browser, office: RelyingParty, ada: Account) -> None:
    digits = digits_on(show(browser, "name"))
    assert redeem(office, digits).status == 200

    again = redeem(office, digits)

    assert again.members == REFUSED


def test_unknown_used_lapsed_and_dead_codes_are_told_alike(
    provider: Provider, browser: Browser, office: RelyingParty, ada: Account
) -> None:
    """So that nobody learns whether a code was ever somebody's."""
    used = digits_on(show(browser, "name"))
    redeem(office, used)
    lapsed = digits_on(show(browser, "name"))
    provider.clock.advance(seconds=90)
    dead = digits_on(show(browser, "name"))
    provider.services.stores.accounts.set_active(ada.id, False, now=provider.clock.now())

    for code in (UNKNOWN, used, lapsed, dead, "sc_unknown", "12345", "x" * 500, "sc_" + "x" * 500):
        answer = redeem(office, code)
        assert answer.members == REFUSED, code


def test_signing_out_kills_what_is_on_the_screen(
    browser: Browser, office: RelyingParty, ada: Account
) -> None:
    page = show(browser, "name")
    browser.submit(page, "/account/sign-out")

    assert_nothing_told(redeem(office, digits_on(page)), ada)


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": ("openid", "profile")},
        {"auth_method": ClientAuthMethod.NONE},
    ],
    ids=["without the scope", "public"],
)
def test_who_is_not_registered_for_it_redeems_nothing(
    provider: Provider, browser: Browser, ada: Account, changes: dict[str, Any]
) -> None:
    stranger, office = counter(provider, "stranger", **changes), counter(provider)
    digits = digits_on(show(browser, "name"))

    refused = redeem(stranger, digits)

    assert refused.error == "unauthorized_client"
    assert_nothing_told(refused, ada)
    assert redeem(office, digits).status == 200


def test_a_switched_off_or_unproven_office_redeems_nothing(
    provider: Provider, browser: Browser, office: RelyingParty, ada: Account
) -> None:
    digits = digits_on(show(browser, "name"))
    forged = replace(office, secret="cs_wrong")

    assert_nothing_told(redeem(forged, digits), ada)
    provider.services.stores.registry.set_enabled("counter", False)
    with provider.twin() as restarted:
        refused = redeem(replace(office, app=restarted.app), digits)
    assert refused.error == "invalid_client"
    assert_nothing_told(refused, ada)


def test_no_claim_outside_the_offices_scopes_or_the_ticks_is_told(
    provider: Provider, browser: Browser
) -> None:
    narrow = counter(provider, "narrow", scopes=("openid", "email", "show_code"))
    wide = counter(provider, "wide", scopes=("openid", "profile", "email", "phone", "address", "show_code"))

    by_scope = redeem(narrow, digits_on(show(browser, "name", "birthdate", "email"))).members
    by_tick = redeem(wide, digits_on(show(browser, "birthdate"))).members

    assert by_scope.keys() - {"iss", "sub", "acr", "auth_time"} == {"email", "email_verified"}
    assert by_tick.keys() - {"iss", "sub", "acr", "auth_time"} == {"birthdate"}


def test_digits_cannot_be_guessed(office: RelyingParty, ada: Account) -> None:
    """Twenty tries are free, then each waits; with 10^12 values that is nothing."""
    answers = [redeem(office, f"{number:0{DIGITS}}") for number in range(GUESSES.free + 5)]

    assert [answer.error for answer in answers[: GUESSES.free]] == ["invalid_grant"] * GUESSES.free
    assert {(answer.status, answer.error) for answer in answers[GUESSES.free :]} == {(429, "slow_down")}


def test_guesses_are_counted_on_every_process(provider: Provider, office: RelyingParty, ada: Account) -> None:
    with provider.twin() as twin:
        there = replace(office, app=twin.app)
        for number in range(GUESSES.free):
            redeem((office, there)[number % 2], f"{number:0{DIGITS}}")

        assert redeem(there, UNKNOWN).error == "slow_down"


def test_one_offices_guesses_slow_no_other_office_and_no_scanner(
    provider: Provider, browser: Browser, office: RelyingParty, ada: Account
) -> None:
    other = counter(provider, "other")
    for number in range(GUESSES.free):
        redeem(office, f"{number:0{DIGITS}}")
    show(browser, "name")
    (session,) = provider.services.stores.sessions.list_of(ada.id, now=provider.clock.now())

    scanned = drawn(provider, ada.id, session.id)
    assert redeem(office, scanned.value).status == 200
    assert redeem(other, digits_on(show(browser, "name"))).status == 200


def test_right_digits_wear_out_no_patience(browser: Browser, office: RelyingParty) -> None:
    for _ in range(GUESSES.free + 5):
        assert redeem(office, digits_on(show(browser, "name"))).status == 200


def test_another_regions_code_is_nothing_here(
    provider: Provider, office: RelyingParty, tmp_path: Path, sqlite_template: Path
) -> None:
    """The same office, the same person, and a code that the region next door drew."""
    settings = settings_for(f"sqlite:///{tmp_path / 'west.db'}")
    west = build_provider(settings, provider.clock, provider.guard, sqlite_template)
    account, browser = west.person(), west.browser()
    page = show(browser, "name")
    (session,) = west.services.stores.sessions.list_of(account.id, now=west.clock.now())

    for code in (digits_on(page), drawn(west, account.id, session.id).value):
        assert redeem(office, code).members == REFUSED
    west.services.close()


def test_what_is_stored_tells_no_code(provider: Provider, browser: Browser, ada: Account) -> None:
    page = show(browser, "name")
    digits = digits_on(page).replace(" ", "")

    stored = provider.services.stores.shown_codes.showing(showing_on(page), ada.id)

    assert digits not in str(stored)
    raw = provider.settings.database_url.removeprefix("sqlite:///")
    for suffix in ("", "-wal"):
        with open(raw + suffix, "rb") as file:
            assert digits.encode() not in file.read()


def test_nobody_else_sees_or_moves_a_showing(
    provider: Provider, browser: Browser, office: RelyingParty
) -> None:
    page = show(browser, "name")
    provider.person("thief", claims={"name": "Thief"})
    thief = provider.browser()
    own = show(thief, "name", username="thief")
    token = own.form("/account/code/end").fields["csrf_token"]

    drawn_there = thief.post("/account/code/next", {"csrf_token": token, "showing": showing_on(page)})
    redeem(office, digits_on(page))
    seen = thief.get(f"/account/code/used?showing={showing_on(page)}")

    assert "digits" not in drawn_there.text
    assert "was not used" in seen.text
    assert "Civil Affairs" not in seen.text


def test_a_scope_of_the_registry_is_not_to_be_had_by_asking(provider: Provider, office: RelyingParty) -> None:
    """`show_code` is a permission of the client: neither a person nor a token ever carries it."""
    page = provider.browser().get(office.begin(scope="openid show_code").url)

    assert "error=invalid_scope" in page.url


def test_an_unlocked_telephone_is_not_enough(provider: Provider, browser: Browser) -> None:
    """Whoever finds it signed in is asked to prove it first, at the choice and at the code."""
    page = browser.sign_in(browser.get("/account/code"), "gulbahar", PASSWORD)
    provider.clock.advance(minutes=11)

    assert browser.get("/account/code").path == "/login"
    assert tick(browser, page, "name").path == "/login"
