"""Keys in browsers: kept with their authenticator, counted before they are looked at."""

from __future__ import annotations

import pytest

from idp.authn.authenticators import Authenticator
from idp.authn.factors.gesture import MOST_MISSES, PROPERTIES, DeviceKey, KeyAlgorithm
from idp.oidc.proofs import Method
from idp.storage.failures import RuleBroken
from tests.contract.region import NOW, Region, at_once

KEY = DeviceKey("acct_ada", "gesture-1", KeyAlgorithm.ED25519, b"\0a public key\xff")
LINE = Authenticator("acct_ada", "gesture-1", Method.GESTURE, PROPERTIES, "Chrome on Android", NOW)


@pytest.fixture
def ada(region: Region) -> Region:
    """Ada, with a pattern in one browser."""
    region.add_account()
    region.stores.device_keys.add(KEY, LINE)
    return region


def test_a_key_is_kept_with_its_authenticator(ada: Region) -> None:
    assert ada.stores.device_keys.find("gesture-1") == KEY
    assert ada.stores.authenticators.of("acct_ada") == (LINE,)


@pytest.mark.parametrize("key_id", ["gesture-2", "", "\0", "g" * 2_000])
def test_no_other_key_is_found(ada: Region, key_id: str) -> None:
    assert ada.stores.device_keys.find(key_id) is None


def test_an_id_is_given_once(ada: Region) -> None:
    ada.add_account("bo")
    other = Authenticator("acct_bo", "gesture-1", Method.GESTURE, PROPERTIES, "", NOW)

    with pytest.raises(RuleBroken):
        ada.stores.device_keys.add(DeviceKey("acct_bo", "gesture-1", KeyAlgorithm.P256, b"another"), other)

    assert ada.stores.device_keys.find("gesture-1") == KEY
    assert ada.stores.authenticators.of("acct_bo") == ()


def test_removing_the_authenticator_takes_the_key(ada: Region) -> None:
    assert ada.stores.authenticators.remove("acct_ada", "gesture-1", now=NOW)

    assert ada.stores.device_keys.find("gesture-1") is None
    assert ada.stores.device_keys.charge("gesture-1", most=MOST_MISSES) is None


def test_a_suspended_key_is_not_found_until_it_is_resumed(ada: Region) -> None:
    ada.stores.authenticators.suspend("acct_ada", "gesture-1", now=NOW)
    assert ada.stores.device_keys.find("gesture-1") is None

    ada.stores.authenticators.resume("acct_ada", "gesture-1", now=NOW)
    assert ada.stores.device_keys.find("gesture-1") == KEY


def test_the_key_of_an_account_that_is_switched_off_is_not_found(ada: Region) -> None:
    ada.stores.accounts.set_active("acct_ada", False, now=NOW)

    assert ada.stores.device_keys.find("gesture-1") is None


def test_attempts_are_counted_up_to_the_limit(ada: Region) -> None:
    charge = ada.stores.device_keys.charge

    counts = [charge("gesture-1", most=3) for _ in range(5)]

    assert counts == [1, 2, 3, None, None]


def test_of_fifty_attempts_at_once_ten_are_let_through(ada: Region) -> None:
    counts = at_once(50, lambda _: ada.stores.device_keys.charge("gesture-1", most=MOST_MISSES))

    assert sorted(count for count in counts if count) == list(range(1, MOST_MISSES + 1))


def test_a_success_counts_from_nothing_again(ada: Region) -> None:
    keys = ada.stores.device_keys
    assert [keys.charge("gesture-1", most=3) for _ in range(3)] == [1, 2, 3]

    keys.forgive("gesture-1", count=3)

    assert keys.charge("gesture-1", most=3) == 1


def test_a_success_forgives_nothing_that_was_tried_beside_it(ada: Region) -> None:
    keys = ada.stores.device_keys
    assert [keys.charge("gesture-1", most=3) for _ in range(3)] == [1, 2, 3]

    keys.forgive("gesture-1", count=2)

    assert keys.charge("gesture-1", most=3) is None
