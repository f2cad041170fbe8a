"""Signing in with a password, and with a second factor behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

import pyotp
import pytest

from idp.adapters.argon2 import Argon2Hasher
from idp.authn.factors.password import Busy, WrongPassword
from idp.authn.factors.totp import TotpEnrolment
from idp.authn.permit import Ground, Permit
from idp.authn.sign_in import PasswordSignIn, WrongCode, WrongCredentials
from idp.authn.throttle import PASSWORDS, ThrottledFactor, TooManyAttempts
from tests.unit.authn.people import ADDRESS, NOW, PASSWORD, House, Person

EARLIER = NOW - timedelta(minutes=5)


@pytest.fixture
def house() -> House:
    return House()


def test_the_right_password_signs_in_under_every_identifier_however_it_is_typed(house: House) -> None:
    ada = house.enter("Ada", "ada@example.cn", "+8613800000000")

    for typed in (
        "ada",
        " ADA ",
        "Ada@Example.CN",
        "13800000000",
        "+86 138-0000-0000",
        "１３８００００００００",
    ):
        assert house.sign_in.check(typed, PASSWORD, ADDRESS, now=NOW) == ada


def test_a_wrong_password_an_unknown_and_a_disabled_account_answer_alike(house: House) -> None:
    house.enter("ada")
    house.enter("bo", is_active=False)

    for identifier, password in (("ada", "wrong"), ("nobody here", PASSWORD), ("bo", PASSWORD), ("", "")):
        with pytest.raises(WrongCredentials) as refused:
            house.sign_in.check(identifier, password, ADDRESS, now=NOW)
        assert str(refused.value) == ""


class CountingHasher(Argon2Hasher):
    """Counts the checks it makes."""

    checks = 0

    def verify(self, encoded: str, password: str) -> None:
        self.checks += 1
        super().verify(encoded, password)


def test_every_attempt_costs_one_look_up_and_one_hash_whoever_is_asked_for(house: House) -> None:
    house.enter("ada")
    house.enter("bo", is_active=False)
    house.people.by_identifier["cho"] = Person("acct_without_password")
    hasher = CountingHasher(memory_kib=8, passes=1, concurrency=1)
    sign_in = PasswordSignIn(house.people, house.credentials, hasher, house.throttle, str)

    for identifier in ("ada", "bo", "cho", "nobody"):
        with pytest.raises(WrongCredentials):
            sign_in.check(identifier, "wrong", ADDRESS, now=NOW)

    assert hasher.checks == len(house.credentials.looked_up) == 4


def test_locking_an_unknown_identifier_looks_like_locking_a_known_one(house: House) -> None:
    house.enter("ada")
    answers: dict[str, list[object]] = {}

    for identifier in ("ada", "nobody"):
        for attempt in range(PASSWORDS.free + 3):
            with pytest.raises((WrongCredentials, TooManyAttempts)) as refused:
                house.sign_in.check(identifier, f"guess {attempt}", ADDRESS, now=NOW)
            retry_at = getattr(refused.value, "retry_at", None)
            answers.setdefault(identifier, []).append((refused.type, retry_at))

    assert answers["ada"] == answers["nobody"]


def test_a_lock_on_one_name_does_not_tell_which_other_names_belong_to_it(house: House) -> None:
    house.enter("ada", "ada@example.cn")
    for attempt in range(PASSWORDS.free):
        with pytest.raises(WrongCredentials):
            house.sign_in.check("ada", f"guess {attempt}", ADDRESS, now=NOW)

    with pytest.raises(WrongCredentials):
        house.sign_in.check("ada@example.cn", "guess", ADDRESS, now=NOW)


def test_a_locked_account_does_not_open_for_the_right_password_before_its_time(house: House) -> None:
    house.enter("ada")
    for attempt in range(PASSWORDS.free):
        with pytest.raises(WrongCredentials):
            house.sign_in.check("ada", f"guess {attempt}", ADDRESS, now=NOW)

    with pytest.raises(TooManyAttempts):
        house.sign_in.check("ada", PASSWORD, ADDRESS, now=NOW)

    house.sign_in.check("ada", PASSWORD, ADDRESS, now=NOW + PASSWORDS.first_delay)


def test_writing_a_name_differently_does_not_buy_more_guesses(house: House) -> None:
    house.enter("ada")
    for typed in ("ada", "ADA", " ada", "ａｄａ", "a\u00add\u200ba"):
        with pytest.raises(WrongCredentials):
            house.sign_in.check(typed, "guess", ADDRESS, now=NOW)

    with pytest.raises(TooManyAttempts):
        house.sign_in.check("Ada", "guess", ADDRESS, now=NOW)


def test_a_password_no_person_can_have_is_simply_wrong(house: House) -> None:
    house.enter("ada")

    for impossible in ("x" * 257, "a\x00b", "\ud800"):
        with pytest.raises(WrongCredentials):
            house.sign_in.check("ada", impossible, ADDRESS, now=NOW)


def test_a_password_is_hashed_anew_when_the_parameters_changed(house: House) -> None:
    ada = house.enter("ada")
    before = house.credentials.passwords[ada]
    stronger = Argon2Hasher(memory_kib=16, passes=2, concurrency=1)
    sign_in = PasswordSignIn(house.people, house.credentials, stronger, house.throttle, str)

    sign_in.check("ada", PASSWORD, ADDRESS, now=NOW + timedelta(days=400))

    after = house.credentials.passwords[ada]
    assert "m=16,t=2,p=1" in after.argon2_hash
    assert after.changed_at == before.changed_at
    stronger.verify(after.argon2_hash, PASSWORD)


class BusyHasher:
    """Has no place free."""

    def hash(self, password: str) -> str:
        raise Busy

    def verify(self, encoded: str, password: str) -> None:
        raise Busy

    def verify_absent(self, password: str) -> NoReturn:
        raise Busy

    def needs_rehash(self, encoded: str) -> bool:
        return False


def test_an_attempt_that_found_no_place_is_not_counted_as_a_miss(house: House) -> None:
    house.enter("ada")
    crowded = PasswordSignIn(house.people, house.credentials, BusyHasher(), house.throttle, str)

    for identifier in ("ada", "nobody") * 2 * PASSWORDS.free:
        with pytest.raises(Busy):
            crowded.check(identifier, PASSWORD, ADDRESS, now=NOW)


@pytest.fixture
def ada(house: House) -> str:
    """Somebody with an authenticator app."""
    return house.enter("ada")


@pytest.fixture
def app(house: House, ada: str) -> pyotp.TOTP:
    """Ada's authenticator app, enrolled a while ago."""
    enrolment = begin(house, ada)
    app = pyotp.TOTP(enrolment.secret_base32)
    house.second_factor.enrol_totp(
        Permit(ada, Ground.SESSION), "session", enrolment.sealed, app.at(EARLIER), now=EARLIER
    )
    return app


