"""Access tokens coming back: bearer, userinfo, introspection, revocation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idp.oidc.errors import (
    InsufficientScope,
    InvalidClient,
    InvalidRequest,
    InvalidToken,
    UnauthorizedClient,
)
from tests.unit.oidc.given import API, ISSUER, USERINFO, a_grant
from tests.unit.oidc.office import APP, HEALTH, TAX, Office

INACTIVE = {"active": False}


@pytest.fixture
def office() -> Office:
    return Office()


def test_userinfo_tells_what_was_agreed_and_has_a_value(office: Office) -> None:
    tokens = office.signed_in(userinfo_claims=("name", "email", "email_verified", "phone_number"))

    assert office.userinfo(tokens["access_token"]) == {
        "sub": "subject-at-tax",
        "name": "Ada 阿达",
        "email": "ada@example.org",
        "email_verified": True,
    }


def test_a_narrower_token_is_told_less(office: Office) -> None:
    """Spec: RFC 6749 §6."""
    tokens = office.signed_in()

    narrow = office.refresh(tokens["refresh_token"], scope="openid profile")

    assert office.userinfo(narrow["access_token"]) == {"sub": "subject-at-tax", "name": "Ada 阿达"}


def test_a_claim_asked_for_by_name_stays_with_a_narrower_token(office: Office) -> None:
    tokens = office.signed_in(scope=("openid", "email"), userinfo_claims=("name", "email"))

    narrow = office.refresh(tokens["refresh_token"], scope="openid")

    assert office.userinfo(narrow["access_token"]) == {"sub": "subject-at-tax", "name": "Ada 阿达"}


def test_a_token_for_another_resource_is_not_for_userinfo(office: Office) -> None:
    tokens = office.signed_in(resources=(API,))

    with pytest.raises(InvalidToken):
        office.userinfo(tokens["access_token"])


def test_userinfo_needs_the_openid_scope(office: Office) -> None:
    tokens = office.signed_in()
    token = office.refresh(tokens["refresh_token"], scope="profile")["access_token"]

    with pytest.raises(InsufficientScope):
        office.userinfo(token)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://id.west.example"},
        {"iss": ISSUER + "/"},
        {"exp": 0},
        {"client_id": "nobody"},
        {"jti": "gr_unknown.1"},
        {"jti": "gr_.1"},
        {"aud": API},
    ],
)
def test_a_token_that_is_not_in_force_for_userinfo_is_refused(office: Office, claims: dict[str, Any]) -> None:
    office.signed_in()
    assert office.userinfo(office.sign())

    with pytest.raises(InvalidToken):
        office.userinfo(office.sign(**claims))


def test_a_token_expires_to_the_second(office: Office) -> None:
    token = office.signed_in()["access_token"]

    office.now += timedelta(seconds=299)
    assert office.userinfo(token)
    office.now += timedelta(seconds=1)

    with pytest.raises(InvalidToken):
        office.userinfo(token)


@pytest.mark.parametrize("what", ["grant revoked", "client off", "client gone", "token revoked"])
def test_a_token_ends_at_once_with_what_it_stands_on(office: Office, what: str) -> None:
    token = office.signed_in()["access_token"]
    machine = office.machine(resource=API)["access_token"]
    assert office.introspect(token)["active"]

    if what == "grant revoked":
        office.grants.revoke("gr_grant", now=office.now)
    elif what == "client off":
        office.clients.clients["tax"] = replace(TAX, enabled=False)
    elif what == "client gone":
        del office.clients.clients["tax"]
    else:
        office.revoke(token)
        office.revoke(machine)

    with pytest.raises(InvalidToken):
        office.userinfo(token)
    if what != "grant revoked":
        with pytest.raises(InvalidToken):
            office.tokens.accept(machine, now=office.now)


def test_introspection_tells_a_client_about_its_own_tokens(office: Office) -> None:
    """Spec: RFC 7662 §2.2."""
    tokens = office.signed_in()

    answer = office.introspect(tokens["access_token"])

    assert answer == {"active": True, "token_type": "Bearer", **office.claims(tokens["access_token"])}


def test_introspection_tells_a_resource_about_tokens_meant_for_it(office: Office) -> None:
    token = office.machine(HEALTH)["access_token"]
    office.clients.clients["tax"] = replace(TAX, audiences=("https://api.health.example",))

    assert office.introspect(token, TAX)["client_id"] == "health"


def test_introspection_tells_others_nothing(office: Office) -> None:
    tokens = office.signed_in()

    assert office.introspect(tokens["access_token"], HEALTH) == INACTIVE
    assert office.introspect(tokens["refresh_token"], HEALTH) == INACTIVE


def test_a_public_client_may_not_introspect(office: Office) -> None:
    """Spec: RFC 7662 §2.1: anybody could scan for tokens with its name."""
    with pytest.raises(UnauthorizedClient):
        office.introspect("anything", APP)


def test_introspection_of_a_refresh_token(office: Office) -> None:
    tokens = office.signed_in()

    answer = office.introspect(tokens["refresh_token"])

    assert answer == {
        "active": True,
        "iss": ISSUER,
        "client_id": "tax",
        "sub": "subject-at-tax",
        "scope": "openid profile email",
        "exp": int(a_grant().expires_at.timestamp()),
    }


def test_a_used_revoked_or_lapsed_refresh_token_is_inactive(office: Office) -> None:
    used = office.signed_in()["refresh_token"]
    fresh = office.refresh(used)["refresh_token"]
    assert office.introspect(used) == INACTIVE
    assert office.introspect(fresh)["active"]

    office.grants.revoke("gr_grant", now=office.now)

    assert office.introspect(fresh) == INACTIVE


@pytest.mark.parametrize("token", ["x", "rt_unknown", "a.b.c", "税", "rt_" + "x" * 500])
def test_whatever_else_is_introspected_is_inactive(office: Office, token: str) -> None:
    assert office.introspect(token) == INACTIVE


def test_introspection_without_a_token_is_refused(office: Office) -> None:
    with pytest.raises(InvalidRequest):
        office.introspect(None)


def test_giving_up_a_refresh_token_ends_the_grant(office: Office) -> None:
    """Spec: RFC 7009 §2.1."""
    tokens = office.signed_in()

    office.revoke(tokens["refresh_token"])

    assert not office.has_grant(a_grant())
    assert office.introspect(tokens["access_token"]) == INACTIVE


def test_giving_up_an_access_token_ends_that_token_alone(office: Office) -> None:
    tokens = office.signed_in()

    office.revoke(tokens["access_token"])

    assert office.introspect(tokens["access_token"]) == INACTIVE
    assert office.introspect(office.refresh(tokens["refresh_token"])["access_token"])["active"]


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_nobody_gives_up_somebody_elses_token(office: Office, name: str) -> None:
    tokens = office.signed_in()

    for stranger in (HEALTH, APP):
        office.revoke(tokens[name], stranger)

    assert office.introspect(tokens["access_token"])["active"]
    assert office.introspect(tokens["refresh_token"])["active"]


def test_a_public_client_gives_up_its_own_tokens(office: Office) -> None:
    tokens = office.redeem(office.issue_code(client_id="app"), by=APP)

    office.revoke(tokens["refresh_token"], APP)

    assert not office.has_grant(a_grant())


@pytest.mark.parametrize("token", ["x", "rt_unknown", "a.b.c", "税"])
def test_an_unknown_token_is_given_up_without_a_word(office: Office, token: str) -> None:
    """Spec: RFC 7009 §2.2; a hint about its type changes nothing."""
    office.revoke(token)
    office.revoke(token, token_type_hint="refresh_token")
    office.revoke(token, token_type_hint="nonsense")


def test_a_wrong_hint_does_not_save_a_token(office: Office) -> None:
    tokens = office.signed_in()

    office.revoke(tokens["refresh_token"], token_type_hint="access_token")

    assert not office.has_grant(a_grant())


def test_revocation_asks_who_is_calling_and_for_what(office: Office) -> None:
    with pytest.raises(InvalidRequest):
        office.revoke(None)
    with pytest.raises(InvalidClient):
        office.revoke("x", replace(HEALTH, client_id="nobody"))


def test_a_machines_token_speaks_for_no_grant(office: Office) -> None:
    """A jti without a grant in front is looked up among the revoked ones only."""
    accepted = office.tokens.accept(office.sign(jti="machine", aud=USERINFO), now=office.now)

    assert accepted.live is None
    with pytest.raises(InsufficientScope):
        office.userinfo(office.sign(jti="machine", aud=USERINFO))
