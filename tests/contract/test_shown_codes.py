"""Codes shown at counters: found while they can be redeemed, and one of all codes of a person is redeemed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.foundation.identifiers import digest
from idp.oidc.shown_code import LIFETIME, Redemption, Showing, StoredCode
from idp.oidc.vocabulary import AcrLevel
from tests.contract.region import MINUTE, NOW, Region, at_once, swept

SHOWING = Showing(
    id="showing-1",
    account_id="acct_ada",
    session_id="first",
    details=("name", "birthdate"),
    level=AcrLevel.TWO_FACTORS,
    auth_time=NOW - MINUTE,
    began_at=NOW,
)
AT_TAX = Redemption("tax", ("name",), NOW)


def a_code(name: str = "code", showing: Showing = SHOWING) -> StoredCode:
    return StoredCode(digest(name), digest(f"digits of {name}"), showing, NOW + LIFETIME)


@pytest.fixture
def ada(region: Region) -> Region:
    """Ada, signed in, with a code on her telephone; and a mini-app."""
    region.signed_in()
    assert region.stores.shown_codes.add(a_code())
    return region


def test_a_code_is_found_by_its_value_and_by_its_digits(ada: Region) -> None:
    codes = ada.stores.shown_codes

    found = codes.find(digest("code"), now=NOW)

    assert found is not None
    assert (found.stored, found.person) == (a_code(), {"name": "ada"})
    assert codes.find_by_digits(digest("digits of code"), now=NOW) == found
    assert codes.find(digest("digits of code"), now=NOW) is None
    assert codes.find_by_digits(digest("code"), now=NOW) is None


def test_a_code_lapses(ada: Region) -> None:
    codes, late = ada.stores.shown_codes, NOW + LIFETIME

    assert codes.find(digest("code"), now=late - timedelta(milliseconds=1)) is not None
    assert codes.find(digest("code"), now=late) is None
    assert codes.find_by_digits(digest("digits of code"), now=late) is None
    assert not codes.redeem(digest("code"), replace(AT_TAX, at=late))


def test_a_code_is_redeemed_once_and_says_by_whom(ada: Region) -> None:
    codes = ada.stores.shown_codes
    assert codes.redemption("showing-1", "acct_ada") is None

    assert codes.redeem(digest("code"), AT_TAX)

    assert not codes.redeem(digest("code"), AT_TAX)
    assert codes.find(digest("code"), now=NOW) is None
    assert codes.redemption("showing-1", "acct_ada") == AT_TAX
    assert codes.redemptions_of("acct_ada", 10) == (AT_TAX,)


def test_of_twenty_who_redeem_one_code_at_once_one_wins(ada: Region) -> None:
    answers = at_once(20, lambda _: ada.stores.shown_codes.redeem(digest("code"), AT_TAX))

    assert answers.count(True) == 1


def test_of_twenty_who_redeem_two_codes_of_one_person_at_once_one_wins(ada: Region) -> None:
    """The code before still works while somebody types it; that makes no second redemption."""
    codes = ada.stores.shown_codes
    assert codes.add(a_code("next"))

    answers = at_once(20, lambda index: codes.redeem(digest(("code", "next")[index % 2]), AT_TAX))

    assert answers.count(True) == 1
    assert len(codes.redemptions_of("acct_ada", 10)) == 1


def test_a_redeemed_showing_draws_no_further_code(ada: Region) -> None:
    codes = ada.stores.shown_codes
    assert codes.redeem(digest("code"), AT_TAX)

    assert not codes.add(a_code("next"))
    assert codes.find(digest("next"), now=NOW) is None
    assert codes.add(a_code("another", replace(SHOWING, id="showing-2")))


def test_the_same_digits_are_not_kept_twice(ada: Region) -> None:
    clash = replace(a_code("next"), digits_digest=digest("digits of code"))

    assert not ada.stores.shown_codes.add(clash)
    assert ada.stores.shown_codes.find(digest("next"), now=NOW) is None


def test_a_code_dies_with_its_session(ada: Region) -> None:
    assert ada.stores.sessions.end("first", "acct_ada", now=NOW)

    assert ada.stores.shown_codes.find(digest("code"), now=NOW) is None
    assert not ada.stores.shown_codes.redeem(digest("code"), AT_TAX)


def test_a_code_dies_with_its_account(ada: Region) -> None:
    assert ada.stores.accounts.set_active("acct_ada", False, now=NOW)

    assert ada.stores.shown_codes.find_by_digits(digest("digits of code"), now=NOW) is None
    assert not ada.stores.shown_codes.redeem(digest("code"), AT_TAX)


def test_nothing_is_left_of_codes_put_away(ada: Region) -> None:
    codes = ada.stores.shown_codes

    codes.end("acct_ada")

    assert codes.find(digest("code"), now=NOW) is None
    assert not codes.redeem(digest("code"), AT_TAX)
    assert codes.showing("showing-1", "acct_ada") is None


def test_putting_codes_away_keeps_what_was_redeemed(ada: Region) -> None:
    codes = ada.stores.shown_codes
    assert codes.redeem(digest("code"), AT_TAX)

    codes.end("acct_ada")

    assert codes.redemption("showing-1", "acct_ada") == AT_TAX


def test_a_showing_is_known_to_its_owner_alone(ada: Region) -> None:
    codes = ada.stores.shown_codes
    ada.add_account("bo")
    assert codes.redeem(digest("code"), AT_TAX)

    assert codes.showing("showing-1", "acct_ada") == SHOWING
    for showing, account in (("showing-1", "acct_bo"), ("showing-2", "acct_ada"), ("\0", "acct_ada")):
        assert codes.showing(showing, account) is None
        assert codes.redemption(showing, account) is None
    assert codes.redemptions_of("acct_bo", 10) == ()


def test_an_unknown_code_is_redeemed_by_nobody(ada: Region) -> None:
    assert not ada.stores.shown_codes.redeem(digest("unknown"), AT_TAX)


def test_a_lapsed_code_is_swept_after_a_month(ada: Region) -> None:
    sweep = ada.stores.housekeeping.sweep

    assert swept(sweep(now=NOW + timedelta(days=29))) == {}
    assert swept(sweep(now=NOW + timedelta(days=30) + LIFETIME + MINUTE))["shown_codes"] == 1
