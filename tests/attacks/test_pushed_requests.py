"""A pushed request counts once, for its client, as it was pushed (RFC 9126 §4, §7)."""

from __future__ import annotations

import pytest

from idp.oidc.pushed_request import REQUEST_URI_PREFIX
from idp.oidc.vocabulary import ClientAuthMethod
from idp.web.cookies import BROWSER
from tests.support.browser import Browser, Page
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import RelyingParty, answer_of


def require_dead(page: Page) -> None:
    """An error page, and nobody redirected."""
    assert (page.status, page.is_outside) == (400, False), page.url
    assert "code=" not in page.url


@pytest.fixture
def browser(provider: Provider) -> Browser:
    """Of somebody who is signed in and has agreed."""
    provider.person()
    browser = provider.browser()
    provider.arrive(browser, provider.client())
    return browser


@pytest.fixture
def app(provider: Provider, browser: Browser) -> RelyingParty:
    found = provider.services.stores.registry.find_by_id("tax")
    assert found is not None
    return provider.client("other", redirect_uris=("https://other.example/callback",), sector="tax.example")


def test_a_request_uri_that_got_its_code_is_dead(provider: Provider, app: RelyingParty) -> None:
    """Whether the answer came through pages or at once."""
    browser = provider.browser()
    pending, _ = app.push()
    page = provider.walk(browser, pending.url)
    assert "code" in answer_of(page.url)
    silent, _ = app.push(prompt="none")
    assert "code" in answer_of(browser.get(silent.url).url)

    for used in (pending, silent):
        require_dead(browser.get(used.url))
        require_dead(provider.browser().get(used.url))


def test_asking_silently_uses_it_up_even_when_refused(provider: Provider, app: RelyingParty) -> None:
    """Otherwise one leaked request_uri asks again and again, until somebody is signed in (prompt=none)."""
    pending, _ = app.push(prompt="none")
    stranger = provider.browser()

    first = answer_of(stranger.get(pending.url).url)

    assert first["error"] == "login_required"
    require_dead(stranger.get(pending.url))


def test_of_two_tabs_one_gets_a_code(provider: Provider, app: RelyingParty) -> None:
    """Both were begun in time; the second to finish finds the request used."""
    pending, _ = app.push()
    one, two = provider.browser(), provider.browser()
    first, second = one.get(pending.url), two.get(pending.url)
    first = one.allow(one.sign_in(first, "gulbahar", PASSWORD))

    second = two.sign_in(second, "gulbahar", PASSWORD)

    assert "code" in answer_of(first.url)
    require_dead(second)


def test_a_refusal_in_one_tab_leaves_no_code_for_the_other(provider: Provider, app: RelyingParty) -> None:
    pending, _ = app.push()
    one, two = provider.browser(), provider.browser()
    first, second = one.get(pending.url), two.get(pending.url)
    first = one.submit(first, "/login/cancel")

    second = two.submit(two.sign_in(second, "gulbahar", PASSWORD), "/consent", "consent-allow")

    assert answer_of(first.url)["error"] == "access_denied"
    require_dead(second)


def test_another_clients_request_uri_is_nothing(provider: Provider, app: RelyingParty) -> None:
    """Nor one without a client, nor one that nobody issued; always a page."""
    thief = provider.client("thief", redirect_uris=("https://thief.example/callback",))
    _, pushed = app.push()
    uri = str(pushed.request_uri)
    value = uri.removeprefix(REQUEST_URI_PREFIX)
    addresses = [
        thief.address(client_id="thief", request_uri=uri),
        thief.address(client_id="thief", request_uri=uri, redirect_uri="https://thief.example/callback"),
        thief.address(request_uri=uri),
        thief.address(client_id="nobody", request_uri=uri),
        thief.address(client_id=["other", "thief"], request_uri=uri),
        thief.address(client_id="other", request_uri=[uri, uri]),
        thief.address(client_id="other", request_uri=[uri, "https://thief.example/"]),
        thief.address(client_id="other", request_uri=uri, request="a.b.c"),
        thief.address(client_id="other", request_uri=uri + "x"),
        thief.address(client_id="other", request_uri=uri[:-1]),
        thief.address(client_id="other", request_uri=REQUEST_URI_PREFIX),
        thief.address(client_id="other", request_uri=REQUEST_URI_PREFIX + "pr_" + "A" * 43),
        thief.address(client_id="other", request_uri=REQUEST_URI_PREFIX + value.replace("pr_", "ac_")),
        thief.address(client_id="other", request_uri=REQUEST_URI_PREFIX + "\ud7ff" * 3),
    ]

    for address in addresses:
        require_dead(provider.browser().get(address))
    assert provider.browser().get(app.address(client_id="other", request_uri=uri)).path == "/login"


