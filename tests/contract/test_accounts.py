"""Accounts: every name as it was written, every identifier one person's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.accounts.person import RealNameAssurance, UsernameTaken
from idp.foundation.identifiers import digest
from tests.contract.region import NOW, Region, at_once, code_for

RARE = ("𬭚", "𠮷野家", "王𫍯", "古丽巴哈尔·阿卜杜热依木·" * 10, "ئابدۇرەھىم", "a" * 150, "e\u0301", "👩‍👩‍👧")


def test_an_account_is_found_as_it_was_kept(region: Region) -> None:
    account = region.add_account(
        "ada", email="ada@mail.example", email_verified=True, address={"country": "CN"}
    )

    assert region.stores.accounts.find_by_id(account.id) == account
    assert region.stores.accounts.find_by_id("acct_unknown") is None


@pytest.mark.parametrize("name", RARE)
def test_rare_and_long_names_come_back_unchanged(region: Region, name: str) -> None:
    account = region.add_account(name, family_name=name)

    by_name = region.stores.accounts.find_by_identifier(name)
    session = region.add_session(account, name)

    assert by_name == account
    found = region.stores.sessions.list_of(account.id, now=NOW)
    assert found == (session,)


def test_names_that_look_alike_belong_to_different_people(region: Region) -> None:
    for name in ("é", "e\u0301", "E", "e", "𠮷", "吉"):
        region.add_account(name)

    assert region.stores.accounts.find_by_identifier("𠮷") != region.stores.accounts.find_by_identifier("吉")
    assert len(region.stores.accounts.search("", 10)) == 6


def test_an_account_is_found_by_each_of_its_identifiers(region: Region) -> None:
    account = region.add_account(identifiers=("ada", "ada@mail.example", "+8613800000001", "ada"))

    for identifier in ("ada", "ada@mail.example", "+8613800000001"):
        assert region.stores.accounts.find_by_identifier(identifier) == account
    assert region.stores.accounts.find_by_identifier("bo") is None


@pytest.mark.parametrize("typed", ["a\0b", "\ud800", "x" * 100_000, ""])
def test_whatever_is_typed_as_identifier_is_looked_up_without_failing(region: Region, typed: str) -> None:
    assert region.stores.accounts.find_by_identifier(typed) is None


def test_a_taken_username_is_refused_and_leaves_nothing(region: Region) -> None:
    account = region.add_account()

    with pytest.raises(UsernameTaken):
        region.add_account("ada", identifiers=("new@mail.example",))

    assert region.stores.accounts.find_by_identifier("new@mail.example") is None
    assert region.stores.accounts.find_by_identifier("ada") == account


def test_a_taken_identifier_is_refused_and_leaves_nothing(region: Region) -> None:
    region.add_account(identifiers=("ada", "shared@mail.example"))

    with pytest.raises(UsernameTaken):
        region.add_account("bo", identifiers=("bo", "shared@mail.example"))

    assert region.stores.accounts.find_by_id("acct_bo") is None
    assert region.stores.accounts.find_by_identifier("bo") is None


def test_of_ten_who_register_one_name_at_once_one_gets_it(region: Region) -> None:
    def register(index: int) -> bool:
        try:
            region.add_account(f"person {index}", identifiers=("wanted", f"person {index}"))
        except UsernameTaken:
            return False
        return True

    assert at_once(10, register).count(True) == 1
    assert len(region.stores.accounts.search("", 20)) == 1


def test_accounts_are_searched_in_order_a_page_at_a_time(region: Region) -> None:
    for name in ("bo", "ada", "𠮷", "Zoe", "吉"):
        region.add_account(name)

    first = region.stores.accounts.search("", 3)
    second = region.stores.accounts.search(first[-1].username, 3)

    # By code point, on every database: capital letters first, characters beyond the basic plane last.
    assert [account.username for account in first + second] == ["Zoe", "ada", "bo", "吉", "𠮷"]


def test_claims_are_replaced_as_a_whole(region: Region) -> None:
    account = region.add_account(nickname="A")

    changed = replace(account, claims={"name": "Ada 王𫍯"}, assurance=RealNameAssurance.IN_PERSON)
    region.stores.accounts.set_claims(changed, ("ada",))

    found = region.stores.accounts.find_by_id(account.id)
    assert found is not None
    assert (found.claims, found.assurance) == ({"name": "Ada 王𫍯"}, RealNameAssurance.IN_PERSON)


def test_a_person_signs_in_with_what_is_verified_now_and_with_nothing_else(region: Region) -> None:
    account = region.add_account("ada")
    region.stores.accounts.set_claims(account, ("ada", "old@mail.example"))

    region.stores.accounts.set_claims(account, ("ada", "new@mail.example"))

    assert region.stores.accounts.find_by_identifier("old@mail.example") is None
    found = region.stores.accounts.find_by_identifier("new@mail.example")
    assert found is not None
    assert found.id == account.id


def test_nobody_takes_over_the_identifier_of_another(region: Region) -> None:
    region.add_account("bo")
    account = region.add_account("ada")
    changed = replace(account, claims={"name": "Mallory"})

    with pytest.raises(UsernameTaken):
        region.stores.accounts.set_claims(changed, ("ada", "bo"))

    assert region.stores.accounts.find_by_id(account.id) == account


def test_disabling_an_account_ends_its_sessions_codes_and_grants(region: Region) -> None:
    account, _, session = region.signed_in()
    offline = region.add_grant("offline", session, offline=True)
    region.stores.codes.add(digest("waiting"), code_for(session, "waiting"))

    assert region.stores.accounts.set_active(account.id, False, now=NOW)

    assert region.stores.sessions.list_of(account.id, now=NOW) == ()
    assert region.stores.codes.find(digest("waiting")) is None
    assert region.stores.grants.find_live(offline.id, "jti", now=NOW) is None


def test_what_ended_with_an_account_stays_ended_when_it_is_enabled_again(region: Region) -> None:
    account, _, session = region.signed_in()
    grant = region.add_grant("code", session, offline=True)
    region.stores.accounts.set_active(account.id, False, now=NOW)

    assert region.stores.accounts.set_active(account.id, True, now=NOW + timedelta(minutes=1))

    assert region.stores.sessions.list_of(account.id, now=NOW) == ()
    assert region.stores.grants.find_live(grant.id, "jti", now=NOW) is None


def test_switching_an_account_says_who_changed_it(region: Region) -> None:
    account = region.add_account()

    assert not region.stores.accounts.set_active(account.id, True, now=NOW)
    answers = at_once(5, lambda _: region.stores.accounts.set_active(account.id, False, now=NOW))

    assert answers.count(True) == 1
