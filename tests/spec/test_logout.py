"""RP-Initiated Logout 1.0: what a mini-app may ask, and what comes back."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from tests.support.browser import Browser
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import answer_of

BACK = "https://tax.example/signed-out"


def ask(provider: Provider, browser: Browser, method: str = "GET", **parameters: str) -> TestResponse:
    """A sign-out request in the person's browser, not followed."""
    place = "query_string" if method == "GET" else "data"
    headers = {"Cookie": browser.cookie_header, "Accept-Language": "en"}
    return provider.send(method, "/logout", headers=headers, **{place: parameters})


def test_a_hint_of_who_is_there_signs_out_and_leads_back(provider: Provider) -> None:
    """§2, §3: with `state` and nothing else; afterwards nobody is signed in."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    hint = provider.tokens(browser, app).id_token

    answer = ask(provider, browser, id_token_hint=hint, post_logout_redirect_uri=BACK, state="a b&c")

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{BACK}?state=a+b%26c"
    assert answer_of(browser.get(app.begin(prompt="none").url).url)["error"] == "login_required"


def test_without_state_nothing_is_added(provider: Provider) -> None:
    provider.person()
    app, browser = provider.client(), provider.browser()
    hint = provider.tokens(browser, app).id_token

    answer = ask(provider, browser, id_token_hint=hint, post_logout_redirect_uri=BACK)

    assert answer.headers["Location"] == BACK


def test_a_registered_query_stays(provider: Provider) -> None:
    provider.person()
    app = provider.client(post_logout_redirect_uris=(f"{BACK}?from=idp",))
    browser = provider.browser()
    hint = provider.tokens(browser, app).id_token

    answer = ask(
        provider, browser, id_token_hint=hint, post_logout_redirect_uri=f"{BACK}?from=idp", state="s"
    )

    assert answer.headers["Location"] == f"{BACK}?from=idp&state=s"


def test_an_expired_hint_is_as_good(provider: Provider) -> None:
    """§2: the provider SHOULD accept it."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    hint = provider.tokens(browser, app).id_token
    provider.clock.advance(minutes=40)

    answer = ask(provider, browser, id_token_hint=hint, post_logout_redirect_uri=BACK)

    assert answer.headers["Location"] == BACK


def test_a_hint_survives_a_change_of_keys(provider: Provider) -> None:
    provider.person()
    app, browser = provider.client(), provider.browser()
    hint = provider.tokens(browser, app).id_token
    provider.services.keyring.rotate(immediately=True)

    answer = ask(provider, browser, id_token_hint=hint, post_logout_redirect_uri=BACK)

    assert answer.headers["Location"] == BACK


def test_a_hint_alone_ends_at_our_own_page(provider: Provider) -> None:
    provider.person()
    app, browser = provider.client(), provider.browser()
    hint = provider.tokens(browser, app).id_token

    answer = ask(provider, browser, id_token_hint=hint)

    assert answer.headers["Location"] == "/signed-out"
    assert browser.get("/account").path == "/login"


@pytest.mark.parametrize("parameters", [{}, {"state": "s"}, {"client_id": "tax"}], ids=str)
def test_without_a_hint_the_person_is_asked(provider: Provider, parameters: dict[str, str]) -> None:
    """§2, §6."""
    provider.person()
    browser = provider.browser()
    provider.tokens(browser, provider.client())

    answer = ask(provider, browser, **parameters)

    assert answer.status_code == 200
    assert 'id="logout-confirm"' in answer.get_data(as_text=True)


def test_signed_out_already_there_is_nothing_to_ask(provider: Provider) -> None:
    provider.person()
    app, browser = provider.client(), provider.browser()
    hint = provider.tokens(browser, app).id_token
    browser.submit(browser.get("/account"), "/account/sign-out")

    plain = ask(provider, browser)
    with_address = ask(provider, browser, id_token_hint=hint, post_logout_redirect_uri=BACK, state="s")

    assert plain.headers["Location"] == "/signed-out"
    assert with_address.headers["Location"] == f"{BACK}?state=s"


def test_somebody_else_is_there_so_they_are_asked_and_then_led_back(provider: Provider) -> None:
    """The confirmation carries the request, and both are examined again when it is sent."""
    provider.person("first")
    provider.person("second")
    app, browser = provider.client(), provider.browser()
    hint = provider.tokens(provider.browser(), app, username="first").id_token
    browser.sign_in(browser.get("/account"), "second", PASSWORD)

    asked = ask(provider, browser, id_token_hint=hint, post_logout_redirect_uri=BACK, state="s")
    assert asked.status_code == 200
    assert "form-action 'self' https://tax.example" in asked.headers["Content-Security-Policy"]
    token = browser.get("/logout").form("/logout").fields["csrf_token"]
    confirmed = ask(
        provider,
        browser,
        "POST",
        csrf_token=token,
        id_token_hint=hint,
        post_logout_redirect_uri=BACK,
        state="s",
    )

    assert confirmed.headers["Location"] == f"{BACK}?state=s"
    assert browser.get("/account").path == "/login"


def test_a_request_by_form_is_treated_like_one_by_address(provider: Provider) -> None:
    """§2: GET and POST. It is sent on as a GET, with which our cookies come."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    hint = provider.tokens(browser, app).id_token
    fields = {"id_token_hint": hint, "post_logout_redirect_uri": BACK, "state": "s"}

    sent_on = provider.send("POST", "/logout", data=fields)
    answer = provider.send("GET", sent_on.headers["Location"], headers={"Cookie": browser.cookie_header})

    assert sent_on.status_code == 303
    assert sent_on.headers["Location"].startswith("/logout?")
    assert answer.headers["Location"] == f"{BACK}?state=s"


def test_ui_locales_choose_the_language_of_the_question(provider: Provider) -> None:
    provider.person()
    browser = provider.browser()
    provider.tokens(browser, provider.client())

    answer = ask(provider, browser, ui_locales="zh-CN")

    assert answer.headers["Content-Language"] == "zh-CN"