def test_a_late_request_uri_is_dead(provider: Provider, app: RelyingParty) -> None:
    pending, _ = app.push()

    provider.clock.advance(seconds=60)

    require_dead(provider.browser().get(pending.url))


def test_a_request_uri_is_no_code_and_a_code_no_request_uri(provider: Provider, app: RelyingParty) -> None:
    """Prefixes and tables of their own, whatever prefix is put in front."""
    arrival = provider.arrive(provider.browser(), app)
    _, pushed = app.push()
    value = str(pushed.request_uri).removeprefix(REQUEST_URI_PREFIX)

    for disguised in (value, value.replace("pr_", "ac_"), "ac_" + value, str(pushed.request_uri)):
        assert app.redeem(disguised, arrival.pending.verifier).error == "invalid_grant"
    for disguised in (arrival.code, arrival.code.replace("ac_", "pr_")):
        uri = REQUEST_URI_PREFIX + disguised
        require_dead(provider.browser().get(app.address(client_id=app.client_id, request_uri=uri)))


def test_what_was_pushed_cannot_be_changed_in_the_browser(provider: Provider, app: RelyingParty) -> None:
    """The sign-in keeps what was pushed: not what another visit, or a form, says later."""
    browser = provider.browser()
    pending, pushed = app.push(scope="openid")
    page = browser.get(
        app.address(
            client_id=app.client_id,
            request_uri=pushed.request_uri,
            scope="openid email phone address",
            redirect_uri="https://evil.example/",
            code_challenge="A" * 43,
        )
    )

    page = browser.sign_in(page, "gulbahar", PASSWORD)
    page = browser.allow(page) if page.path == "/consent" else page
    tokens = app.redeem(answer_of(page.url)["code"], pending.verifier)

    assert page.url.startswith("https://other.example/callback?")
    assert (tokens.status, tokens.scope) == (200, "openid")


def test_nobody_pushes_in_anothers_name(provider: Provider, app: RelyingParty) -> None:
    """RFC 9126 §2.1: the client proves itself, and asks for itself alone."""
    thief = provider.client("thief", redirect_uris=("https://thief.example/callback",))

    _, named = thief.push(client_id="other", redirect_uri="https://other.example/callback")
    bare = app.send("POST", "/par", {**app.ask()[1]})
    wrong = provider.client("wrong", auth_method=ClientAuthMethod.SECRET_POST)
    wrong.secret = "cs_" + "A" * 43
    _, unproven = wrong.push()

    assert (named.status, named.error) == (401, "invalid_client")
    assert (bare.status, bare.error) == (401, "invalid_client")
    assert (unproven.status, unproven.error) == (401, "invalid_client")


def test_a_request_dies_with_its_client(provider: Provider, app: RelyingParty) -> None:
    """Before the browser brought it, and after: whoever is signing in gets no further."""
    pending, _ = app.push()
    begun, _ = app.push()
    browser = provider.browser()
    page = browser.get(begun.url)
    provider.services.stores.registry.set_enabled("other", False)

    with provider.twin() as other_process:
        require_dead(other_process.browser().get(pending.url))
        same = other_process.browser()
        same.set_cookie(BROWSER, browser.cookie(BROWSER) or "")
        require_dead(same.get(page.url))


def test_credentials_are_not_kept_with_the_request(provider: Provider) -> None:
    """Who reads the table learns no secret and no assertion."""
    app = provider.client("posting", auth_method=ClientAuthMethod.SECRET_POST)
    _, pushed = app.push()
    keyed = provider.client("keyed", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
    _, signed = keyed.push()

    for answer in (pushed, signed):
        value = str(answer.request_uri).removeprefix(REQUEST_URI_PREFIX)
        client_id = "posting" if answer is pushed else "keyed"
        client = provider.services.stores.registry.find_by_id(client_id)
        assert client is not None
        kept = provider.services.arrivals.pushed.find(
            REQUEST_URI_PREFIX + value, client, now=provider.clock.now()
        )
        assert (
            not {"client_secret", "client_assertion", "client_assertion_type"} & kept.parameters.values.keys()
        )
