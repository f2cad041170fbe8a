"""What the machine finds in a submission, a slip or an attack a line."""

from __future__ import annotations

from typing import Any

import pytest

from idp.registry.finding import Rule, Severity
from idp.registry.submission_checks import Neighbour, errors_of, findings_of
from tests.unit.registry.submissions import BOTH, LAW, around, submission


def found(surroundings: dict[str, Any] | None = None, **changes: Any) -> set[tuple[Rule, str]]:
    findings = findings_of(submission(**changes), around(**(surroundings or {})))
    return {(finding.rule, finding.field) for finding in findings}


def test_an_ordinary_submission_has_no_finding() -> None:
    assert found() == set()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"name": {"en": "Tax"}}, (Rule.TWO_LANGUAGES, "name.zh-CN")),
        ({"description": {"zh-CN": "税"}}, (Rule.TWO_LANGUAGES, "description.en")),
        ({"privacy_summary": {"zh-CN": "税", "en": " "}}, (Rule.TWO_LANGUAGES, "privacy_summary.en")),
        ({"description": {"zh-CN": "税", "en": "x" * 401}}, (Rule.TEXT, "description.en")),
        ({"contact": "call\u202eus"}, (Rule.TEXT, "contact")),
        ({"homepage": "http://tax.example/"}, (Rule.ADDRESS, "homepage")),
        ({"homepage": "javascript:alert(1)"}, (Rule.ADDRESS, "homepage")),
        ({"policy_uri": ""}, (Rule.PRIVACY, "policy_uri")),
        ({"policy_uri": "javascript:alert(1)"}, (Rule.REGISTRATION, "policy_uri")),
        ({"redirect_uris": []}, (Rule.REGISTRATION, "redirect_uris")),
        ({"redirect_uris": ["http://tax.example/"]}, (Rule.REGISTRATION, "redirect_uris")),
        ({"redirect_uris": ["https://elsewhere.example/cb"]}, (Rule.OWN_DOMAIN, "redirect_uris")),
        ({"client_id": "a b"}, (Rule.REGISTRATION, "client_id")),
        ({"auth_method": "private_key_jwt"}, (Rule.REGISTRATION, "jwks")),
        ({"profile": "compat"}, (Rule.REGISTRATION, "profile")),
        ({"logo": None}, (Rule.LOGO, "logo")),
        (
            {"claims": {"email": {"purpose": BOTH, "legal_basis": LAW}}},
            (Rule.CLAIM_UNASKED, "claims.email"),
        ),
        (
            {"claims": {"birthdate": {"purpose": {"en": "x"}, "legal_basis": LAW}}},
            (Rule.CLAIM_REASON, "claims.birthdate.purpose.zh-CN"),
        ),
        (
            {"claims": {"birthdate": {"purpose": BOTH}}},
            (Rule.CLAIM_REASON, "claims.birthdate.legal_basis.en"),
        ),
        (
            {"claims": {"gender": {"purpose": BOTH, "legal_basis": LAW}}},
            (Rule.CLAIM_UNUSUAL, "claims.gender"),
        ),
    ],
)
def test_each_slip_is_found_where_it_is(changes: dict[str, Any], finding: tuple[Rule, str]) -> None:
    assert finding in found(**changes)


def test_what_others_have_in_common_with_it_is_found() -> None:
    other = Neighbour("tax-2", "Income Tax")
    around_it = {
        "alike": (other, Neighbour("tax-3", "lncome Tax")),
        "with_same_key": (other,),
        "unusable_keys": (1,),
        "is_id_taken": True,
        "has_logo": False,
    }

    assert found(around_it) == {
        (Rule.NAME_TAKEN, "name"),
        (Rule.NAME_ALIKE, "name"),
        (Rule.KEY_SHARED, "jwks"),
        (Rule.KEY_UNUSABLE, "jwks"),
        (Rule.ID_TAKEN, "client_id"),
        (Rule.LOGO, "logo"),
    }


def test_what_has_honest_exceptions_stands_in_nobodys_way() -> None:
    findings = findings_of(
        submission(
            redirect_uris=["https://elsewhere.example/cb"],
            claims={"gender": {"purpose": BOTH, "legal_basis": LAW}},
        ),
        around(alike=(Neighbour("tax-2", "Income Tax"),)),
    )

    assert len(findings) == 3
    assert errors_of(findings) == ()
    assert {finding.severity for finding in findings} == {Severity.WARNING}
