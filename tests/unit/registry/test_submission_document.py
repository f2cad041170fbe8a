"""Submissions as documents: read strictly, and written so that reading gives the same."""

from __future__ import annotations

from typing import Any

import pytest

from idp.registry.finding import BadSubmission, Rule
from idp.registry.submission_document import document_of, read_submission
from tests.unit.registry.applications import P256_KEY
from tests.unit.registry.submissions import document, submission


def faults(changes: dict[str, Any], organisation: str | None = None) -> set[tuple[Rule, str]]:
    with pytest.raises(BadSubmission) as refused:
        read_submission({**document(), **changes}, organisation)
    return {(finding.rule, finding.field) for finding in refused.value.findings}


def test_what_is_written_is_read_as_the_same() -> None:
    whole = submission(
        auth_method="private_key_jwt",
        grant_types=["authorization_code", "refresh_token"],
        jwks={"keys": [P256_KEY]},
        tos_uri="https://tax.example/terms",
        dpop_bound_access_tokens=True,
        profile="fapi2",
        logo=None,
    )

    assert read_submission(document_of(whole), None) == whole


def test_a_member_that_nobody_knows_is_refused_by_name() -> None:
    assert faults({"redirect_uri": "https://tax.example"}) == {(Rule.UNKNOWN_FIELD, "redirect_uri")}
    assert faults({"enabled": True, "region": "east"}) == {
        (Rule.UNKNOWN_FIELD, "enabled"),
        (Rule.UNKNOWN_FIELD, "region"),
    }


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"client_id": 7}, (Rule.WRONG_TYPE, "client_id")),
        ({"name": "Tax"}, (Rule.WRONG_TYPE, "name")),
        ({"name": {"en": ["Tax"]}}, (Rule.WRONG_TYPE, "name")),
        ({"redirect_uris": "https://tax.example"}, (Rule.WRONG_TYPE, "redirect_uris")),
        ({"scopes": [1]}, (Rule.WRONG_TYPE, "scopes")),
        ({"native": "yes"}, (Rule.WRONG_TYPE, "native")),
        ({"jwks": []}, (Rule.WRONG_TYPE, "jwks")),
        ({"claims": []}, (Rule.WRONG_TYPE, "claims")),
        ({"claims": {"birthdate": "why not"}}, (Rule.WRONG_TYPE, "claims.birthdate")),
        ({"claims": {"birthdate": {"reason": {}}}}, (Rule.UNKNOWN_FIELD, "claims.birthdate.reason")),
        ({"category": "gambling"}, (Rule.UNKNOWN_WORD, "category")),
        ({"auth_method": "password"}, (Rule.UNKNOWN_WORD, "auth_method")),
        ({"grant_types": ["implicit"]}, (Rule.UNKNOWN_WORD, "grant_types")),
    ],
)
def test_each_fault_says_which_member_it_is_in(changes: dict[str, Any], fault: tuple[Rule, str]) -> None:
    assert fault in faults(changes)


def test_every_fault_is_told_at_once() -> None:
    assert len(faults({"name": 1, "category": "x", "scopes": 2, "spare": 3})) == 4


def test_a_member_that_is_missing_is_named() -> None:
    with pytest.raises(BadSubmission) as refused:
        read_submission({}, None)

    missing = {finding.field for finding in refused.value.findings}
    assert {"client_id", "name", "organisation", "homepage", "contact", "policy_uri"} <= missing


def test_an_organisation_that_is_not_ones_own_is_refused() -> None:
    assert faults({}, "West Office") == {(Rule.ORGANISATION, "organisation")}


def test_a_developer_need_not_say_for_whom() -> None:
    read = read_submission(document(organisation=None), "East Tax Service")

    assert read.application.organisation == "East Tax Service"


def test_a_hostile_value_is_shown_cut_off() -> None:
    with pytest.raises(BadSubmission) as refused:
        read_submission(document(category="<script>" + "a" * 9_000), None)

    assert len(refused.value.findings[0].value) <= 200
