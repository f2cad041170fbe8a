"""A code for tokens, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.foundation.identifiers import digest
from idp.oidc.errors import InvalidGrant, InvalidRequest, InvalidTarget, ProtocolError
from idp.oidc.token.redeem_code import MAX_FAILURES
from idp.oidc.vocabulary import GrantType
from tests.unit.oidc.given import API, CALLBACK, OTHER_API, USERINFO, a_client, a_grant
from tests.unit.oidc.office import APP, HEALTH, TAX, Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_code_buys_three_tokens(office: Office) -> None:
    answer = office.redeem(office.issue_code())

    assert answer["token_type"] == "Bearer"
    assert answer["refresh_token"].startswith("rt_")
    assert office.claims(answer["access_token"])["aud"] == USERINFO
    assert office.claims(answer["id_token"], "JWT")["nonce"] == "the-nonce"
    assert office.userinfo(answer["access_token"])["sub"] == "subject-at-tax"


def test_a_code_cannot_be_redeemed_twice(office: Office) -> None:
    """Reuse is refused and everything the first use produced is revoked (RFC 6749 §4.1.2)."""
    code = office.issue_code()
    first = office.redeem(code)

    with pytest.raises(InvalidGrant):
        office.redeem(code)

    assert not office.has_grant(a_grant())
    assert office.introspect(first["access_token"]) == {"active": False}
    with pytest.raises(InvalidGrant):
        office.refresh(first["refresh_token"])
    assert office.reused == [("code_reused", "gr_grant", "tax")]


def test_reuse_is_told_to_the_audit_once(office: Office) -> None:
    code = office.issue_code()
    office.redeem(code)

    for _ in range(3):
        with pytest.raises(InvalidGrant):
            office.redeem(code)

    assert len(office.reused) == 1


def test_a_race_that_is_lost_counts_as_reuse(office: Office) -> None:
    code = office.issue_code()
    office.grants.add(a_grant())
    office.codes.loses_every_race = True

    with pytest.raises(InvalidGrant):
        office.redeem(code)

    assert not office.has_grant(a_grant())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": None}, InvalidRequest),
        ({"code": ["ac_code", "ac_code"]}, InvalidRequest),
        ({"code": "ac_other"}, InvalidGrant),
        ({"code": "code"}, InvalidGrant),
        ({"code": "rt_code"}, InvalidGrant),
        ({"code": "tx_code"}, InvalidGrant),
        ({"code": "AC_code"}, InvalidGrant),
        ({"code": "ac_" + "x" * 200}, InvalidGrant),
        ({"code": "ac_税"}, InvalidGrant),
        ({"redirect_uri": None}, InvalidGrant),
        ({"redirect_uri": CALLBACK + "/"}, InvalidGrant),
        ({"redirect_uri": "https://evil.example/税"}, InvalidGrant),
        ({"redirect_uri": [CALLBACK, CALLBACK]}, InvalidRequest),
        ({"code_verifier": None}, InvalidGrant),
        ({"code_verifier": "w" * 43}, InvalidGrant),
        ({"code_verifier": "short"}, InvalidGrant),
        ({"resource": API}, InvalidTarget),
        ({"resource": [API, OTHER_API]}, InvalidTarget),
    ],
)
def test_a_failed_check_consumes_nothing(
    office: Office, changes: dict[str, str | list[str] | None], error: type[ProtocolError]
) -> None:
    office.issue_code()

    with pytest.raises(error):
        office.redeem(**changes)

    assert not office.grants.grants
    assert office.redeem()["id_token"]


def test_three_failures_kill_a_code(office: Office) -> None:
    office.issue_code()
    for _ in range(MAX_FAILURES):
        with pytest.raises(InvalidGrant):
            office.redeem(code_verifier="w" * 43)

    with pytest.raises(InvalidGrant):
        office.redeem()

    assert not office.grants.grants


def test_a_code_is_for_the_client_that_it_was_issued_to(office: Office) -> None:
    office.issue_code()

    for thief in (HEALTH, APP):
        with pytest.raises(InvalidGrant):
            office.redeem(by=thief)

    assert not office.grants.grants


def test_a_code_lapses_and_being_late_is_not_reuse(office: Office) -> None:
    office.issue_code()
    office.grants.add(a_grant())
    office.now += timedelta(seconds=60)

    with pytest.raises(InvalidGrant):
        office.redeem()

    assert office.has_grant(a_grant())
    assert office.reused == []


def test_a_disabled_account_gets_nothing_for_its_code(office: Office) -> None:
    office.issue_code()
    office.codes.change(digest("ac_code"), is_account_active=False)

    with pytest.raises(InvalidGrant):
        office.redeem()


def test_no_refresh_token_for_a_client_that_cannot_use_one(office: Office) -> None:
    modest = replace(TAX, grant_types=frozenset({GrantType.AUTHORIZATION_CODE}))
    office.clients.clients["tax"] = modest

    answer = office.redeem(office.issue_code(), modest)

    assert "refresh_token" not in answer
    assert not office.grants.refresh_tokens


def test_the_one_resource_granted_is_the_audience(office: Office) -> None:
    answer = office.redeem(office.issue_code(resources=(API,)))

    assert office.claims(answer["access_token"])["aud"] == API


def test_of_several_resources_one_is_chosen_at_the_counter(office: Office) -> None:
    answer = office.redeem(office.issue_code(resources=(API, OTHER_API)), resource=OTHER_API)

    assert office.claims(answer["access_token"])["aud"] == OTHER_API


def test_without_a_nonce_in_the_request_there_is_none_in_the_token(office: Office) -> None:
    answer = office.redeem(office.issue_code(nonce=None))

    assert "nonce" not in office.claims(answer["id_token"], "JWT")


def test_a_public_client_redeems_with_its_verifier_alone(office: Office) -> None:
    answer = office.redeem(office.issue_code(client_id="app"), by=APP)

    assert office.claims(answer["access_token"])["client_id"] == "app"


def test_the_answers_do_not_tell_an_unknown_code_from_a_used_or_foreign_one(office: Office) -> None:
    office.issue_code()
    office.issue_code("ac_used", id="gr_used")
    office.redeem("ac_used")

    answers = set()
    for code, by in (("ac_unknown", TAX), ("ac_code", HEALTH), ("ac_used", TAX)):
        with pytest.raises(InvalidGrant) as refused:
            office.redeem(code, by)
        answers.add(refused.value.description)

    assert len(answers) == 1


def test_a_client_may_use_only_the_grants_it_registered(office: Office) -> None:
    office.clients.clients["tax"] = a_client(grant_types=frozenset({GrantType.CLIENT_CREDENTIALS}))

    with pytest.raises(ProtocolError) as refused:
        office.redeem(office.issue_code())

    assert refused.value.code == "unauthorized_client"
