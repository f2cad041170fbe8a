"""Agreements: added to, never lost between two windows, withdrawn with all that was made under them."""

from __future__ import annotations

from functools import partial

import pytest

from idp.accounts.consent import Consent
from idp.foundation.identifiers import digest
from tests.contract.region import MINUTE, NOW, Region, at_once, code_for, race

OPENID = frozenset({"openid"})


def test_an_agreement_is_listed(region: Region) -> None:
    account, _, _ = region.signed_in()

    region.stores.consents.agree(account.id, "tax", OPENID, frozenset({"name", "birthdate"}), now=NOW)

    assert region.stores.consents.list_of(account.id) == (
        Consent(account.id, "tax", OPENID, frozenset({"name", "birthdate"}), NOW),
    )
    assert region.stores.consents.list_of("acct_bo") == ()


def test_agreeing_again_adds_to_what_was_agreed(region: Region) -> None:
    account, _, _ = region.signed_in()
    region.stores.consents.agree(account.id, "tax", OPENID, frozenset({"name"}), now=NOW)

    region.stores.consents.agree(
        account.id, "tax", frozenset({"email"}), frozenset({"email"}), now=NOW + MINUTE
    )

    assert region.stores.consents.list_of(account.id) == (
        Consent(
            account.id, "tax", frozenset({"openid", "email"}), frozenset({"name", "email"}), NOW + MINUTE
        ),
    )


def test_agreements_made_at_once_are_all_kept(region: Region) -> None:
    account, _, _ = region.signed_in()

    race(
        *(
            partial(region.stores.consents.agree, account.id, "tax", frozenset({scope}), frozenset(), now=NOW)
            for scope in "abcdefgh"
        )
    )

    (found,) = region.stores.consents.list_of(account.id)
    assert found.scopes == frozenset("abcdefgh")


def test_agreements_are_listed_latest_first(region: Region) -> None:
    account, _, _ = region.signed_in()
    region.add_client("parking")
    region.stores.consents.agree(account.id, "tax", OPENID, frozenset(), now=NOW)
    region.stores.consents.agree(account.id, "parking", OPENID, frozenset(), now=NOW + MINUTE)

    assert [found.client_id for found in region.stores.consents.list_of(account.id)] == ["parking", "tax"]


def test_what_was_taken_back_is_remembered_until_the_person_agrees_again(region: Region) -> None:
    account, _, _ = region.signed_in()
    consents = region.stores.consents
    before = consents.was_withdrawn(account.id, "tax")
    consents.agree(account.id, "tax", OPENID, frozenset(), now=NOW)
    agreed = consents.was_withdrawn(account.id, "tax")
    consents.withdraw(account.id, "tax", now=NOW)
    withdrawn = consents.was_withdrawn(account.id, "tax")
    consents.agree(account.id, "tax", OPENID, frozenset(), now=NOW + MINUTE)

    assert (before, agreed, withdrawn) == (False, False, True)
    assert not consents.was_withdrawn(account.id, "tax")
    assert not consents.was_withdrawn(account.id, "parking")


def test_withdrawing_ends_the_agreement_and_every_grant_under_it(region: Region) -> None:
    account, _, session = region.signed_in()
    region.add_client("parking")
    region.stores.consents.agree(account.id, "tax", OPENID, frozenset(), now=NOW)
    offline = region.add_grant("offline", session, refresh="offline", offline=True)
    elsewhere = region.add_grant("elsewhere", session, client_id="parking")
    region.stores.codes.add(digest("waiting"), code_for(session, "waiting"))

    assert region.stores.consents.withdraw(account.id, "tax", now=NOW)

    assert region.stores.consents.list_of(account.id) == ()
    assert region.stores.grants.find_live(offline.id, "jti", now=NOW) is None
    assert region.stores.codes.find(digest("waiting")) is None
    assert region.stores.grants.find_live(elsewhere.id, "jti", now=NOW) is not None


def test_an_agreement_is_withdrawn_once(region: Region) -> None:
    account, _, _ = region.signed_in()
    region.stores.consents.agree(account.id, "tax", OPENID, frozenset(), now=NOW)

    answers = at_once(5, lambda _: region.stores.consents.withdraw(account.id, "tax", now=NOW))

    assert answers.count(True) == 1
    assert not region.stores.consents.withdraw(account.id, "parking", now=NOW)


def test_an_agreement_after_a_withdrawal_begins_afresh(region: Region) -> None:
    account, _, _ = region.signed_in()
    region.stores.consents.agree(account.id, "tax", OPENID, frozenset({"name"}), now=NOW)
    region.stores.consents.withdraw(account.id, "tax", now=NOW)

    region.stores.consents.agree(account.id, "tax", OPENID, frozenset({"email"}), now=NOW + MINUTE)

    (found,) = region.stores.consents.list_of(account.id)
    assert found.claims == frozenset({"email"})


@pytest.mark.parametrize("client_id", ["a\0b", "\ud800", "x" * 100_000])
def test_withdrawing_from_a_client_that_cannot_exist_withdraws_nothing(
    region: Region, client_id: str
) -> None:
    assert not region.stores.consents.withdraw("acct_ada", client_id, now=NOW)
