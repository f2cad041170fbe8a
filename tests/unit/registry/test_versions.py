"""What differs between two versions, and whether that takes two people."""

from __future__ import annotations

from typing import Any

import pytest

from idp.registry.reasons import BadReason, Reason, read_reasons, written
from idp.registry.versions import HARMLESS, differences, digest_of, is_harmless
from tests.unit.registry.applications import P256_KEY
from tests.unit.registry.submissions import BOTH, LAW, submission

DANGEROUS: dict[str, Any] = {
    "redirect_uris": ["https://evil.tax.example/cb"],
    "post_logout_redirect_uris": ["https://tax.example/bye"],
    "name": {"zh-CN": "医保", "en": "Health"},
    "logo": "1" * 64,
    "homepage": "https://www.tax.example/",
    "policy_uri": "https://tax.example/other",
    "scopes": ["openid", "profile", "email"],
    "claims": {"birthdate": {"purpose": LAW, "legal_basis": LAW}},
    "jwks": {"keys": [P256_KEY]},
    "auth_method": "none",
    "profile": "fapi2",
    "grant_types": ["authorization_code", "refresh_token"],
    "backchannel_logout_uri": "https://tax.example/out",
    "audiences": ["https://tax.example/api"],
    "resources": ["https://tax.example/api"],
    "tos_uri": "https://tax.example/terms",
    "sector_identifier_uri": "https://tax.example/sector",
    "signing_alg": "EdDSA",
    "subject_type": "public",
    "native": True,
    "dpop_bound_access_tokens": True,
    "require_signed_request_object": True,
    "require_pushed_authorization_requests": True,
    "backchannel_logout_session_required": True,
}


@pytest.mark.parametrize("member", sorted(DANGEROUS))
def test_what_people_or_the_protocol_rely_on_takes_two_people(member: str) -> None:
    after = submission(**{member: DANGEROUS[member]})

    assert [each.member for each in differences(submission(), after)] == [member]
    assert not is_harmless(submission(), after)
    assert digest_of(after) != digest_of(submission())


def test_words_that_nobody_relies_on_do_not() -> None:
    after = submission(description=BOTH, privacy_summary=BOTH, contact="By post", category="other")

    assert {each.member for each in differences(submission(), after)} == HARMLESS
    assert is_harmless(submission(), after)


def test_a_first_version_is_never_harmless() -> None:
    assert not is_harmless(None, submission())
    assert {"name", "redirect_uris", "claims"} <= {each.member for each in differences(None, submission())}


def test_reasons_come_back_as_they_were_given() -> None:
    reasons = (Reason("claims.birthdate.purpose", "Say which\nallowance."), Reason("logo", "Too dark"))

    assert read_reasons(written(reasons)) == (
        Reason("claims.birthdate.purpose", "Say which allowance."),
        Reason("logo", "Too dark"),
    )


@pytest.mark.parametrize(
    "reasons",
    [
        (),
        (Reason("", "why"),),
        (Reason("mood", "why"),),
        (Reason("logo", ""),),
        (Reason("logo", "x" * 1001),),
    ],
)
def test_a_reason_names_a_field_and_what_to_do(reasons: tuple[Reason, ...]) -> None:
    with pytest.raises(BadReason):
        written(reasons)
