"""Passkeys: one owner for each id, counters that only one use moves, gone with their line; offers counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from idp.authn.authenticators import Authenticator
from idp.authn.factors.passkey_offers import Offer
from idp.authn.factors.passkey_values import Passkey, PasskeyTaken
from idp.oidc.proofs import Method, Property
from tests.contract.region import MINUTE, NOW, Region, at_once

LINE = Authenticator(
    account_id="acct_ada",
    id="passkey-one",
    method=Method.PASSKEY,
    properties=frozenset({Property.POSSESSION, Property.PHISHING_RESISTANT}),
    label="My phone",
    created_at=NOW,
)
KEY = Passkey(
    credential_id=b"\0credential\xff",
    account_id="acct_ada",
    authenticator_id="passkey-one",
    public_key=b"\0" * 2_700,
    sign_count=0,
    is_backup_eligible=False,
    is_backed_up=False,
    aaguid="00000000-0000-0000-0000-000000000000",
    transports=("internal", "hybrid"),
)


@pytest.fixture
def ada(region: Region) -> Region:
    """A region with one person who has one passkey."""
    region.add_account()
    region.stores.passkeys.add(KEY, LINE)
    return region


def test_a_passkey_is_kept_with_its_line(ada: Region) -> None:
    assert ada.stores.passkeys.find(KEY.credential_id) == KEY
    assert ada.stores.passkeys.of("acct_ada") == (KEY,)
    assert ada.stores.authenticators.of("acct_ada") == (LINE,)


def test_an_unknown_id_finds_nothing(ada: Region) -> None:
    assert ada.stores.passkeys.find(b"") is None
    assert ada.stores.passkeys.find(KEY.credential_id + b"\0") is None
    assert ada.stores.passkeys.of("acct_unknown") == ()


def test_a_credential_id_has_one_owner_in_the_whole_region(ada: Region) -> None:
    """WebAuthn Level 3 §7.1 step 26: else somebody could make another's key open their own account, or the reverse."""
    ada.add_account("bo")
    theirs = replace(KEY, account_id="acct_bo", authenticator_id="passkey-two")

    with pytest.raises(PasskeyTaken):
        ada.stores.passkeys.add(theirs, replace(LINE, account_id="acct_bo", id="passkey-two"))

    assert ada.stores.passkeys.find(KEY.credential_id) == KEY
    assert ada.stores.authenticators.of("acct_bo") == ()


def test_of_ten_who_enrol_one_credential_at_once_one_wins(region: Region) -> None:
    for number in range(10):
        region.add_account(f"person{number}")

    def enrol(number: int) -> bool:
        account_id = f"acct_person{number}"
        try:
            region.stores.passkeys.add(
                replace(KEY, account_id=account_id), replace(LINE, account_id=account_id)
            )
        except PasskeyTaken:
            return False
        return True

    assert at_once(10, enrol).count(True) == 1
    lines = [region.stores.authenticators.of(f"acct_person{number}") for number in range(10)]
    assert sum(map(len, lines)) == 1


def test_a_passkey_goes_with_its_line(ada: Region) -> None:
    ada.stores.authenticators.add(replace(LINE, id="password", method=Method.PASSWORD))

    assert ada.stores.authenticators.remove("acct_ada", "passkey-one", now=NOW)

    assert ada.stores.passkeys.find(KEY.credential_id) is None


def test_a_counter_is_moved_by_who_saw_it_last(ada: Region) -> None:
    use = ada.stores.passkeys.use

    assert use(KEY, sign_count=7, is_backed_up=True, now=NOW + MINUTE)
    assert not use(KEY, sign_count=9, is_backed_up=False, now=NOW + 2 * MINUTE)

    found = ada.stores.passkeys.find(KEY.credential_id)
    assert found is not None
    assert (found.sign_count, found.is_backed_up) == (7, True)
    assert ada.stores.authenticators.of("acct_ada") == (replace(LINE, last_used_at=NOW + MINUTE),)


def test_a_suspended_passkey_is_not_used(ada: Region) -> None:
    ada.stores.authenticators.add(replace(LINE, id="password", method=Method.PASSWORD))
    ada.stores.authenticators.suspend("acct_ada", "passkey-one", now=NOW)

    assert not ada.stores.passkeys.use(KEY, sign_count=7, is_backed_up=True, now=NOW)

    assert ada.stores.passkeys.find(KEY.credential_id) == KEY


def test_of_twenty_uses_of_one_count_at_once_one_is_noted(ada: Region) -> None:
    answers = at_once(
        20,
        lambda _: ada.stores.passkeys.use(KEY, sign_count=1, is_backed_up=False, now=NOW),
    )

    assert answers.count(True) == 1


def test_offers_are_noted_and_skips_counted(ada: Region) -> None:
    offers = ada.stores.passkey_offers
    assert offers.find("acct_ada") is None

    offers.note("acct_ada", now=NOW)
    offers.skip("acct_ada")
    offers.skip("acct_ada")
    offers.note("acct_ada", now=NOW + timedelta(days=30))

    assert offers.find("acct_ada") == Offer(NOW + timedelta(days=30), 2)
    assert offers.find("acct_unknown") is None
