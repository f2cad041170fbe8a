"""Pushed authorization requests: RFC 9126; FAPI 2.0 Security Profile §5.3.2; and request objects there: RFC 9101."""

from __future__ import annotations

import re
from typing import Any

import pytest

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.provider import Provider
from tests.support.relying_party import Value, answer_of


def test_the_answer_is_as_the_standard_has_it(provider: Provider) -> None:
    """§2.2: 201, JSON, a request_uri that nobody can guess, and how long it lives."""
    app = provider.client()

    answers = [app.push()[1] for _ in range(3)]

    for answer in answers:
        assert answer.status == 201
        assert answer.headers["Content-Type"] == "application/json"
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.members.keys() == {"request_uri", "expires_in"}
        assert answer.expires_in == 60
        # 128 bits and more, in base64url.
        assert re.fullmatch(r"urn:ietf:params:oauth:request_uri:pr_[A-Za-z0-9_-]{43}", answer.request_uri)
    assert len({answer.request_uri for answer in answers}) == 3


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_only_post_is_allowed(provider: Provider, method: str) -> None:
    """§2.3: 405."""
    answer = provider.send(method, "/par")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


FAULTS: list[tuple[str, dict[str, Value], str]] = [
    ("request_uri", {"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
    ("redirect_uri missing", {"redirect_uri": None}, "invalid_request"),
    ("redirect_uri not registered", {"redirect_uri": "https://evil.example/"}, "invalid_request"),
    ("redirect_uri twice", {"redirect_uri": ["https://tax.example/callback"] * 2}, "invalid_request"),
    ("response_type missing", {"response_type": None}, "invalid_request"),
    ("response_type token", {"response_type": "token"}, "unsupported_response_type"),
    ("response_type code id_token", {"response_type": "code id_token"}, "unsupported_response_type"),
    ("response_mode fragment", {"response_mode": "fragment"}, "invalid_request"),
    ("PKCE missing", {"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ("PKCE plain", {"code_challenge_method": "plain"}, "invalid_request"),
    ("scope without openid", {"scope": "profile"}, "invalid_scope"),
    ("scope not allowed", {"scope": "openid admin"}, "invalid_scope"),
    ("resource unknown", {"resource": "https://other.example"}, "invalid_target"),
    ("prompt unknown", {"prompt": "whatever"}, "invalid_request"),
    ("max_age no number", {"max_age": "x"}, "invalid_request"),
    ("claims no JSON", {"claims": "{"}, "invalid_request"),
    ("registration", {"registration": "{}"}, "registration_not_supported"),
    ("state too long", {"state": "s" * 2_049}, "invalid_request"),
    ("state twice", {"state": ["a", "b"]}, "invalid_request"),
    ("control characters", {"nonce": "a\x00b"}, "invalid_request"),
    ("request no JWT", {"request": "a.b.c"}, "invalid_request_object"),
    ("request unsigned", {"request": "eyJhbGciOiJub25lIn0.e30."}, "invalid_request_object"),
    ("request twice", {"request": ["a.b.c", "a.b.c"]}, "invalid_request"),
    ("large", {"extra": "x" * 270_000}, "invalid_request"),
]


@pytest.mark.parametrize(("parameters", "error"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_fault_is_told_at_once_and_as_json(
    provider: Provider, parameters: dict[str, Value], error: str
) -> None:
    """§2.3: as the token endpoint answers, before any browser is involved."""
    _, answer = provider.client().push(**parameters)

    assert (answer.status, answer.error) == (400, error)
    assert answer.headers["Content-Type"] == "application/json"
    assert "no-store" in answer.headers["Cache-Control"]
    assert re.fullmatch(r"[\x20\x21\x23-\x5b\x5d-\x7e]+", answer.error_description)


def test_a_body_that_is_no_form_is_refused(provider: Provider) -> None:
    """§2.1: application/x-www-form-urlencoded."""
    answer = provider.send("POST", "/par", json={"client_id": "tax"})

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"] == "invalid_request"


def test_the_client_id_may_be_repeated_or_left_out(provider: Provider) -> None:
    """§2.1: the authenticated client is meant; another name beside it is refused."""
    app = provider.client()
    provider.client("other")

    assert app.push(client_id=None)[1].status == 201
    assert app.push()[1].status == 201
    assert app.push(client_id="other")[1].error == "invalid_client"


@pytest.mark.parametrize(
    "audience", [["http://east.id.localhost:8001"], "http://east.id.localhost:8001/par", "elsewhere"]
)
def test_an_assertion_is_for_the_issuer_here_too(provider: Provider, audience: Any) -> None:
    """RFC 10070: the issuer as a string; not the address of this endpoint, which RFC 9126 §2 once allowed."""
    app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
    _, members = app.ask()
    proof = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": app.assertion(aud=audience),
    }

    answer = app.send("POST", "/par", {**members, **proof})

    assert (answer.status, answer.error) == (401, "invalid_client")


def test_an_error_of_the_sign_in_names_the_issuer_and_the_pushed_state(provider: Provider) -> None:
    """RFC 9207 §2; RFC 6749 §4.1.2.1."""
    app = provider.client()
    pending, _ = app.push(prompt="none")

    answer = answer_of(provider.browser().get(pending.url).url)

    assert answer["error"] == "login_required"
    assert answer["state"] == pending.state
    assert answer["iss"] == provider.issuer


def test_a_pushed_request_may_be_brought_by_form(provider: Provider) -> None:
    """OpenID Connect Core §3.1.2.1: GET and POST."""
    app = provider.client()
    _, pushed = app.push()

    answer = provider.send(
        "POST", "/authorize", data={"client_id": app.client_id, "request_uri": pushed.request_uri}
    )

    assert answer.status_code == 303
    assert provider.browser().get(answer.headers["Location"]).path == "/login"


class TestARequestObjectInTheAddress:
    """RFC 9101 §6; OpenID Connect Core §6.1, §3.1.2.6."""

    @pytest.mark.parametrize(
        ("request_object", "error"),
        [
            ("a.b.c", "invalid_request_object"),
            ("eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
            ("eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "invalid_request_object"),
        ],
    )
    def test_a_bad_one_is_told_to_a_registered_address(
        self, provider: Provider, request_object: str, error: str
    ) -> None:
        """With the state beside it: nothing inside can be read."""
        pending = provider.client().begin(request=request_object)

        answer = answer_of(provider.browser().get(pending.url).url)

        assert answer["error"] == error
        assert answer["state"] == pending.state
        assert answer["iss"] == provider.issuer

    def test_a_good_one_wins_over_a_bad_address_beside_it(self, provider: Provider) -> None:
        """RFC 9101 §6.3: what is outside is ignored, a wrong redirect_uri too."""
        app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
        _, token = app.request_object()

        address = app.address(client_id=app.client_id, request=token, redirect_uri="https://evil.example/")

        assert provider.browser().get(address).path == "/login"

    def test_a_fault_inside_is_told_to_the_address_inside(self, provider: Provider) -> None:
        app = provider.client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
        pending = app.begin_signed(scope="profile")

        answer = answer_of(provider.browser().get(pending.url).url)

        assert (answer["error"], "state" in answer) == ("invalid_scope", True)

    def test_a_client_without_keys_signs_nothing(self, provider: Provider) -> None:
        keyed = provider.client("keyed", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
        app = provider.client()
        app.key, app.clock = keyed.key, keyed.clock
        _, token = app.request_object()

        address = app.address(client_id=app.client_id, request=token, redirect_uri=app.redirect_uri)

        assert answer_of(provider.browser().get(address).url)["error"] == "invalid_request_object"
