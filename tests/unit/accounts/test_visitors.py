"""What is kept of a visitor: what their region said, for what was asked."""

from __future__ import annotations

from typing import Any

from idp.accounts.person import RealNameAssurance
from idp.accounts.visitors import is_visitor, new_visitor, refreshed
from idp.foundation.entropy import SystemEntropy
from idp.oidc.claims import ALL_CLAIMS
from tests.support.clock import START
from tests.support.provider import EVERY_CLAIM


def told(asked: tuple[str, ...], claims: dict[str, Any], before: dict[str, Any] | None = None) -> Any:
    account = new_visitor(SystemEntropy(), now=START)
    if before:
        account, _ = refreshed(account, tuple(before), before, now=START)
    return refreshed(account, asked, claims, now=START)


def test_a_visitor_begins_without_claims_and_nobody_can_have_their_name() -> None:
    account = new_visitor(SystemEntropy(), now=START)

    assert account.claims == {}
    assert is_visitor(account.username)
    assert " " in account.username


def test_every_claim_that_a_region_releases_can_be_kept() -> None:
    account, unfit = told(ALL_CLAIMS, EVERY_CLAIM)

    assert unfit == ()
    assert account.claims == EVERY_CLAIM
    assert account.assurance is RealNameAssurance.IN_PERSON


def test_what_was_asked_and_not_told_is_forgotten() -> None:
    account, _ = told(("phone_number", "name"), {"name": "Bo"}, {"phone_number": "+8613800000001"})

    assert account.claims == {"name": "Bo"}


def test_what_was_not_asked_stays() -> None:
    account, _ = told(("name",), {"name": "Bo", "nickname": "unasked"}, {"nickname": "before"})

    assert account.claims == {"name": "Bo", "nickname": "before"}


def test_what_does_not_fit_is_named_and_left_out() -> None:
    claims = {
        "name": "a\u202eb",
        "picture": "javascript:alert(1)",
        "updated_at": True,
        "real_name_assurance": 3,
        "email_verified": "yes",
    }

    account, unfit = told(tuple(claims), claims)

    assert account.claims == {}
    assert set(unfit) == set(claims)
    assert account.assurance is RealNameAssurance.SELF_ASSERTED


def test_nothing_is_verified_that_is_not_there() -> None:
    account, _ = told(("email", "email_verified"), {"email_verified": True})

    assert account.claims == {}
