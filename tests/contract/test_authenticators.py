"""What people have set up: one line each, never the last way in taken away, nothing that is not one's own."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from idp.authn.authenticators import Authenticator, LastWayIn, Use
from idp.authn.credentials import PasswordRecord, TotpRecord
from idp.oidc.proofs import Method, Property
from idp.storage.failures import RuleBroken
from tests.contract.region import MINUTE, NOW, Region, at_once, race

PASSWORD = Authenticator(
    "acct_ada", "password", Method.PASSWORD, frozenset({Property.KNOWLEDGE}), label="", created_at=NOW
)
PASSKEY = Authenticator(
    "acct_ada",
    "passkey-one",
    Method.PASSKEY,
    frozenset({Property.POSSESSION, Property.USER_VERIFIED, Property.PHISHING_RESISTANT}),
    label="𬭚的电话",
    created_at=NOW + MINUTE,
)
KEY = replace(PASSKEY, id="passkey-two", label="", created_at=NOW + 2 * MINUTE)
APP = Authenticator(
    "acct_ada", "totp", Method.TOTP, frozenset({Property.POSSESSION}), label="", created_at=NOW + 3 * MINUTE
)
FACE = replace(APP, id="face", method=Method.FACE, properties=frozenset({Property.LIVE_FACE}))
USE = Use(NOW + 5 * MINUTE, "192.0.2.7", "a browser")


def with_all(region: Region, *these: Authenticator) -> str:
    """An account with these; its id."""
    account = region.add_account()
    for one in these:
        region.stores.authenticators.add(one)
    return account.id


def left(region: Region) -> set[str]:
    return {one.id for one in region.stores.authenticators.of("acct_ada")}


def in_use(region: Region) -> set[str]:
    return {one.id for one in region.stores.authenticators.of("acct_ada") if one.is_active}


def test_what_is_kept_is_found_again_the_oldest_first(region: Region) -> None:
    account = with_all(region, KEY, PASSWORD, PASSKEY)

    assert region.stores.authenticators.of(account) == (PASSWORD, PASSKEY, KEY)
    assert region.stores.authenticators.find(account, "passkey-one") == PASSKEY


def test_nobody_has_one_without_an_account(region: Region) -> None:
    with pytest.raises(RuleBroken):
        region.stores.authenticators.add(PASSWORD)


def test_a_second_one_of_the_same_id_takes_the_place_of_the_first(region: Region) -> None:
    account = with_all(region, APP, replace(APP, created_at=NOW + 9 * MINUTE))

    (found,) = region.stores.authenticators.of(account)
    assert found.created_at == NOW + 9 * MINUTE


def test_a_use_is_noted_with_when_and_where(region: Region) -> None:
    account = with_all(region, PASSWORD, PASSKEY)

    assert region.stores.authenticators.use(account, "passkey-one", USE)

    assert region.stores.authenticators.find(account, "passkey-one") == replace(
        PASSKEY, last_used_at=USE.at, last_used_address="192.0.2.7", last_used_agent="a browser"
    )
    assert region.stores.authenticators.find(account, "password") == PASSWORD


def test_what_is_suspended_or_removed_cannot_be_used(region: Region) -> None:
    account = with_all(region, PASSWORD, PASSKEY, APP)
    region.stores.authenticators.suspend(account, "passkey-one", now=NOW)
    region.stores.authenticators.remove(account, "totp", now=NOW)

    assert not region.stores.authenticators.use(account, "passkey-one", USE)
    assert not region.stores.authenticators.use(account, "totp", USE)

    found = region.stores.authenticators.find(account, "passkey-one")
    assert found is not None
    assert (found.suspended_at, found.last_used_at) == (NOW, None)
    assert region.stores.authenticators.resume(account, "passkey-one", now=NOW)
    assert region.stores.authenticators.use(account, "passkey-one", USE)


def test_each_change_says_whether_it_was_the_one_that_did_it(region: Region) -> None:
    account = with_all(region, PASSWORD, PASSKEY)
    store = region.stores.authenticators

    assert not store.resume(account, "passkey-one", now=NOW)
    assert [store.suspend(account, "passkey-one", now=NOW) for _ in range(2)] == [True, False]
    assert [store.resume(account, "passkey-one", now=NOW) for _ in range(2)] == [True, False]
    assert [store.remove(account, "passkey-one", now=NOW) for _ in range(2)] == [True, False]
    assert not store.rename(account, "passkey-one", "gone")


def test_it_gets_another_name(region: Region) -> None:
    account = with_all(region, PASSWORD, PASSKEY)

    assert region.stores.authenticators.rename(account, "passkey-one", "古丽的手机")

    found = region.stores.authenticators.find(account, "passkey-one")
    assert found == replace(PASSKEY, label="古丽的手机")


@pytest.mark.parametrize("change", ["suspend", "remove"])
@pytest.mark.parametrize("last", [PASSWORD, PASSKEY], ids=["password", "passkey"])
def test_the_last_way_in_cannot_be_taken_away(region: Region, last: Authenticator, change: str) -> None:
    """An app, a face or a suspended passkey opens nothing by itself, so they do not count."""
    asleep = replace(KEY, suspended_at=NOW)
    account = with_all(region, last, APP, FACE, asleep)
    store = region.stores.authenticators
    attempt = partial(store.suspend if change == "suspend" else store.remove, now=NOW)

    with pytest.raises(LastWayIn):
        attempt(account, last.id)

    assert in_use(region) == {last.id, "totp", "face"}
    assert attempt(account, "totp")
    assert store.remove(account, KEY.id, now=NOW), "what is suspended may go: it is no way in"
    assert store.remove(account, "face", now=NOW)


def test_removing_what_is_not_there_is_no_danger_to_the_last_way(region: Region) -> None:
    account = with_all(region, PASSWORD)

    assert not region.stores.authenticators.remove(account, "passkey-unknown", now=NOW)
    assert left(region) == {"password"}


@pytest.mark.parametrize("round_number", range(4))
@pytest.mark.parametrize(
    ("first", "second"), [("remove", "remove"), ("suspend", "suspend"), ("remove", "suspend")]
)
def test_two_removals_at_once_leave_a_way_in(
    region: Region, first: str, second: str, round_number: int
) -> None:
    """Each sees the other's way in as it begins; one of them must be told."""
    account = with_all(region, PASSWORD, PASSKEY)

    def attempt(change: str, authenticator_id: str) -> str:
        store = region.stores.authenticators
        try:
            done = (
                store.remove(account, authenticator_id, now=NOW)
                if change == "remove"
                else store.suspend(account, authenticator_id, now=NOW)
            )
        except LastWayIn:
            return "refused"
        return "done" if done else "nothing"

    answers = race(partial(attempt, first, "password"), partial(attempt, second, "passkey-one"))

    assert sorted(map(str, answers)) == ["done", "refused"]
    assert len(in_use(region)) == 1


