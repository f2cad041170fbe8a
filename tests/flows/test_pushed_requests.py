"""Signing in with a request that the mini-app pushed before (RFC 9126), from the first form to the tokens."""

from __future__ import annotations

import pytest

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import RelyingParty, answer_of, claims_of


@pytest.mark.parametrize("method", ClientAuthMethod)
def test_a_citizen_signs_in_with_a_pushed_request(provider: Provider, method: ClientAuthMethod) -> None:
    """However the client proves itself; a public one pushes too, with PKCE as its proof."""
    provider.person()
    app = provider.client(auth_method=method)

    pending, pushed = app.push()
    page = provider.walk(provider.browser(), pending.url)
    tokens = app.redeem(answer_of(page.url)["code"], pending.verifier)

    assert (pushed.status, pushed.expires_in) == (201, 60)
    assert pushed.headers["Content-Type"] == "application/json"
    assert pushed.headers["Cache-Control"] == "no-store"
    assert answer_of(page.url)["state"] == pending.state
    assert claims_of(tokens.id_token)["nonce"] == pending.nonce


def test_what_the_address_says_beside_it_does_not_count(provider: Provider) -> None:
    """Neither state nor scope nor redirect_uri (RFC 9126 §4): what was pushed cannot be changed on the way."""
    provider.person()
    app = provider.client()
    pending, pushed = app.push(state=None, scope="openid")
    address = app.address(
        client_id=app.client_id,
        request_uri=pushed.request_uri,
        state="forged",
        scope="openid email phone",
        redirect_uri="https://evil.example/",
        response_type="token",
        code_challenge="forged",
    )

    page = provider.walk(provider.browser(), address)
    answer = answer_of(page.url)
    tokens = app.redeem(answer["code"], pending.verifier)

    assert page.url.startswith("https://tax.example/callback?")
    assert answer.keys() == {"code", "iss"}
    assert tokens.scope == "openid"


def test_the_page_may_be_opened_twice_before_signing_in(provider: Provider) -> None:
    """A reload is no attack."""
    provider.person()
    app = provider.client()
    pending, _ = app.push()
    browser = provider.browser()

    first = browser.get(pending.url)
    again = browser.get(pending.url)
    page = browser.allow(browser.sign_in(again, "gulbahar", PASSWORD))

    assert first.path == again.path == "/login"
    assert "code" in answer_of(page.url)


def test_whoever_came_in_time_may_take_their_time(provider: Provider) -> None:
    provider.person()
    app = provider.client()
    pending, _ = app.push()
    browser = provider.browser()
    provider.clock.advance(seconds=59)
    page = browser.get(pending.url)

    provider.clock.advance(minutes=5)
    page = browser.allow(browser.sign_in(page, "gulbahar", PASSWORD))

    assert "code" in answer_of(page.url)


def test_a_person_who_is_signed_in_goes_straight_back(provider: Provider) -> None:
    provider.person()
    app = provider.client()
    browser = provider.browser()
    provider.arrive(browser, app)

    pending, _ = app.push(prompt="none")
    page = browser.get(pending.url)

    assert page.is_outside
    assert app.redeem(answer_of(page.url)["code"], pending.verifier).status == 200


def test_cancelling_tells_the_app_and_uses_the_request_up(provider: Provider) -> None:
    app = provider.client()
    pending, _ = app.push()
    browser = provider.browser()
    page = browser.get(pending.url)

    page = browser.submit(page, "/login/cancel")

    assert answer_of(page.url)["error"] == "access_denied"
    assert answer_of(page.url)["state"] == pending.state
    assert not browser.get(pending.url).is_outside


def test_a_finished_sign_in_offers_no_way_to_begin_it_again(provider: Provider) -> None:
    """Only the app can push another request, so the page leads back there and nowhere else."""
    app = provider.client()
    pending, _ = app.push()
    browser = provider.browser()
    browser.get(pending.url)
    page = browser.get(pending.url)
    provider.clock.advance(minutes=16)

    late = browser.get(page.url)

    assert late.status == 400
    assert "/authorize" not in late.text
    assert "Go back to the app" in late.text


def test_going_back_after_the_end_is_explained(provider: Provider) -> None:
    provider.person()
    app, browser = provider.client(), provider.browser()
    pending, _ = app.push()
    provider.walk(browser, pending.url)

    page = browser.get(pending.url)

    assert page.status == 400
    assert "This page has expired" in page.text
    assert "invalid_request_uri" in page.text


class TestAClientThatMustPush:
    """`require_pushed_authorization_requests` (RFC 9126 §6)."""

    @pytest.fixture
    def app(self, provider: Provider) -> RelyingParty:
        return provider.client(require_pushed_authorization_requests=True)

    def test_its_plain_request_is_refused(self, provider: Provider, app: RelyingParty) -> None:
        pending = app.begin()

        answer = answer_of(provider.browser().get(pending.url).url)

        assert answer["error"] == "invalid_request"
        assert answer["state"] == pending.state

    def test_its_pushed_request_goes_on(self, provider: Provider, app: RelyingParty) -> None:
        pending, _ = app.push()

        assert provider.browser().get(pending.url).path == "/login"