def begin(house: House, account_id: str) -> TotpEnrolment:
    return house.totp.begin(account_id, "session", issuer="East", account="ada", now=EARLIER)


def test_a_code_of_the_app_is_the_second_factor_once(house: House, ada: str, app: pyotp.TOTP) -> None:
    house.second_factor.check_totp(ada, app.at(NOW), ADDRESS, now=NOW)

    with pytest.raises(WrongCode):
        house.second_factor.check_totp(ada, app.at(NOW), ADDRESS, now=NOW)


def test_guessing_codes_is_throttled_and_the_right_one_does_not_get_through(
    house: House, ada: str, app: pyotp.TOTP
) -> None:
    for guess in ("000000", "111111", "222222", "333333", "444444"):
        with pytest.raises(WrongCode):
            house.second_factor.check_totp(ada, guess, ADDRESS, now=NOW)

    with pytest.raises(TooManyAttempts):
        house.second_factor.check_totp(ada, app.at(NOW), ADDRESS, now=NOW)


def test_a_recovery_code_gets_in_while_the_app_is_locked_and_leaves_it_locked(
    house: House, ada: str, app: pyotp.TOTP
) -> None:
    code = house.recovery_codes.renew(Permit(ada, Ground.SESSION), now=NOW)[0]
    for guess in ("000000", "111111", "222222", "333333", "444444"):
        with pytest.raises(WrongCode):
            house.second_factor.check_totp(ada, guess, ADDRESS, now=NOW)

    house.second_factor.check_recovery_code(ada, code, ADDRESS, now=NOW)

    with pytest.raises(TooManyAttempts):
        house.second_factor.check_totp(ada, app.at(NOW), ADDRESS, now=NOW)


def test_new_recovery_codes_do_not_forgive_the_misses_at_the_old_ones(house: House, ada: str) -> None:
    for _ in range(5):
        with pytest.raises(WrongCode):
            house.second_factor.check_recovery_code(ada, "0000-0000-0000-0000", ADDRESS, now=NOW)

    code = house.recovery_codes.renew(Permit(ada, Ground.SESSION), now=NOW)[0]

    with pytest.raises(TooManyAttempts):
        house.second_factor.check_recovery_code(ada, code, ADDRESS, now=NOW)


def test_a_new_app_starts_without_the_misses_at_the_old_one(house: House, ada: str, app: pyotp.TOTP) -> None:
    for guess in ("000000", "111111", "222222", "333333", "444444"):
        with pytest.raises(WrongCode):
            house.second_factor.check_totp(ada, guess, ADDRESS, now=NOW)
    enrolment = begin(house, ada)
    new_app = pyotp.TOTP(enrolment.secret_base32)
    house.second_factor.enrol_totp(
        Permit(ada, Ground.SESSION), "session", enrolment.sealed, new_app.at(NOW), now=NOW
    )
    later = NOW + timedelta(seconds=30)

    house.second_factor.check_totp(ada, new_app.at(later), ADDRESS, now=later)


def test_a_second_factor_that_was_never_enrolled_answers_like_a_wrong_code(house: House, ada: str) -> None:
    with pytest.raises(WrongCode):
        house.second_factor.check_totp(ada, "123456", ADDRESS, now=NOW)
    with pytest.raises(WrongCode):
        house.second_factor.check_recovery_code(ada, "0000-0000-0000-0000", ADDRESS, now=NOW)


def test_an_operator_s_reset_opens_a_disabled_factor(house: House) -> None:
    house.enter("ada")
    now = NOW
    for number in range(PASSWORDS.disable_after or 0):
        now += timedelta(hours=2)
        with pytest.raises(WrongCredentials):
            house.sign_in.check("ada", f"guess {number}", ADDRESS, now=now)
    with pytest.raises(TooManyAttempts) as refused:
        house.sign_in.check("ada", PASSWORD, ADDRESS, now=now + timedelta(days=30))

    house.throttle.reset(ThrottledFactor.PASSWORD, "ada")

    assert refused.value.disabled
    house.sign_in.check("ada", PASSWORD, ADDRESS, now=now + timedelta(days=30))


def test_the_text_behind_the_absent_hash_opens_nothing(house: House) -> None:
    for guess in ("nobody has this password", ""):
        with pytest.raises(WrongPassword):
            house.hasher.verify_absent(guess)
