"""Hardware tokens: each code once, never an earlier one, and found again by two codes in a row."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.authn.factors.codes import CodeAlreadyUsed, WrongCode
from idp.authn.factors.hotp import LOOK_AHEAD, SEARCH, EnrolmentOver, Hotp
from idp.authn.permit import Ground, Permit
from idp.authn.throttle import TooManyAttempts
from idp.oidc.proofs import Method, Property
from tests.support.provider import Provider
from tests.support.token import SESSION, Token, enrol_token

ADDRESS = "198.51.100.1"


@pytest.fixture
def permit(provider: Provider) -> Permit:
    return Permit(provider.person().id, Ground.SESSION)


@pytest.fixture
def hotp(provider: Provider) -> Hotp:
    return provider.services.hotp


@pytest.fixture
def token(provider: Provider, permit: Permit) -> Token:
    """The enrolled token of the permit's owner."""
    account = provider.services.stores.accounts.find_by_id(permit.account_id)
    assert account is not None
    return enrol_token(provider, account)


def test_a_code_proves_possession(provider: Provider, hotp: Hotp, permit: Permit, token: Token) -> None:
    proof = hotp.check(permit.account_id, token.press(), ADDRESS, now=provider.clock.now())

    assert proof.method is Method.HOTP
    assert proof.properties == {Property.POSSESSION}


def test_the_examples_of_the_specification(provider: Provider, hotp: Hotp, permit: Permit) -> None:
    """RFC 4226, appendix D."""
    codes = [
        "755224",
        "287082",
        "359152",
        "969429",
        "338314",
        "254676",
        "287922",
        "162583",
        "399871",
        "520489",
    ]
    now = provider.clock.now()
    sealed = hotp.begin(permit.account_id, SESSION, b"12345678901234567890".hex(), now=now)
    hotp.confirm(permit, SESSION, sealed, (codes[0], codes[1]), label="", now=now)

    for code in codes[2:]:
        hotp.check(permit.account_id, code, ADDRESS, now=now)


def test_presses_in_a_pocket_do_no_harm_up_to_the_look_ahead(
    provider: Provider, hotp: Hotp, permit: Permit, token: Token
) -> None:
    now = provider.clock.now()
    hotp.check(permit.account_id, token.press(LOOK_AHEAD + 1), ADDRESS, now=now)

    with pytest.raises(WrongCode):
        hotp.check(permit.account_id, token.press(LOOK_AHEAD + 2), ADDRESS, now=now)


def test_a_code_is_used_once_and_takes_those_before_it_along(
    provider: Provider, hotp: Hotp, permit: Permit, token: Token
) -> None:
    earlier, later = token.two()
    hotp.check(permit.account_id, later, ADDRESS, now=provider.clock.now())

    for code in (later, earlier):
        with pytest.raises(WrongCode):
            hotp.check(permit.account_id, code, ADDRESS, now=provider.clock.now())


def test_two_codes_in_a_row_find_a_token_again(
    provider: Provider, hotp: Hotp, permit: Permit, token: Token
) -> None:
    token.press(SEARCH - 5)
    now = provider.clock.now()

    hotp.resynchronise(permit, token.two(), ADDRESS, now=now)

    hotp.check(permit.account_id, token.press(), ADDRESS, now=now)


@pytest.mark.parametrize("which", ["not in a row", "backwards", "twice the same", "old ones"])
def test_other_pairs_do_not(provider: Provider, hotp: Hotp, permit: Permit, token: Token, which: str) -> None:
    old = (token.shown[0], token.shown[1])
    first, second = token.two()
    third = token.press()
    pairs = {
        "not in a row": (first, third),
        "backwards": (second, first),
        "twice the same": (first, first),
        "old ones": old,
    }

    with pytest.raises(WrongCode):
        hotp.resynchronise(permit, pairs[which], ADDRESS, now=provider.clock.now())


def test_resynchronising_is_charged_like_guessing(
    provider: Provider, hotp: Hotp, permit: Permit, token: Token
) -> None:
    wrong = (token.wrong(), token.wrong())
    for _ in range(5):
        with pytest.raises(WrongCode):
            hotp.resynchronise(permit, wrong, ADDRESS, now=provider.clock.now())

    with pytest.raises(TooManyAttempts):
        hotp.resynchronise(permit, token.two(), ADDRESS, now=provider.clock.now())
    with pytest.raises(TooManyAttempts):
        hotp.check(permit.account_id, token.press(), ADDRESS, now=provider.clock.now())


def test_a_new_token_does_not_forget_the_misses_at_the_old_one(
    provider: Provider, hotp: Hotp, permit: Permit, token: Token
) -> None:
    for _ in range(5):
        with pytest.raises(WrongCode):
            hotp.check(permit.account_id, token.wrong(), ADDRESS, now=provider.clock.now())
    account = provider.services.stores.accounts.find_by_id(permit.account_id)
    assert account is not None
    fresh = enrol_token(provider, account, Token(seed=b"another seed: twenty"))

    with pytest.raises(TooManyAttempts):
        hotp.check(permit.account_id, fresh.press(), ADDRESS, now=provider.clock.now())


def test_nothing_is_enrolled_before_two_codes_are_right(
    provider: Provider, hotp: Hotp, permit: Permit
) -> None:
    token, now = Token(counter=40), provider.clock.now()
    sealed = hotp.begin(permit.account_id, SESSION, token.key, now=now)
    with pytest.raises(WrongCode):
        hotp.confirm(permit, SESSION, sealed, (token.press(), token.wrong()), label="", now=now)
    assert not hotp.is_enrolled(permit.account_id)

    hotp.confirm(permit, SESSION, sealed, token.two(), label="", now=now)

    assert hotp.is_enrolled(permit.account_id)


def test_a_key_on_its_way_is_good_for_its_owner_its_session_and_ten_minutes(
    provider: Provider, hotp: Hotp, permit: Permit
) -> None:
    token, now = Token(), provider.clock.now()
    other = Permit(provider.person("other").id, Ground.SESSION)
    sealed = hotp.begin(permit.account_id, SESSION, token.key, now=now)
    attempts = (
        (other, SESSION, sealed, now),
        (permit, "another session", sealed, now),
        (permit, SESSION, sealed, now + timedelta(minutes=11)),
        (permit, SESSION, sealed[:-4] + "AAA=", now),
        (permit, SESSION, "x" * 2_000, now),
    )

    for whose, session, given, when in attempts:
        with pytest.raises(EnrolmentOver):
            hotp.confirm(whose, session, given, token.two(), label="", now=when)


def test_a_suspended_token_shows_no_right_code(
    provider: Provider, hotp: Hotp, permit: Permit, token: Token
) -> None:
    provider.services.stores.authenticators.suspend(permit.account_id, "hotp", now=provider.clock.now())

    with pytest.raises(WrongCode) as raised:
        hotp.check(permit.account_id, token.press(), ADDRESS, now=provider.clock.now())
    assert not isinstance(raised.value, CodeAlreadyUsed)
