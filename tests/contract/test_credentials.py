"""Passwords, TOTP steps and recovery codes: replaced as a whole, used up once."""

from __future__ import annotations

from functools import partial

import pytest

from idp.authn.credentials import PasswordRecord, TotpRecord
from idp.foundation.identifiers import digest
from idp.storage.failures import RuleBroken
from tests.contract.region import MINUTE, NOW, Region, at_once, race

CODES = tuple(digest(f"recovery code {number}") for number in range(8))


def test_a_password_is_set_and_replaced(region: Region) -> None:
    account = region.add_account()
    assert region.stores.credentials.find_password(account.id) is None

    region.stores.credentials.set_password(account.id, PasswordRecord("first hash", NOW))
    region.stores.credentials.set_password(account.id, PasswordRecord("second hash", NOW + MINUTE))

    found = region.stores.credentials.find_password(account.id)
    assert found == PasswordRecord("second hash", NOW + MINUTE)


def test_nobody_has_a_password_without_an_account(region: Region) -> None:
    with pytest.raises(RuleBroken):
        region.stores.credentials.set_password("acct_unknown", PasswordRecord("a hash", NOW))


def test_totp_is_enrolled_replaced_and_removed(region: Region) -> None:
    account = region.add_account()
    region.stores.credentials.set_totp(account.id, TotpRecord(b"\0first\xff", NOW, 7))
    region.stores.credentials.set_totp(account.id, TotpRecord(b"\0second\xff", NOW + MINUTE, 9))
    region.stores.credentials.replace_recovery_codes(account.id, CODES, now=NOW)

    assert region.stores.credentials.find_totp(account.id) == TotpRecord(b"\0second\xff", NOW + MINUTE, 9)
    assert region.stores.credentials.remove_totp(account.id, now=NOW)

    assert region.stores.credentials.find_totp(account.id) is None
    # They are half a recovery, with or without an app.
    assert region.stores.credentials.count_recovery_codes(account.id) == len(CODES)
    assert not region.stores.credentials.remove_totp(account.id, now=NOW)


def test_a_totp_step_is_used_once_and_never_an_earlier_one(region: Region) -> None:
    account = region.add_account()
    region.stores.credentials.set_totp(account.id, TotpRecord(b"sealed", NOW, 100))
    use = partial(region.stores.credentials.use_totp_step, account.id)

    assert [use(step) for step in (100, 101, 101, 100, 103, 102)] == [False, True, False, False, True, False]
    assert not region.stores.credentials.use_totp_step("acct_unknown", 200)


def test_of_twenty_who_use_one_totp_step_at_once_one_wins(region: Region) -> None:
    account = region.add_account()
    region.stores.credentials.set_totp(account.id, TotpRecord(b"sealed", NOW, 100))

    answers = at_once(20, lambda _: region.stores.credentials.use_totp_step(account.id, 101))

    assert answers.count(True) == 1


def test_a_recovery_code_is_used_once(region: Region) -> None:
    account = region.add_account()
    region.stores.credentials.replace_recovery_codes(account.id, CODES, now=NOW)

    answers = at_once(
        20, lambda _: region.stores.credentials.use_recovery_code(account.id, CODES[3], now=NOW)
    )

    assert answers.count(True) == 1
    assert region.stores.credentials.count_recovery_codes(account.id) == 7


def test_a_recovery_code_works_only_for_its_owner(region: Region) -> None:
    account, other = region.add_account(), region.add_account("bo")
    region.stores.credentials.replace_recovery_codes(account.id, CODES, now=NOW)
    region.stores.credentials.replace_recovery_codes(other.id, CODES[:1], now=NOW)

    assert not region.stores.credentials.use_recovery_code(other.id, CODES[1], now=NOW)
    assert not region.stores.credentials.use_recovery_code(account.id, digest("wrong"), now=NOW)
    assert region.stores.credentials.use_recovery_code(account.id, CODES[0], now=NOW)
    assert region.stores.credentials.count_recovery_codes(other.id) == 1


def test_new_recovery_codes_void_the_old_ones(region: Region) -> None:
    account = region.add_account()
    region.stores.credentials.replace_recovery_codes(account.id, CODES, now=NOW)

    region.stores.credentials.replace_recovery_codes(account.id, (digest("new"),), now=NOW)

    assert not region.stores.credentials.use_recovery_code(account.id, CODES[0], now=NOW)
    assert region.stores.credentials.count_recovery_codes(account.id) == 1


def test_two_sets_of_recovery_codes_made_at_once_do_not_add_up(region: Region) -> None:
    account = region.add_account()
    replace = region.stores.credentials.replace_recovery_codes
    mine = tuple(digest(f"mine {number}") for number in range(8))

    race(*(partial(replace, account.id, codes, now=NOW) for codes in (CODES, mine)))

    assert region.stores.credentials.count_recovery_codes(account.id) == 8
