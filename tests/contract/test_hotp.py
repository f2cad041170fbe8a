"""Hardware tokens and confirmed numbers: kept with their authenticator, counters used up once."""

from __future__ import annotations

from functools import partial

from idp.accounts.person import Account
from idp.authn.authenticators import Authenticator
from idp.authn.factors.hotp import HotpRecord
from idp.foundation.identifiers import digest
from idp.oidc.proofs import Method, Property
from tests.contract.region import MINUTE, NOW, Region, at_once

TOKEN = HotpRecord(b"\0sealed\xff", 5)


def line(account: Account, method: Method = Method.HOTP) -> Authenticator:
    return Authenticator(
        account.id, method.value, method, frozenset({Property.POSSESSION}), "key ring", created_at=NOW
    )


def with_token(region: Region, name: str = "ada") -> Account:
    account = region.add_account(name)
    region.stores.hotp.set(line(account), TOKEN)
    return account


def test_a_token_is_kept_with_its_line_and_replaced(region: Region) -> None:
    account = with_token(region)
    assert region.stores.hotp.find(account.id, "hotp") == TOKEN
    assert region.stores.authenticators.find(account.id, "hotp") == line(account)

    region.stores.hotp.set(line(account), HotpRecord(b"another", 0))

    assert region.stores.hotp.find(account.id, "hotp") == HotpRecord(b"another", 0)
    assert len(region.stores.authenticators.of(account.id)) == 1


def test_a_counter_is_used_once_and_never_an_earlier_one(region: Region) -> None:
    account, other = with_token(region), with_token(region, "bo")
    use = partial(region.stores.hotp.use, account.id, "hotp")

    assert [use(number) for number in (4, 5, 5, 8, 6, 9)] == [False, True, False, True, False, True]
    assert region.stores.hotp.find(account.id, "hotp") == HotpRecord(TOKEN.seed_sealed, 10)
    assert region.stores.hotp.find(other.id, "hotp") == TOKEN
    assert not region.stores.hotp.use("acct_unknown", "hotp", 100)


def test_of_twenty_who_use_one_counter_at_once_one_wins(region: Region) -> None:
    account = with_token(region)

    answers = at_once(20, lambda _: region.stores.hotp.use(account.id, "hotp", 7))

    assert answers.count(True) == 1


def test_a_suspended_token_is_not_found_and_a_removed_one_is_gone(region: Region) -> None:
    account = with_token(region)
    region.stores.authenticators.suspend(account.id, "hotp", now=NOW)
    assert region.stores.hotp.find(account.id, "hotp") is None

    region.stores.authenticators.resume(account.id, "hotp", now=NOW)
    assert region.stores.hotp.find(account.id, "hotp") == TOKEN

    region.stores.authenticators.remove(account.id, "hotp", now=NOW)
    assert region.stores.hotp.find(account.id, "hotp") is None
    assert not region.stores.hotp.use(account.id, "hotp", 7)


def test_a_confirmed_number_is_kept_suspended_and_removed_with_its_line(region: Region) -> None:
    account, store = region.add_account(), region.stores.text_messages
    store.set(line(account, Method.SMS), digest("first"))
    store.set(line(account, Method.SMS), digest("second"))
    assert store.find(account.id, "sms") == digest("second")
    assert store.find("acct_unknown", "sms") is None

    region.stores.authenticators.suspend(account.id, "sms", now=NOW + MINUTE)
    assert store.find(account.id, "sms") is None

    region.stores.authenticators.resume(account.id, "sms", now=NOW)
    region.stores.authenticators.remove(account.id, "sms", now=NOW)
    assert store.find(account.id, "sms") is None
