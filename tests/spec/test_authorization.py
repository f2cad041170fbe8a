"""The authorization endpoint: OpenID Connect Core §3.1.2, RFC 6749 §4.1, RFC 9207, RFC 8707 §2.1."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.browser import Page
from tests.support.provider import PASSWORD, Provider
from tests.support.relying_party import answer_of, claims_of


@pytest.mark.parametrize(
    "parameter", ["display=page", "display=popup", "display=x", "claims_locales=de", "extra=foobar"]
)
def test_unknown_and_unused_parameters_are_ignored(provider: Provider, parameter: str) -> None:
    """Core §3.1.2.1; RFC 6749 §3.1: never an error, whatever their value."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    name, _, value = parameter.partition("=")

    arrival = provider.arrive(browser, app, **{name: value})

    assert "code" in arrival.answer


def test_a_request_by_form_leads_to_the_same_place(provider: Provider) -> None:
    """Core §3.1.2.1: GET and POST. Other sites' forms come without our cookies, so it is sent on as a GET."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    pending = app.begin()
    fields = dict(parse_qsl(urlsplit(pending.url).query))

    page = browser.post(
        "/authorize", fields, headers={"Origin": "https://tax.example", "Sec-Fetch-Site": "cross-site"}
    )
    page = browser.allow(browser.sign_in(page, "gulbahar", PASSWORD))

    assert answer_of(page.url)["state"] == pending.state
    assert app.redeem(answer_of(page.url)["code"], pending.verifier).status == 200


def test_the_answer_carries_code_state_and_issuer_and_nothing_else(provider: Provider) -> None:
    """Core §3.1.2.5; RFC 9207 §2."""
    provider.person()
    app = provider.client()

    arrival = provider.arrive(provider.browser(), app)

    assert arrival.page.status == 303  # RFC 9700 §4.12: never 307
    assert arrival.answer.keys() == {"code", "state", "iss"}
    assert arrival.answer["iss"] == provider.issuer
    assert len(arrival.code) >= 43  # 256 bits; RFC 6749 §10.10 wants 128 at least
    assert not urlsplit(arrival.page.url).fragment


@pytest.mark.parametrize(
    "state",
    [
        "s",
        "0" * 128,
        "x" * 384,
        "a b+c%20&d=e?f#g",
        "\u901a\u884c",
        '{"a":"b"}',
        "line\nbreak",
        "~-._!*'()",
        "x" * 2_048,
    ],
    ids=lambda value: repr(value[:12]),
)
def test_state_comes_back_to_the_letter(provider: Provider, state: str) -> None:
    """RFC 6749 §4.1.2, with success and with refusal."""
    provider.person()
    app, browser = provider.client(), provider.browser()

    success = provider.arrive(browser, app, state=state)
    refusal = browser.get(app.begin(state=state, scope="openid nonsense").url)

    assert success.answer["state"] == state
    assert answer_of(refusal.url)["state"] == state


def test_without_state_none_comes_back(provider: Provider) -> None:
    provider.person()

    arrival = provider.arrive(provider.browser(), provider.client(), state=None)

    assert arrival.answer.keys() == {"code", "iss"}


def test_a_registered_query_stays_and_the_answer_is_appended(provider: Provider) -> None:
    """RFC 6749 §3.1.2."""
    provider.person()
    app = provider.client(redirect_uris=("https://tax.example/callback?tenant=1&x=%2F",))

    arrival = provider.arrive(provider.browser(), app)

    assert arrival.page.url.startswith("https://tax.example/callback?tenant=1&x=%2F&code=")
    assert app.redeem(arrival.code, arrival.pending.verifier).status == 200


@pytest.mark.parametrize(
    "nonce", [None, "n", "n" * 384, "\u901a\u884c"], ids=lambda value: repr(value and value[:8])
)
def test_nonce_is_in_the_id_token_exactly_as_sent(provider: Provider, nonce: str | None) -> None:
    """Core §3.1.2.1: optional with the code flow."""
    provider.person()

    tokens = provider.tokens(provider.browser(), provider.client(), nonce=nonce)

    assert claims_of(tokens.id_token).get("nonce") == nonce


def test_the_person_says_no(provider: Provider) -> None:
    """Core §3.1.2.6; RFC 6749 §4.1.2.1: at consent, and at any earlier step."""
    provider.person()
    app, browser = provider.client(), provider.browser()

    def refused(page: Page) -> dict[str, str]:
        return answer_of(page.url)

    at_start = browser.submit(browser.get(app.begin().url), "/login/cancel")
    at_consent = browser.submit(
        browser.sign_in(browser.get(app.begin().url), "gulbahar", PASSWORD), "/consent", "consent-deny"
    )

    for page in (at_start, at_consent):
        assert refused(page)["error"] == "access_denied"
        assert refused(page)["iss"] == provider.issuer
        assert "state" in refused(page)
        assert "code" not in refused(page)


def test_a_sign_in_is_finished_once(provider: Provider) -> None:
    """Two tabs, one transaction: the second one to finish is told that it is over."""
    provider.person()
    app, browser = provider.client(), provider.browser()
    page = browser.sign_in(browser.get(app.begin().url), "gulbahar", PASSWORD)

    first, second = browser.allow(page), browser.allow(page)

    assert first.is_outside
    assert (second.status, second.is_outside) == (400, False)


def test_a_sign_in_left_open_expires(provider: Provider) -> None:
    provider.person()
    app, browser = provider.client(), provider.browser()
    page = browser.get(app.begin().url)
    provider.clock.advance(minutes=15)

    late = browser.submit(page, "/login", username="gulbahar")

    assert late.status == 400
    assert "page_expired" in late.text
