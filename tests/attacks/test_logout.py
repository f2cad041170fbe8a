"""Signing out neither leads astray nor happens against a person's will (RP-Initiated Logout §2, §3, §6)."""

from __future__ import annotations

from typing import Any

import pytest

from idp.web.cookies import SESSION
from tests.attacks.forgery import compact, parts_of, signed_anyhow
from tests.support.browser import Browser
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import RelyingParty

REGISTERED = "https://tax.example/signed-out"

WRONG_ADDRESSES = [
    "https://evil.example/",
    "https://tax.example/",
    "https://tax.example/signed-out/",
    "https://tax.example/signed-out?foo=bar",
    "https://tax.example/signed-out?",
    "https://tax.example/signed-out#x",
    "https://tax.example/signed-out/../x",
    "https://tax.example@evil.example/signed-out",
    "https://TAX.example/signed-out",
    "http://tax.example/signed-out",
    "//evil.example/",
    "/signed-out",
    "javascript:alert(1)",
    "https://tax.example/callback",
    "https://health.example/signed-out",
    "https://tax.example/signed-out\r\nLocation: https://evil.example/",
]


def signed_in(provider: Provider) -> tuple[RelyingParty, Browser, dict[str, Any]]:
    """A person signed in to one app, and the app's ID token as a hint."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    return app, browser, {"id_token_hint": str(provider.tokens(browser, app).id_token)}


def ask(provider: Provider, browser: Browser, parameters: dict[str, Any], method: str = "GET") -> Any:
    """A sign-out request, as the browser of `browser` would send it for another site."""
    return provider.send(
        method,
        "/logout",
        headers={"Cookie": browser.cookie_header},
        **{"query_string" if method == "GET" else "data": parameters},
    )


@pytest.mark.parametrize("uri", WRONG_ADDRESSES)
def test_only_a_registered_address_is_led_to(provider: Provider, uri: str) -> None:
    """With a good hint, with a client id, and with neither: a page, and nobody is signed out."""
    provider.client("health", post_logout_redirect_uris=("https://health.example/signed-out",))
    app, browser, hint = signed_in(provider)

    for parameters in (hint, {"client_id": app.client_id}, {}, {**hint, "client_id": app.client_id}):
        answer = ask(provider, browser, {**parameters, "post_logout_redirect_uri": uri, "state": "s"})
        assert (answer.status_code, answer.headers.get("Location")) == (400, None)

    assert browser.get("/account").path == "/account"


def test_without_a_hint_no_address_is_led_to(provider: Provider) -> None:
    """Nothing proves which app is asking, so not even a registered address is believed."""
    app, browser, _ = signed_in(provider)

    for parameters in ({}, {"client_id": app.client_id}, {"client_id": "nobody"}):
        answer = ask(provider, browser, {**parameters, "post_logout_redirect_uri": REGISTERED})
        assert (answer.status_code, answer.headers.get("Location")) == (400, None)


def test_another_apps_hint_does_not_open_this_apps_address(provider: Provider) -> None:
    app, browser, _ = signed_in(provider)
    other = provider.client("health", post_logout_redirect_uris=("https://health.example/out",))
    hint = provider.tokens(browser, other).id_token

    for parameters in (
        {"id_token_hint": hint, "post_logout_redirect_uri": REGISTERED},
        {"id_token_hint": hint, "post_logout_redirect_uri": REGISTERED, "client_id": app.client_id},
        {"id_token_hint": hint, "client_id": app.client_id},
    ):
        assert ask(provider, browser, parameters).status_code == 400


def test_a_changed_or_foreign_hint_is_refused(provider: Provider) -> None:
    app, browser, hint = signed_in(provider)
    header, claims, _ = parts_of(hint["id_token_hint"])
    forged = [
        compact({**header, "alg": "none"}, claims),
        signed_anyhow(header, claims),
        signed_anyhow({**header, "kid": "attacker"}, {**claims, "iss": "https://west.example"}),
        "not-a-token",
    ]

    for token in forged:
        parameters = {"id_token_hint": token, "post_logout_redirect_uri": REGISTERED}
        assert ask(provider, browser, parameters).status_code == 400
        assert ask(provider, browser, {"id_token_hint": token}).status_code == 400

    assert app.client_id == claims["aud"]
    assert browser.get("/account").path == "/account"


@pytest.mark.parametrize(
    "parameters",
    [{}, {"state": "s"}, {"client_id": "tax"}, {"client_id": "nobody"}, {"ui_locales": "en"}],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_is_signed_out_unasked(provider: Provider, parameters: dict[str, str], method: str) -> None:
    """Without a hint that names this very person, the person is asked first (§3)."""
    _, browser, _ = signed_in(provider)
    cookie = browser.cookie(SESSION)

    answer = ask(provider, browser, parameters, method)

    assert answer.status_code in (200, 303, 400)
    assert "Set-Cookie" not in answer.headers
    assert browser.get("/account").path == "/account"
    assert browser.cookie(SESSION) == cookie


def test_somebody_elses_hint_asks_first(provider: Provider) -> None:
    """An ID token that an attacker got for themselves does not sign a victim out."""
    _, victim, _ = signed_in(provider)
    provider.person("attacker")
    app = provider.client("health")
    hint = provider.tokens(provider.browser(), app, username="attacker").id_token

    answer = ask(provider, victim, {"id_token_hint": hint})

    assert answer.status_code == 200
    assert 'id="logout-confirm"' in answer.get_data(as_text=True)
    assert victim.get("/account").path == "/account"


def test_the_person_confirms_and_is_signed_out(provider: Provider) -> None:
    """The way that all of the above leave open: our own page's button."""
    app, browser, _ = signed_in(provider)
    page = browser.get("/logout?state=s")

    after = browser.submit(page, "/logout", "logout-confirm")

    assert after.path == "/signed-out"
    assert browser.get("/account").path == "/login"
    assert "error=login_required" in browser.get(app.begin(prompt="none").url).url


