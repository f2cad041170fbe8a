"""A request for a fresh or a stronger sign-in cannot be got round, and tokens say what was really done."""

from __future__ import annotations

import json

import pytest

from idp.web.cookies import SESSION
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import answer_of, claims_of

ONE, TWO, THREE = (f"urn:tongxing:acr:{level}" for level in (1, 2, 3))

FRESH = [{"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "0"}, {"prompt": "login consent"}]


def essential(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})


@pytest.mark.parametrize("wish", FRESH, ids=str)
def test_a_fresh_sign_in_cannot_be_skipped(provider: Provider, wish: dict[str, str]) -> None:
    """The session at hand is not enough: no later page of the sign-in leads on without the password."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    provider.arrive(browser, app)
    provider.clock.advance(seconds=5)
    page = browser.get(app.begin(**wish).url)
    transaction = page.url.partition("?")[2]

    for path in (
        "/consent",
        "/login/totp",
        "/login/recovery-code",
        "/login/second-factor",
        "/login/password",
    ):
        shown = browser.get(f"{path}?{transaction}")
        assert shown.status == 400 or shown.path.startswith("/login"), path
        assert not shown.is_outside

    done = browser.sign_in(browser.get(page.url), "gulbahar", PASSWORD)
    done = browser.allow(done) if done.path == "/consent" else done
    assert done.is_outside


def test_cancelling_a_fresh_sign_in_changes_nothing(provider: Provider) -> None:
    """The app hears access_denied; the session stays as it was."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    provider.arrive(browser, app)
    cookie = browser.cookie(SESSION)
    page = browser.get(app.begin(prompt="login").url)

    cancelled = browser.submit(page, "/login/cancel")

    assert answer_of(cancelled.url)["error"] == "access_denied"
    assert browser.cookie(SESSION) == cookie
    assert browser.get(page.url).status == 400
    silent = provider.arrive(browser, app, prompt="none")
    assert "code" in silent.answer


def test_a_wrong_password_at_a_fresh_sign_in_leads_nowhere(provider: Provider) -> None:
    provider.person()
    app, browser = provider.client(), provider.browser()
    provider.arrive(browser, app)
    page = browser.submit(browser.get(app.begin(prompt="login").url), "/login", username="gulbahar")

    wrong = browser.submit(page, "/login/password", password="not the password at all")

    assert (wrong.status, wrong.path) == (400, "/login/password")
    assert not browser.get(page.url.replace("/login/password", "/consent")).is_outside


def test_a_sign_in_older_than_max_age_is_renewed(provider: Provider) -> None:
    """OpenID Connect Core §3.1.2.1: and the new auth_time is told."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    provider.arrive(browser, app)
    provider.clock.advance(seconds=30)
    young = provider.arrive(browser, app, max_age="31")
    assert "code" in young.answer
    provider.clock.advance(seconds=2)

    page = browser.get(app.begin(max_age="31").url)
    silent = browser.get(app.begin(max_age="31", prompt="none").url)

    assert page.path == "/login"
    assert answer_of(silent.url)["error"] == "login_required"
    tokens = provider.tokens(browser, app, max_age="31")
    assert claims_of(tokens.id_token)["auth_time"] == int(provider.clock.now().timestamp())


def test_a_step_up_does_not_count_as_a_fresh_sign_in(provider: Provider) -> None:
    """Six digits prove less than a password and six digits: with prompt=login they are not even asked for first."""
    person = provider.person()
    app, browser = provider.client(), provider.browser()
    provider.arrive(browser, app)
    provider.enrol_totp(person)
    page = browser.get(app.begin(prompt="login").url)

    at_totp = browser.get(page.url.replace("/login", "/login/totp"))

    assert at_totp.status == 400
    assert browser.get(page.url).path == "/login"


def test_another_tabs_sign_in_is_not_borrowed(provider: Provider) -> None:
    """A fresh sign-in counts in the transaction it was asked for, not in any other that is open."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    provider.arrive(browser, app)
    waiting = browser.get(app.begin(prompt="login").url)
    provider.arrive(browser, app, prompt="login")

    after = browser.get(waiting.url.replace("/login", "/consent"))

    assert after.path == "/login"


@pytest.mark.parametrize(
    "parameters", [{}, {"acr_values": TWO}, {"acr_values": f"{THREE} {TWO} {ONE}"}], ids=str
)
def test_tokens_say_one_factor_when_one_was_proved(provider: Provider, parameters: dict[str, str]) -> None:
    """acr_values is a wish: what was reached is what is told, never what was asked for."""
    provider.person()
    app = provider.client()

    tokens = provider.tokens(provider.browser(), app, **parameters)

    for token in (tokens.id_token, tokens.access_token):
        assert claims_of(token)["acr"] == ONE
        assert claims_of(token)["amr"] == ["pwd"]


def test_tokens_say_two_factors_only_after_two(provider: Provider) -> None:
    person = provider.person()
    phone = provider.enrol_totp(person)
    app = provider.client()

    tokens = provider.tokens(provider.browser(), app, totp=phone.code())

    assert claims_of(tokens.id_token)["acr"] == TWO
    assert claims_of(tokens.id_token)["amr"] == ["pwd", "otp", "mfa"]


def test_a_second_factor_once_enrolled_cannot_be_left_out(provider: Provider) -> None:
    """Knowing the password opens nothing: neither session nor code, on whichever page one goes on."""
    person = provider.person()
    provider.enrol_totp(person)
    app, thief = provider.client(), provider.browser()
    page = thief.sign_in(thief.get(app.begin().url), "gulbahar", PASSWORD)
    transaction = page.url.partition("?")[2]

    assert page.path == "/login/totp"
    assert thief.cookie(SESSION) is None
    for path in ("/consent", "/login/second-factor", "/account", "/account/security"):
        assert thief.get(f"{path}?{transaction}").path not in ("/account", "/account/security")
        assert not thief.get(f"{path}?{transaction}").is_outside


def test_a_proved_password_is_forgotten_with_the_name_it_belongs_to(provider: Provider) -> None:
    """Going back and naming somebody else begins again: what was shown for one is no half of another's sign-in."""
    phone = provider.enrol_totp(provider.person())
    provider.person("other")
    browser = provider.browser()
    owing = browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    first_page = browser.get(owing.url.replace("/login/totp", "/login"))

    browser.submit(first_page, "/login", username="other")

    assert browser.get(owing.url).status == 400
    assert browser.submit(owing, "/login/totp", code=phone.code()).status == 400
    assert browser.cookie(SESSION) is None


def test_an_essential_level_is_reached_or_refused(provider: Provider) -> None:
    """OpenID Connect Core §5.5.1.1; Unmet Authentication Requirements 1.0."""
    provider.person()
    app, browser = provider.client(), provider.browser()

    unreachable = provider.arrive(browser, app, claims=essential(THREE))
    unknown = provider.arrive(browser, app, claims=essential("urn:example:gold"))
    not_enrolled = provider.arrive(browser, app, claims=essential(TWO, THREE))
    silent = provider.arrive(browser, app, claims=essential(TWO), prompt="none")

    assert unreachable.answer["error"] == "unmet_authentication_requirements"
    assert unknown.answer["error"] == "unmet_authentication_requirements"
    assert not_enrolled.page.path == "/login/second-factor"
    assert "code" not in silent.answer
    gone_back = browser.submit(not_enrolled.page, "/login/cancel")
    assert answer_of(gone_back.url)["error"] == "unmet_authentication_requirements"


def test_an_essential_second_factor_is_asked_of_a_weaker_session(provider: Provider) -> None:
    person = provider.person()
    app, browser = provider.client(), provider.browser()
    provider.arrive(browser, app)
    phone = provider.enrol_totp(person)
    assert browser.get(app.begin(claims=essential(TWO)).url).path == "/login/totp"

    arrival = provider.arrive(browser, app, totp=phone.code(), claims=essential(TWO))

    tokens = app.redeem(arrival.code, arrival.pending.verifier)
    assert claims_of(tokens.id_token)["acr"] == TWO


def test_a_weaker_session_cannot_change_what_guards_a_stronger_account(provider: Provider) -> None:
    """Somebody with the password alone was signed in before the owner added a second factor.

    ASVS 7.5.1: that session neither removes nor replaces it, nor gets codes to stand in for it.
    """
    person = provider.person()
    thief = provider.browser()
    thief.sign_in(thief.get("/account"), "gulbahar", PASSWORD)
    token = thief.get("/account/security").form("/account/sign-out").fields
    provider.enrol_totp(person)
    before = provider.services.stores.credentials.find_totp(person.id)

    assert thief.get("/account/security/totp").path == "/login"
    assert thief.get("/account/security/password").path == "/login"
    for path in ("/account/security/authenticators/totp/remove", "/account/security/recovery-codes"):
        assert thief.post(path, token).path == "/login"
    changed = {"current_password": PASSWORD, "new_password": "an entirely different long sentence"}
    assert thief.post("/account/security/password", {**token, **changed}).path == "/login"

    assert provider.services.stores.credentials.find_totp(person.id) == before
    assert provider.services.stores.credentials.count_recovery_codes(person.id) == 0


def test_an_old_sign_in_is_not_enough_to_change_what_guards_the_account(provider: Provider) -> None:
    """ASVS 7.5.1: ten minutes after the last proof, it is asked for again."""
    provider.person()
    browser = provider.browser()
    browser.sign_in(browser.get("/account"), "gulbahar", PASSWORD)
    token = browser.get("/account/security").form("/account/sign-out").fields
    provider.clock.advance(minutes=10, seconds=1)

    for path in ("/account/security/password", "/account/security/totp"):
        assert browser.get(path).path == "/login"
        assert browser.post(path, token).path == "/login"
