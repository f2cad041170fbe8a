"""The two phases of checks on an authorization request, and their order."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.authorization import checks
from idp.oidc.authorization.checks import MAX_ECHOED, PHASE_TWO
from idp.oidc.authorization.examine import examine
from idp.oidc.authorization.refusal import PageError, RedirectError
from idp.oidc.client import Client
from idp.oidc.errors import InvalidRequest
from idp.oidc.parameters import Parameters
from idp.oidc.vocabulary import ClientAuthMethod, GrantType
from tests.unit.oidc.given import API, CALLBACK, a_client, a_native_app, authorization, parameters
from tests.unit.oidc.memory import MemoryClients


def redirected_error(request: Parameters, client: Client | None = None) -> RedirectError:
    with pytest.raises(RedirectError) as refused:
        examine(request, MemoryClients.of(client or a_client()))
    return refused.value


def page_error(request: Parameters, *clients: Client) -> PageError:
    with pytest.raises(PageError) as refused:
        examine(request, MemoryClients.of(*(clients or (a_client(),))))
    return refused.value


def test_a_good_request_passes_with_its_client_and_target() -> None:
    examined = examine(authorization(resource=API), MemoryClients.of(a_client()))

    assert examined.client == a_client()
    assert examined.target.uri == CALLBACK
    assert examined.target.state == "the-state"
    assert examined.request.resources == (API,)


def test_every_check_that_is_written_is_made() -> None:
    written = {
        function
        for name, function in vars(checks).items()
        if inspect.isfunction(function)
        and function.__module__ == checks.__name__
        and not name.startswith("_")
    }

    assert set(PHASE_TWO) == written


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": None}, "invalid_request"),
        ({"client_id": ["tax", "tax"]}, "invalid_request"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": [CALLBACK, CALLBACK]}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/callback"}, "invalid_request"),
        ({"redirect_uri": CALLBACK + "/", "response_type": None}, "invalid_request"),
        ({"redirect_uri": CALLBACK + "?x=1", "prompt": "none"}, "invalid_request"),
    ],
)
def test_without_a_proven_address_there_is_a_page_and_no_redirect(
    changes: dict[str, str | list[str] | None], code: str
) -> None:
    refused = page_error(authorization(**changes))

    assert refused.cause.code == code


def test_a_client_that_is_switched_off_gets_a_page() -> None:
    assert page_error(authorization(), a_client(enabled=False)).cause.code == "invalid_client"


def test_what_was_asked_for_is_for_the_log_and_not_for_the_page() -> None:
    cause = page_error(authorization(redirect_uri="https://evil.example/x")).cause

    assert "evil.example" in cause.detail
    assert "evil.example" not in cause.description


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://tax.example/request.jwt"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": ["code", "code"]}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_type": "CODE"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"scope": "openid PROFILE"}, "invalid_scope"),
        ({"resource": "https://evil.example"}, "invalid_target"),
        ({"resource": [API, "https://evil.example"]}, "invalid_target"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none consent"}, "invalid_request"),
        ({"prompt": "dance"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"nonce": "n" * (MAX_ECHOED + 1)}, "invalid_request"),
        ({"nonce": ["1", "2"]}, "invalid_request"),
    ],
)
def test_with_a_proven_address_the_mini_app_is_told(
    changes: dict[str, str | list[str] | None], code: str
) -> None:
    refused = redirected_error(authorization(**changes))

    assert refused.cause.code == code
    assert refused.target.uri == CALLBACK
    assert refused.target.state == "the-state"


@pytest.mark.parametrize("state", ["s" * (MAX_ECHOED + 1), ["one", "two"]])
def test_a_state_that_cannot_be_echoed_truthfully_is_not_echoed(state: str | list[str]) -> None:
    refused = redirected_error(authorization(state=state))

    assert refused.cause.code == "invalid_request"
    assert refused.target.state is None


@pytest.mark.parametrize("client", [a_client(), a_native_app(CALLBACK)])
def test_pkce_is_for_every_client(client: Client) -> None:
    """A secret does not replace it: RFC 9700 §2.1.1."""
    open_client = a_client(auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)

    for one in (client, open_client):
        assert redirected_error(authorization(code_challenge=None), one).cause.code == "invalid_request"


def test_a_client_without_the_code_grant_is_told_so() -> None:
    machine = a_client(grant_types=frozenset({GrantType.CLIENT_CREDENTIALS}))

    assert redirected_error(authorization(), machine).cause.code == "unauthorized_client"


def test_a_long_state_and_nonce_are_welcome() -> None:
    examined = examine(authorization(state="s" * 384, nonce="n" * 384), MemoryClients.of(a_client()))

    assert examined.target.state == "s" * 384


def test_a_space_too_many_in_the_scope_asks_for_nothing_more() -> None:
    examined = examine(authorization(scope="openid  profile "), MemoryClients.of(a_client()))

    assert examined.request.scope == ("openid", "profile")


names = st.sampled_from(
    ["client_id", "redirect_uri", "response_type", "scope", "state", "prompt", "max_age", "claims", "request"]
)
values = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    ["tax", CALLBACK, "code", "openid", "none", "{}"]
)


@given(st.dictionaries(names, values | st.lists(values, min_size=2, max_size=2)))
def test_whatever_is_asked_nobody_is_sent_to_an_address_that_is_not_registered(
    changes: dict[str, str | list[str]],
) -> None:
    pairs = [
        (name, one)
        for name, value in changes.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    untouched = [pair for pair in authorization().pairs() if pair[0] not in changes]
    try:
        request = Parameters.from_pairs([*untouched, *pairs])
        target = examine(request, MemoryClients.of(a_client())).target
    except (PageError, InvalidRequest):
        return
    except RedirectError as refused:
        target = refused.target
    assert target.uri == CALLBACK


def test_parameters_of_somebody_elses_request_do_not_help() -> None:
    refused = page_error(parameters(client_id="tax", redirect_uri="https://health.example/callback"))

    assert refused.cause.code == "invalid_request"
