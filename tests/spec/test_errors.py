"""What a client gets for each fault: the error matrix, row by row.

An error of the authorization endpoint goes back to a verified address or becomes a page; an error of any other
endpoint is a JSON object. RFC 6749 §4.1.2.1, §5.2; OpenID Connect Core §3.1.2.6; RFC 8707 §2; RFC 9207 §2.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from idp.oidc.vocabulary import ClientAuthMethod, GrantType
from tests.support.provider import Provider
from tests.support.relying_party import Answer, RelyingParty, Value, answer_of

TO_THE_APP: list[tuple[str, dict[str, Value], str]] = [
    ("response_type missing", {"response_type": None}, "invalid_request"),
    ("response_type token", {"response_type": "token"}, "unsupported_response_type"),
    ("response_type id_token", {"response_type": "id_token"}, "unsupported_response_type"),
    ("response_type code id_token", {"response_type": "code id_token"}, "unsupported_response_type"),
    ("response_type twice", {"response_type": ["code", "code"]}, "invalid_request"),
    ("response_mode fragment", {"response_mode": "fragment"}, "invalid_request"),
    ("response_mode form_post", {"response_mode": "form_post"}, "invalid_request"),
    ("scope missing", {"scope": None}, "invalid_scope"),
    ("scope without openid", {"scope": "profile"}, "invalid_scope"),
    ("scope not allowed", {"scope": "openid admin"}, "invalid_scope"),
    ("request object", {"request": "a.b.c"}, "invalid_request_object"),
    ("request_uri", {"request_uri": "https://tax.example/r"}, "request_uri_not_supported"),
    ("registration", {"registration": "{}"}, "registration_not_supported"),
    ("PKCE missing", {"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ("PKCE plain", {"code_challenge_method": "plain"}, "invalid_request"),
    ("prompt none with another", {"prompt": "none login"}, "invalid_request"),
    ("prompt unknown", {"prompt": "whatever"}, "invalid_request"),
    ("prompt none, nobody there", {"prompt": "none"}, "login_required"),
    ("max_age no number", {"max_age": "x"}, "invalid_request"),
    ("claims no JSON", {"claims": "{"}, "invalid_request"),
    ("resource unknown", {"resource": "https://other.example"}, "invalid_target"),
    ("state too long", {"state": "s" * 2_049}, "invalid_request"),
    ("nonce too long", {"nonce": "n" * 2_049}, "invalid_request"),
    ("state twice", {"state": ["a", "b"]}, "invalid_request"),
]


@pytest.mark.parametrize(
    ("parameters", "error"), [row[1:] for row in TO_THE_APP], ids=[row[0] for row in TO_THE_APP]
)
def test_a_fault_of_the_request_goes_back_to_the_app(
    provider: Provider, parameters: dict[str, Value], error: str
) -> None:
    """With error, description, state and iss; never with a code (Core §3.1.2.6)."""
    app = provider.client()

    page = provider.browser().get(app.begin(**parameters).url)

    assert page.url.startswith("https://tax.example/callback?")
    answer = answer_of(page.url)
    assert answer["error"] == error
    assert answer["iss"] == provider.issuer
    assert answer.keys() <= {"error", "error_description", "state", "iss"}
    assert_plain(answer["error_description"])


TO_A_PAGE: list[tuple[str, dict[str, Value]]] = [
    ("client_id missing", {"client_id": None}),
    ("client_id unknown", {"client_id": "nobody"}),
    ("client_id twice", {"client_id": ["tax", "tax"]}),
    ("redirect_uri missing", {"redirect_uri": None}),
    ("redirect_uri not registered", {"redirect_uri": "https://evil.example/"}),
    ("redirect_uri with a query added", {"redirect_uri": "https://tax.example/callback?x=1"}),
    ("redirect_uri with a path added", {"redirect_uri": "https://tax.example/callback/x"}),
    ("redirect_uri twice", {"redirect_uri": ["https://tax.example/callback"] * 2}),
    ("control characters", {"nonce": "a\x00b"}),
    ("a hundred parameters too many", {"resource": ["https://api.tax.example"] * 100}),
    ("too large", {"extra": "x" * 66_000}),
]


@pytest.mark.parametrize("parameters", [row[1] for row in TO_A_PAGE], ids=[row[0] for row in TO_A_PAGE])
def test_a_fault_that_leaves_the_address_unproven_becomes_a_page(
    provider: Provider, parameters: dict[str, Value]
) -> None:
    """RFC 6749 §4.1.2.1: status 400, in words, and nobody is redirected."""
    page = provider.browser().get(provider.client().begin(**parameters).url)

    assert (page.status, page.is_outside, page.path) == (400, False, "/authorize")
    assert page.headers["Content-Type"].startswith("text/html")


def test_an_app_without_the_code_grant_is_unauthorized(provider: Provider) -> None:
    app = provider.client(grant_types=frozenset({GrantType.REFRESH_TOKEN}))

    page = provider.browser().get(app.begin().url)

    assert answer_of(page.url)["error"] == "unauthorized_client"


def test_a_switched_off_app_gets_a_page(provider: Provider) -> None:
    app = provider.client(enabled=False)

    assert provider.browser().get(app.begin().url).status == 400


class Given:
    """A person, an app, and a code that nobody has used yet."""

    def __init__(self, provider: Provider) -> None:
        provider.person()
        self.provider = provider
        self.app: RelyingParty = provider.client()
        arrival = provider.arrive(provider.browser(), self.app)
        self.code, self.verifier = arrival.code, arrival.pending.verifier

    def redeem(self, **changes: Any) -> Answer:
        return self.app.redeem(**{"code": self.code, "verifier": self.verifier, **changes})


def reused(given: Given) -> Answer:
    given.redeem()
    return given.redeem()


def expired(given: Given) -> Answer:
    given.provider.clock.advance(minutes=1)
    return given.redeem()


def by_another(given: Given) -> Answer:
    return given.provider.client("other").redeem(given.code, given.verifier)


AT_TOKEN: dict[str, tuple[Any, int, str]] = {
    "code reused": (reused, 400, "invalid_grant"),
    "code expired": (expired, 400, "invalid_grant"),
    "code of another app": (by_another, 400, "invalid_grant"),
    "code unknown": (lambda given: given.app.redeem("ac_" + "x" * 43, given.verifier), 400, "invalid_grant"),
    "code missing": (lambda given: given.redeem(code=None), 400, "invalid_request"),
    "verifier missing": (lambda given: given.redeem(code_verifier=None), 400, "invalid_grant"),
    "verifier wrong": (lambda given: given.redeem(code_verifier="w" * 43), 400, "invalid_grant"),
    "redirect_uri missing": (lambda given: given.redeem(redirect_uri=None), 400, "invalid_grant"),
    "redirect_uri wrong": (
        lambda given: given.redeem(redirect_uri="https://x.example"),
        400,
        "invalid_grant",
    ),
    "resource unknown": (lambda given: given.redeem(resource="https://x.example"), 400, "invalid_target"),
    "grant_type missing": (lambda given: given.app.token(), 400, "invalid_request"),
    "grant_type unknown": (
        lambda given: given.app.token(grant_type="password"),
        400,
        "unsupported_grant_type",
    ),
    "refresh token unknown": (lambda given: given.app.refresh("rt_" + "x" * 43), 400, "invalid_grant"),
    "scope of a machine": (
        lambda given: given.app.token(grant_type="client_credentials", scope="openid"),
        400,
        "invalid_scope",
    ),
    "no authentication": (
        lambda given: given.app.send("POST", "/token", {"grant_type": "x"}),
        401,
        "invalid_client",
    ),
    "wrong secret": (
        lambda given: dataclasses.replace(given.app, secret="cs_x").token(grant_type="client_credentials"),
        401,
        "invalid_client",
    ),
    "unknown client": (
        lambda given: dataclasses.replace(given.app, client_id="nobody").token(grant_type="x"),
        401,
        "invalid_client",
    ),
    "another method": (
        lambda given: dataclasses.replace(given.app, auth_method="client_secret_post").token(grant_type="x"),
        401,
        "invalid_client",
    ),
    "two methods": (
        lambda given: given.app.token(grant_type="x", client_secret=given.app.secret, client_id="tax"),
        400,
        "invalid_request",
    ),
    "client_id of another": (lambda given: given.redeem(client_id="other"), 401, "invalid_client"),
    "grant type not allowed": (
        lambda given: given.provider.client("c", grant_types=frozenset({GrantType.AUTHORIZATION_CODE})).token(
            grant_type="client_credentials"
        ),
        400,
        "unauthorized_client",
    ),
    "a public client for itself": (
        lambda given: given.provider.client("p", auth_method=ClientAuthMethod.NONE).token(
            grant_type="client_credentials"
        ),
        400,
        "unauthorized_client",
    ),
}


@pytest.mark.parametrize(("fault", "status", "error"), AT_TOKEN.values(), ids=AT_TOKEN.keys())
def test_a_fault_at_the_token_endpoint_has_its_code(
    provider: Provider, fault: Any, status: int, error: str
) -> None:
    """RFC 6749 §5.2: JSON, kept by nobody."""
    answer: Answer = fault(Given(provider))

    assert (answer.status, answer.error) == (status, error)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.members.keys() == {"error", "error_description"}
    assert_plain(answer.error_description)
    assert status == 401 or "WWW-Authenticate" not in answer.headers


def test_a_refused_redemption_leaves_the_code_as_it_was(provider: Provider) -> None:
    """Nothing is half done: after a mistake of the client's the code is still good."""
    given = Given(provider)
    assert given.redeem(resource="https://x.example").error == "invalid_target"
    assert given.redeem(redirect_uri=None).error == "invalid_grant"

    assert given.redeem().status == 200


def assert_plain(description: str) -> None:
    """RFC 6749 §5.2: the characters an error_description may have."""
    assert description.isascii()
    assert description.isprintable()
    assert not set(description) & set('"\\')