def test_of_twenty_who_remove_everything_at_once_one_way_in_is_left(region: Region) -> None:
    keys = tuple(replace(PASSKEY, id=f"passkey-{number}") for number in range(20))
    account = with_all(region, *keys)

    def remove(number: int) -> bool:
        try:
            return region.stores.authenticators.remove(account, f"passkey-{number}", now=NOW)
        except LastWayIn:
            return False

    answers = at_once(20, remove)

    assert answers.count(True) == 19
    assert len(left(region)) == 1


def test_nobody_touches_what_is_somebody_elses(region: Region) -> None:
    with_all(region, PASSWORD, PASSKEY)
    other = region.add_account("bo")
    store = region.stores.authenticators
    store.add(replace(PASSWORD, account_id=other.id))
    store.add(replace(KEY, account_id=other.id))

    assert store.find(other.id, "passkey-one") is None
    assert not store.rename(other.id, "passkey-one", "mine now")
    assert not store.use(other.id, "passkey-one", USE)
    assert not store.suspend(other.id, "passkey-one", now=NOW)
    assert not store.remove(other.id, "passkey-one", now=NOW)
    assert store.suspend(other.id, "password", now=NOW)

    assert store.of("acct_ada") == (PASSWORD, PASSKEY)


@pytest.mark.parametrize("unstorable", ["nul\0inside", "\ud800", "x" * 5000])
def test_an_id_that_nothing_can_have_is_nobodys(region: Region, unstorable: str) -> None:
    account = with_all(region, PASSWORD, PASSKEY)
    store = region.stores.authenticators

    assert store.find(account, unstorable) is None
    assert not store.rename(account, unstorable, "x")
    assert not store.suspend(account, unstorable, now=NOW)
    assert not store.resume(account, unstorable, now=NOW)
    assert not store.remove(account, unstorable, now=NOW)


def test_with_the_line_goes_the_secret(region: Region) -> None:
    account = with_all(region, PASSKEY)
    credentials = region.stores.credentials
    credentials.set_password(account, PasswordRecord("a hash", NOW))
    credentials.set_totp(account, TotpRecord(b"sealed", NOW, 7))

    assert left(region) == {"passkey-one", "password", "totp"}
    assert region.stores.authenticators.remove(account, "password", now=NOW)
    assert region.stores.authenticators.remove(account, "totp", now=NOW)

    assert credentials.find_password(account) is None
    assert credentials.find_totp(account) is None


def test_a_new_secret_takes_a_suspended_line_back_into_use(region: Region) -> None:
    account = with_all(region, PASSKEY)
    credentials = region.stores.credentials
    credentials.set_password(account, PasswordRecord("a hash", NOW))
    region.stores.authenticators.suspend(account, "password", now=NOW)

    credentials.set_password(account, PasswordRecord("another hash", NOW + MINUTE))

    assert in_use(region) == {"passkey-one", "password"}


def test_a_rehash_neither_wakes_nor_renews_the_line(region: Region) -> None:
    """The same password hashed with other parameters is the same password."""
    account = with_all(region, PASSKEY)
    credentials = region.stores.credentials
    credentials.set_password(account, PasswordRecord("a hash", NOW))
    region.stores.authenticators.suspend(account, "password", now=NOW)

    credentials.replace_hash(account, PasswordRecord("a slower hash", NOW))

    assert in_use(region) == {"passkey-one"}
    assert credentials.find_password(account) == PasswordRecord("a slower hash", NOW)
