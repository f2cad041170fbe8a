"""A mini-app's back end acting for itself, and the dispatch of the token endpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from idp.oidc.errors import InvalidClient, InvalidScope, InvalidTarget, ProtocolError, UnauthorizedClient
from tests.unit.oidc.given import API, OTHER_API, USERINFO, parameters
from tests.unit.oidc.office import APP, TAX, Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_machine_gets_one_access_token_and_nothing_else(office: Office) -> None:
    """Spec: RFC 6749 §4.4.3."""
    answer = office.machine(resource=API, scope="returns.read")

    assert set(answer) == {"access_token", "token_type", "expires_in", "scope"}
    assert office.claims(answer["access_token"])["aud"] == API
    assert answer["scope"] == "returns.read"


def test_without_a_wish_a_machine_gets_its_scopes_but_none_about_people(office: Office) -> None:
    assert office.machine(resource=API)["scope"] == "returns.read returns.write"


def test_the_only_resource_need_not_be_named(office: Office) -> None:
    office.clients.clients["tax"] = replace(TAX, resources=(API,))

    assert office.claims(office.machine()["access_token"])["aud"] == API


@pytest.mark.parametrize("scope", ["openid", "profile", "offline_access", "returns.read openid", "admin"])
def test_scopes_about_a_person_or_of_others_are_refused(office: Office, scope: str) -> None:
    with pytest.raises(InvalidScope):
        office.machine(resource=API, scope=scope)


@pytest.mark.parametrize("resource", [None, [API, OTHER_API], "https://evil.example", USERINFO])
def test_a_machine_names_one_resource_of_its_own(office: Office, resource: str | list[str] | None) -> None:
    with pytest.raises(InvalidTarget):
        office.machine(resource=resource)


def test_a_machine_is_nobody_at_userinfo(office: Office) -> None:
    token = office.machine(resource=API)["access_token"]

    with pytest.raises(ProtocolError):
        office.userinfo(token)


def test_a_public_client_cannot_act_for_itself(office: Office) -> None:
    with pytest.raises(UnauthorizedClient):
        office.machine(APP, resource=API)


@pytest.mark.parametrize(
    ("grant_type", "code"),
    [
        (None, "invalid_request"),
        (["client_credentials", "client_credentials"], "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("implicit", "unsupported_grant_type"),
        ("Authorization_Code", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:device_code", "unsupported_grant_type"),
    ],
)
def test_a_grant_type_that_we_do_not_know_is_refused(office: Office, grant_type: Any, code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        office.token(grant_type=grant_type)

    assert refused.value.code == code


def test_who_calls_comes_before_what_is_asked(office: Office) -> None:
    with pytest.raises(InvalidClient):
        office.token_endpoint.answer(parameters(grant_type="password"), None, now=office.now)
