"""Refresh tokens: each once, and a second use ends the whole family."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.oidc.errors import InvalidGrant, InvalidScope, InvalidTarget, ProtocolError
from tests.unit.oidc.given import API, OTHER_API, USERINFO, a_grant
from tests.unit.oidc.office import APP, HEALTH, Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_refresh_token_buys_new_tokens_and_its_successor(office: Office) -> None:
    first = office.signed_in()
    office.now += timedelta(minutes=4)

    second = office.refresh(first["refresh_token"])

    assert second["refresh_token"] != first["refresh_token"]
    assert office.userinfo(second["access_token"])["sub"] == "subject-at-tax"
    assert office.refresh(second["refresh_token"])["access_token"]


def test_a_new_id_token_is_about_the_same_sign_in_and_has_no_nonce(office: Office) -> None:
    """Spec: OpenID Connect Core §12.2."""
    first = office.signed_in()
    office.now += timedelta(minutes=4)

    second = office.refresh(first["refresh_token"])

    old, new = (office.claims(answer["id_token"], "JWT") for answer in (first, second))
    assert [new[name] for name in ("iss", "sub", "aud", "auth_time", "acr")] == [
        old[name] for name in ("iss", "sub", "aud", "auth_time", "acr")
    ]
    assert new["iat"] == old["iat"] + 240
    assert "nonce" not in new


def test_a_second_use_ends_the_family(office: Office) -> None:
    """Spec: RFC 9700 §4.14.2: thief or owner, both lose."""
    first = office.signed_in()
    second = office.refresh(first["refresh_token"])

    with pytest.raises(InvalidGrant):
        office.refresh(first["refresh_token"])

    with pytest.raises(InvalidGrant):
        office.refresh(second["refresh_token"])
    assert office.introspect(second["access_token"]) == {"active": False}
    assert office.reused == [("refresh_token_reused", "gr_grant", "tax")]


def test_a_race_that_is_lost_counts_as_reuse(office: Office) -> None:
    first = office.signed_in()
    office.grants.loses_every_race = True

    with pytest.raises(InvalidGrant):
        office.refresh(first["refresh_token"])

    assert not office.has_grant(a_grant())


@pytest.mark.parametrize("by", [HEALTH, APP])
def test_a_refresh_token_of_another_client_is_refused_and_stays_good(office: Office, by: Any) -> None:
    first = office.signed_in()

    with pytest.raises(InvalidGrant):
        office.refresh(first["refresh_token"], by)

    assert office.refresh(first["refresh_token"])


@pytest.mark.parametrize("value", ["rt_unknown", "unknown", "ac_code", "rt_" + "x" * 200, "rt_税"])
def test_what_is_no_refresh_token_is_refused(office: Office, value: str) -> None:
    office.signed_in()

    with pytest.raises(InvalidGrant):
        office.refresh(value)


def test_a_refresh_token_lapses_unused_and_being_late_is_not_reuse(office: Office) -> None:
    tokens = office.signed_in(expires_at=office.now + timedelta(days=90))
    office.now += timedelta(days=14)

    with pytest.raises(InvalidGrant):
        office.refresh(tokens["refresh_token"])

    assert "gr_grant" not in office.grants.revoked
    assert office.reused == []


def test_a_refresh_token_ends_with_its_grant(office: Office) -> None:
    tokens = office.signed_in()
    office.now = a_grant().expires_at

    with pytest.raises(InvalidGrant):
        office.refresh(tokens["refresh_token"])


def test_a_revoked_grant_is_not_refreshed(office: Office) -> None:
    tokens = office.signed_in()
    office.grants.revoke("gr_grant", now=office.now)

    with pytest.raises(InvalidGrant):
        office.refresh(tokens["refresh_token"])


def test_less_may_be_asked_and_later_all_of_it_again(office: Office) -> None:
    """Spec: RFC 6749 §6: a narrower token narrows that token, not the grant."""
    first = office.signed_in()

    narrow = office.refresh(first["refresh_token"], scope="openid")
    wide = office.refresh(narrow["refresh_token"])

    assert narrow["scope"] == "openid"
    assert wide["scope"] == "openid profile email"


@pytest.mark.parametrize("scope", ["openid returns.write", "openid offline_access", "admin"])
def test_more_may_not_be_asked_and_asking_uses_nothing_up(office: Office, scope: str) -> None:
    first = office.signed_in()

    with pytest.raises(InvalidScope):
        office.refresh(first["refresh_token"], scope=scope)

    assert office.refresh(first["refresh_token"])


def test_another_granted_resource_may_be_chosen_each_time(office: Office) -> None:
    first = office.signed_in(resources=(API, OTHER_API))

    second = office.refresh(first["refresh_token"], resource=API)
    third = office.refresh(second["refresh_token"], resource=OTHER_API)

    audiences = [office.claims(answer["access_token"])["aud"] for answer in (first, second, third)]
    assert audiences == [USERINFO, API, OTHER_API]


def test_a_resource_that_was_not_granted_is_refused_and_uses_nothing_up(office: Office) -> None:
    first = office.signed_in()

    with pytest.raises(InvalidTarget):
        office.refresh(first["refresh_token"], resource=API)

    assert office.refresh(first["refresh_token"])


def test_a_missing_refresh_token_is_asked_for(office: Office) -> None:
    with pytest.raises(ProtocolError) as refused:
        office.token(grant_type="refresh_token")

    assert refused.value.code == "invalid_request"