def test_a_confirmation_cannot_be_forged_or_redirected(provider: Provider) -> None:
    """Its token is this session's, and what it carries is examined once more when it comes back."""
    _, browser, hint = signed_in(provider)
    token = browser.get("/logout").form("/logout").fields["csrf_token"]

    for fields in (
        {"csrf_token": token + "x"},
        {"csrf_token": token, "post_logout_redirect_uri": "https://evil.example/"},
        {"csrf_token": token, "post_logout_redirect_uri": "https://evil.example/", **hint},
        {"csrf_token": token, "post_logout_redirect_uri": REGISTERED},
    ):
        answer = ask(provider, browser, fields, "POST")
        assert answer.status_code in (400, 403)
        assert "Location" not in answer.headers
    stranger = provider.send(
        "POST",
        "/logout",
        data={"csrf_token": token},
        headers={"Cookie": browser.cookie_header, "Origin": "https://evil.example"},
    )

    assert stranger.status_code == 403
    assert browser.get("/account").path == "/account"


def test_a_switched_off_apps_address_is_no_longer_led_to(provider: Provider) -> None:
    app, browser, hint = signed_in(provider)
    provider.services.stores.registry.set_enabled(app.client_id, False)

    with provider.twin() as updated:
        answer = ask(updated, browser, {**hint, "post_logout_redirect_uri": REGISTERED})

    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


def test_signing_out_ends_what_hangs_from_the_session(provider: Provider) -> None:
    """Codes that wait, refresh tokens and access tokens; but no grant that was to outlive the session."""
    app, browser, _ = signed_in(provider)
    lasting = provider.client("lasting")
    tokens = provider.tokens(browser, app)
    offline = provider.tokens(browser, lasting, scope="openid offline_access", prompt="consent")
    waiting = provider.arrive(browser, app)

    browser.submit(browser.get("/account"), "/account/sign-out")

    assert app.redeem(waiting.code, waiting.pending.verifier).error == "invalid_grant"
    assert app.refresh(tokens.refresh_token).error == "invalid_grant"
    assert app.userinfo(tokens.access_token).status == 401
    assert lasting.userinfo(offline.access_token).status == 200
    assert lasting.refresh(offline.refresh_token).status == 200


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/\r\nLocation: https://evil.example/",
        "javascript:alert(1)",
        "http:evil.example",
        "evil.example",
        "",
        "/%0d%0aSet-Cookie:x=y\r\n",
        "/" + "a" * 3_000,
        "/caf\u00e9",
    ],
)
def test_a_change_of_language_leads_nowhere_else(provider: Provider, address: str) -> None:
    """The other place where an address comes from a form."""
    answer = provider.send("POST", "/language", data={"lang": "en", "return_to": address})

    assert answer.headers["Location"] == "/"


def test_an_account_page_leads_back_to_an_account_page(provider: Provider) -> None:
    """Where a sign-in returns to is kept with the transaction, not in an address that others could write."""
    provider.person()
    browser = provider.browser()
    page = browser.get("/account/sessions?ended=1&return_to=https://evil.example/&next=//evil.example")
    assert page.path == "/login"

    after = browser.sign_in(page, "gulbahar", PASSWORD)

    assert after.path == "/account/sessions"
    assert not after.is_outside
