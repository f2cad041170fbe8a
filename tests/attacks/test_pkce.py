"""A code is bound to whoever asked for it, for every kind of client: PKCE cannot be left out or weakened."""

from __future__ import annotations

import base64
import hashlib

import pytest

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.provider import Provider
from tests.support.relying_party import answer_of

EVERY_CLIENT = [
    *(pytest.param({"auth_method": method}, id=str(method)) for method in ClientAuthMethod),
    pytest.param(
        {
            "auth_method": ClientAuthMethod.NONE,
            "application_type": "native",
            "redirect_uris": ("http://127.0.0.1/callback",),
        },
        id="native app",
    ),
]

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

WEAK_REQUESTS: list[dict[str, str | list[str] | None]] = [
    {"code_challenge": None, "code_challenge_method": None},
    {"code_challenge": None},
    {"code_challenge": ""},
    {"code_challenge_method": None},
    {"code_challenge_method": ""},
    {"code_challenge_method": "plain"},
    {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
    {"code_challenge_method": "s256"},
    {"code_challenge_method": "S512"},
    {"code_challenge_method": "S256 plain"},
    {"code_challenge_method": ["S256", "plain"]},
    {"code_challenge": [CHALLENGE, VERIFIER]},
    {"code_challenge": CHALLENGE[:-1]},
    {"code_challenge": CHALLENGE + "="},
    {"code_challenge": CHALLENGE + "A"},
    {"code_challenge": CHALLENGE[:-1] + "+"},
    {"code_challenge": "\u0430" * 43},
    {"code_challenge": "A"},
]


@pytest.mark.parametrize("kind", EVERY_CLIENT)
def test_no_client_gets_a_code_without_s256(provider: Provider, kind: dict[str, object]) -> None:
    """RFC 9700 §2.1.1; RFC 7636 §4.3: an absent method means plain, which protects nothing."""
    provider.person()
    app, browser = provider.client(**kind), provider.browser()
    provider.arrive(browser, app)  # signed in and agreed: nothing else stands in the way of a code

    for weak in WEAK_REQUESTS:
        page = browser.get(app.begin(**weak).url)

        assert page.is_outside, weak
        assert page.url.startswith(app.redirect_uri), weak
        assert answer_of(page.url)["error"] == "invalid_request", weak
        assert "code" not in answer_of(page.url), weak


@pytest.mark.parametrize("kind", EVERY_CLIENT)
def test_a_code_is_worth_nothing_without_its_verifier(provider: Provider, kind: dict[str, object]) -> None:
    """RFC 7636 §4.6: having proved its identity, a client must still show that the request was its own."""
    provider.person()
    app, browser = provider.client(**kind), provider.browser()
    wrong_verifiers: list[str | list[str] | None] = [
        None,
        "",
        "short",
        "w" * 43,
        "w" * 129,
        CHALLENGE,
        VERIFIER + " ",
        VERIFIER[:-1] + "\u0430",
        [VERIFIER, "w" * 43],
    ]

    for wrong in wrong_verifiers:
        arrival = provider.arrive(browser, app, code_challenge=CHALLENGE)
        answer = app.redeem(arrival.code, None, code_verifier=wrong)

        assert answer.status == 400, wrong
        assert answer.error in ("invalid_grant", "invalid_request"), wrong
    arrival = provider.arrive(browser, app, code_challenge=CHALLENGE)
    assert app.redeem(arrival.code, VERIFIER).status == 200


def test_discovery_offers_s256_alone(provider: Provider) -> None:
    assert provider.services.metadata["code_challenge_methods_supported"] == ["S256"]
