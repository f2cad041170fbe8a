"""The authorization request as a value, and the answer to it as an address."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.authorization.refusal import RedirectError
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.authorization.response import error_uri, success_uri
from idp.oidc.authorization.target import VerifiedTarget, verify_target
from idp.oidc.claims import ClaimWish
from idp.oidc.errors import InvalidRequest, LoginRequired, ProtocolError
from idp.oidc.vocabulary import Prompt, ResponseMode
from tests.unit.oidc.given import CALLBACK, ISSUER, a_client, a_request, authorization, parameters


def test_every_parameter_is_read() -> None:
    request = a_request(
        prompt="login consent",
        max_age="3600",
        acr_values="b a",
        login_hint="ada@example.org",
        ui_locales="zh-CN en",
        id_token_hint="a.b.c",
        claims='{"userinfo":{"name":null}}',
        resource=["https://a.example", "https://b.example"],
    )

    assert request.scope == ("openid", "profile")
    assert (request.state, request.nonce) == ("the-state", "the-nonce")
    assert request.prompt == {Prompt.LOGIN, Prompt.CONSENT}
    assert request.max_age == timedelta(hours=1)
    assert request.acr_values == ("b", "a")
    assert request.ui_locales == ("zh-CN", "en")
    assert request.claims.userinfo == {"name": ClaimWish()}
    assert request.resources == ("https://a.example", "https://b.example")
    assert request.unsupported == ()


def test_unknown_parameters_and_unknown_wishes_are_ignored() -> None:
    """Spec: RFC 6749 §3.1; OpenID Connect Core §3.1.2.1 (display, ui_locales, claims_locales, login_hint)."""
    request = a_request(
        extra="foobar", display="hologram", ui_locales="tlh xx-invalid", claims_locales="tlh", login_hint="?"
    )

    assert request.ui_locales == ("tlh", "xx-invalid")


@pytest.mark.parametrize("name", ["request", "request_uri", "registration"])
def test_parameters_that_we_cannot_follow_are_noted(name: str) -> None:
    assert a_request(**{name: "x"}).unsupported == (name,)
    assert a_request(**{name: ["x", "y"]}).unsupported == (name,)


@pytest.mark.parametrize("prompt", ["Login", "create", "none login create", "login,consent"])
def test_an_unknown_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(InvalidRequest):
        a_request(prompt=prompt)


@pytest.mark.parametrize(
    "max_age", ["-1", "+1", "1.5", "1e3", "one", " 1", "1 ", "٣", "0x10", "1_000", "1" * 13]
)
def test_max_age_is_a_number_of_seconds(max_age: str) -> None:
    with pytest.raises(InvalidRequest):
        a_request(max_age=max_age)


def test_a_max_age_beyond_all_reason_says_nothing_and_breaks_nothing() -> None:
    assert a_request(max_age="0").max_age == timedelta(0)
    assert a_request(max_age="9" * 12).max_age == timedelta(days=3_650)


@pytest.mark.parametrize("name", ["scope", "state", "nonce", "prompt", "code_challenge", "claims", "max_age"])
def test_a_repeated_parameter_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        a_request(**{name: ["1", "2"]})


@given(
    st.dictionaries(
        st.sampled_from(["prompt", "max_age", "claims", "scope", "resource"]), st.text(max_size=20)
    )
)
def test_whatever_is_asked_is_read_or_refused(values: dict[str, str]) -> None:
    try:
        request = AuthorizationRequest.parse(authorization(**values))
    except ProtocolError:
        return
    assert request.client_id == "tax"


def test_an_answer_goes_to_the_verified_address_with_state_and_issuer() -> None:
    """Spec: RFC 6749 §4.1.2; RFC 9207 §2."""
    target = verify_target(a_client(), CALLBACK, "the-state")

    uri = success_uri(target, "ac_code", ISSUER)

    assert uri.split("?")[0] == CALLBACK
    assert parse_qs(urlsplit(uri).query) == {"code": ["ac_code"], "state": ["the-state"], "iss": [ISSUER]}


def test_a_refusal_says_why_and_carries_no_code() -> None:
    target = verify_target(a_client(), CALLBACK, None)
    refusal = RedirectError(target, LoginRequired("the person is not signed in", detail="for our log only"))

    query = parse_qs(urlsplit(error_uri(refusal, ISSUER)).query)

    assert query == {
        "error": ["login_required"],
        "error_description": ["the person is not signed in"],
        "iss": [ISSUER],
    }


def test_the_query_of_a_registered_address_stays() -> None:
    client = a_client(redirect_uris=("https://tax.example/callback?keep=a%20b",))
    target = verify_target(client, "https://tax.example/callback?keep=a%20b", None)

    assert success_uri(target, "ac_code", ISSUER).startswith(
        "https://tax.example/callback?keep=a%20b&code=ac_code&"
    )


@pytest.mark.parametrize("redirect_uri", [None, "https://evil.example/callback", CALLBACK + "/", ""])
def test_there_is_no_answer_to_an_address_that_is_not_registered(redirect_uri: str | None) -> None:
    with pytest.raises(InvalidRequest):
        verify_target(a_client(), redirect_uri, None)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=400))
def test_state_comes_back_to_the_letter(state: str) -> None:
    received = parameters(state=state).one("state")
    target = VerifiedTarget(CALLBACK, ResponseMode.QUERY, received)

    uri = success_uri(target, "ac_code", ISSUER)

    assert dict(parse_qsl(urlsplit(uri).query))["state"] == state
    assert uri.isascii()
    assert uri.isprintable()
    assert uri.count("code=ac_code") == 1 or "code" in state
