"""Sign-ins by scanning: one claim, one approval, one use, each by the device it belongs to, in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.authn.factors.qr_values import (
    Approved,
    Cancelled,
    Claimed,
    Denied,
    Expired,
    Matched,
    Phone,
    QrSignIn,
    Screen,
    Used,
    Waiting,
    screen_of,
)
from idp.foundation.identifiers import digest
from idp.oidc.proofs import Method, Proof, Property
from idp.storage.schema import qr_sign_ins
from idp.storage.statement import Statement
from tests.contract.region import MINUTE, NOW, Region, at_once, race, swept

SCREEN = screen_of("tx_first", "br_first")
OTHER_SCREENS = (screen_of("tx_second", "br_first"), screen_of("tx_first", "br_second"))
PROOF = Proof(Method.QR, NOW, frozenset({Property.POSSESSION, Property.USER_VERIFIED, Property.CROSS_DEVICE}))
PASSKEY = "passkey-of-ada"
LATER = NOW + 2 * MINUTE
EVERY = Statement(select(qr_sign_ins))


def begun(region: Region, sign_in_id: str = "qr_first", **changes: object) -> QrSignIn:
    """A code on a screen."""
    sign_in = QrSignIn(
        id=sign_in_id,
        screen=SCREEN,
        client_id=None,
        address="192.0.2.7",
        user_agent="a browser in a library",
        created_at=NOW,
        expires_at=LATER,
    )
    sign_in = replace(sign_in, **changes)  # type: ignore[arg-type]
    region.stores.qr_sign_ins.add(sign_in)
    return sign_in


def phone_of(region: Region, name: str = "ada") -> Phone:
    session = region.add_session(region.add_account(name), f"phone of {name}")
    return Phone(session.account_id, session.id)


def approved(region: Region) -> tuple[QrSignIn, Phone]:
    """A sign-in that waits for its screen only."""
    sign_in, phone, store = begun(region), phone_of(region), region.stores.qr_sign_ins
    assert store.claim(sign_in.id, phone, expires_at=LATER, now=NOW)
    assert store.match(sign_in.id, phone, now=NOW)
    assert store.approve(sign_in.id, phone, PROOF, PASSKEY, now=NOW)
    return sign_in, phone


def state(region: Region, sign_in: QrSignIn) -> object:
    found = region.stores.qr_sign_ins.find(sign_in.id)
    assert found is not None
    return found.state


def test_a_sign_in_is_found_as_it_was_kept(region: Region) -> None:
    region.add_client()
    kept = begun(region, client_id="tax")

    assert region.stores.qr_sign_ins.find(kept.id) == kept
    assert region.stores.qr_sign_ins.find("qr_unknown") is None


def test_it_goes_through_its_states_in_their_order(region: Region) -> None:
    sign_in, phone, store = begun(region), phone_of(region), region.stores.qr_sign_ins
    seen = [state(region, sign_in)]

    assert store.claim(sign_in.id, phone, expires_at=LATER + MINUTE, now=NOW)
    seen.append(state(region, sign_in))
    assert store.match(sign_in.id, phone, now=NOW)
    seen.append(state(region, sign_in))
    assert store.approve(sign_in.id, phone, PROOF, PASSKEY, now=NOW)
    seen.append(state(region, sign_in))
    assert store.use(sign_in.id, SCREEN, now=LATER)
    seen.append(state(region, sign_in))

    assert seen == [Waiting(), Claimed(phone), Matched(phone), Approved(phone, PROOF, PASSKEY), Used(phone)]


def test_no_state_can_be_left_out_or_come_twice(region: Region) -> None:
    sign_in, phone, store = begun(region), phone_of(region), region.stores.qr_sign_ins

    assert not store.match(sign_in.id, phone, now=NOW)
    assert not store.approve(sign_in.id, phone, PROOF, PASSKEY, now=NOW)
    assert not store.use(sign_in.id, SCREEN, now=NOW)
    store.claim(sign_in.id, phone, expires_at=LATER, now=NOW)
    assert not store.approve(sign_in.id, phone, PROOF, PASSKEY, now=NOW)
    assert not store.use(sign_in.id, SCREEN, now=NOW)
    store.match(sign_in.id, phone, now=NOW)
    assert not store.match(sign_in.id, phone, now=NOW)
    assert not store.use(sign_in.id, SCREEN, now=NOW)
    assert state(region, sign_in) == Matched(phone)


def test_of_many_phones_that_scan_at_once_one_claims(region: Region) -> None:
    sign_in = begun(region)
    phones = [phone_of(region, f"person{number}") for number in range(8)]

    answers = at_once(
        24,
        lambda index: region.stores.qr_sign_ins.claim(
            sign_in.id, phones[index % 8], expires_at=LATER, now=NOW
        ),
    )

    assert answers.count(True) == 1


def test_of_many_approvals_at_once_one_counts(region: Region) -> None:
    sign_in, phone, store = begun(region), phone_of(region), region.stores.qr_sign_ins
    store.claim(sign_in.id, phone, expires_at=LATER, now=NOW)
    store.match(sign_in.id, phone, now=NOW)

    answers = at_once(20, lambda index: store.approve(sign_in.id, phone, PROOF, f"passkey-{index}", now=NOW))

    assert answers.count(True) == 1


def test_an_approval_is_used_once_whoever_tries(region: Region) -> None:
    sign_in, _ = approved(region)

    answers = at_once(20, lambda _: region.stores.qr_sign_ins.use(sign_in.id, SCREEN, now=NOW))

    assert answers.count(True) == 1


def test_of_using_denying_and_cancelling_one_wins(region: Region) -> None:
    sign_in, phone = approved(region)
    store = region.stores.qr_sign_ins

    answers = race(
        lambda: store.use(sign_in.id, SCREEN, now=NOW),
        lambda: store.deny(sign_in.id, phone, now=NOW),
        lambda: store.cancel(sign_in.id, SCREEN, now=NOW),
    )

    assert answers.count(True) == 1
    assert isinstance(state(region, sign_in), Used | Denied | Cancelled)


def test_only_the_phone_that_claimed_goes_on(region: Region) -> None:
    sign_in, phone, store = begun(region), phone_of(region), region.stores.qr_sign_ins
    store.claim(sign_in.id, phone, expires_at=LATER, now=NOW)
    same_person = Phone(phone.account_id, region.add_session(region.add_account("bo"), "second").id)

    for stranger in (phone_of(region, "cy"), same_person):
        assert not store.match(sign_in.id, stranger, now=NOW)
        assert not store.deny(sign_in.id, stranger, now=NOW)
    store.match(sign_in.id, phone, now=NOW)

    assert not store.approve(sign_in.id, same_person, PROOF, PASSKEY, now=NOW)
    assert state(region, sign_in) == Matched(phone)


@pytest.mark.parametrize("stranger", OTHER_SCREENS, ids=["another transaction", "another browser"])
def test_only_the_screen_it_began_on_uses_or_cancels_it(region: Region, stranger: Screen) -> None:
    sign_in, _ = approved(region)
    store = region.stores.qr_sign_ins

    assert not store.use(sign_in.id, stranger, now=NOW)
    assert not store.cancel(sign_in.id, stranger, now=NOW)
    assert store.use(sign_in.id, SCREEN, now=NOW)


def test_nothing_moves_when_its_time_is_over(region: Region) -> None:
    sign_in, phone, store = begun(region), phone_of(region), region.stores.qr_sign_ins
    assert not store.claim(sign_in.id, phone, expires_at=LATER + MINUTE, now=LATER)
    store.claim(sign_in.id, phone, expires_at=LATER, now=NOW)
    assert not store.match(sign_in.id, phone, now=LATER)
    store.match(sign_in.id, phone, now=NOW)
    assert not store.approve(sign_in.id, phone, PROOF, PASSKEY, now=LATER)
    store.approve(sign_in.id, phone, PROOF, PASSKEY, now=NOW)

    assert not store.use(sign_in.id, SCREEN, now=LATER)

    found = store.find(sign_in.id)
    assert found is not None
    assert found.state_at(LATER) == Expired()
    assert isinstance(found.state_at(LATER - timedelta(seconds=1)), Approved)


def test_a_new_code_cancels_the_one_before_it_in_the_same_transaction(region: Region) -> None:
    first, elsewhere = begun(region), begun(region, "qr_elsewhere", screen=OTHER_SCREENS[0])

    second = begun(region, "qr_second")

    assert state(region, first) == Cancelled()
    assert state(region, second) == state(region, elsewhere) == Waiting()


def test_a_phone_that_signed_out_takes_its_approval_with_it(region: Region) -> None:
    sign_in, phone = approved(region)

    region.stores.sessions.end(phone.session_id, phone.account_id, now=NOW)

    assert not region.stores.qr_sign_ins.use(sign_in.id, SCREEN, now=NOW)


def test_denials_are_remembered_by_person(region: Region) -> None:
    sign_in, phone = approved(region)
    store = region.stores.qr_sign_ins
    assert store.deny(sign_in.id, phone, now=NOW + MINUTE)
    assert not store.deny(sign_in.id, phone, now=NOW + MINUTE)

    assert store.denials(phone.account_id, since=NOW) == (NOW + MINUTE,)
    assert store.denials(phone.account_id, since=NOW + MINUTE) == ()
    assert store.denials("acct_somebody_else", since=NOW) == ()


def test_the_stored_row_does_not_tell_the_code(region: Region) -> None:
    sign_in = begun(region)

    row = region.database.one(EVERY)

    assert row is not None
    assert row.digest == digest(sign_in.id)
    assert sign_in.id not in map(str, row)


def test_lapsed_ones_are_swept_after_a_day(region: Region) -> None:
    begun(region)

    assert swept(region.stores.housekeeping.sweep(now=LATER + timedelta(hours=23))) == {}
    assert swept(region.stores.housekeeping.sweep(now=LATER + timedelta(hours=25))) == {"qr_sign_ins": 1}
