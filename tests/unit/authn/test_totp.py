"""Authenticator apps."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from idp.adapters.pyotp_engine import PyotpEngine
from idp.authn.factors.codes import CodeAlreadyUsed, WrongCode
from idp.authn.factors.seal import BrokenSeal
from idp.authn.factors.totp import ENROLMENT_LIFETIME, EnrolmentOver, NotEnrolled, TotpEnrolment
from idp.authn.permit import Ground, Permit
from tests.unit.authn.people import NOW, House

STEP = timedelta(seconds=30)


@pytest.fixture
def house() -> House:
    return House()


def begin(house: House, account_id: str = "acct_ada", session_id: str = "session") -> TotpEnrolment:
    return house.totp.begin(account_id, session_id, issuer="东区: East", account="ada:lin", now=NOW)


def enrol(house: House, now: datetime = NOW) -> pyotp.TOTP:
    enrolment = begin(house)
    app = pyotp.TOTP(enrolment.secret_base32)
    house.totp.confirm(Permit("acct_ada", Ground.SESSION), "session", enrolment.sealed, app.at(now), now=now)
    return app


def test_the_address_in_the_qr_code_is_what_apps_read(house: House) -> None:
    enrolment = begin(house)

    parts = urlsplit(enrolment.otpauth_uri)
    query = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/东区  East:ada lin"
    assert query == {"secret": [enrolment.secret_base32], "issuer": ["东区  East"]}
    assert len(enrolment.secret_base32) == 32


def test_codes_agree_with_the_vectors_of_rfc_6238() -> None:
    """Appendix B, SHA-1, the last six of eight digits."""
    engine, seed = PyotpEngine(), b"12345678901234567890"

    for seconds, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        now = datetime.fromtimestamp(seconds, NOW.tzinfo)
        assert engine.matching_step(seed, code, window=0, now=now) == seconds // 30


def test_every_enrolment_has_its_own_seed(house: House) -> None:
    assert begin(house).secret_base32 != begin(house).secret_base32


def test_nothing_is_enrolled_before_the_first_code_is_right(house: House) -> None:
    enrolment = begin(house)

    with pytest.raises(WrongCode):
        house.totp.confirm(Permit("acct_ada", Ground.SESSION), "session", enrolment.sealed, "000000", now=NOW)

    assert house.credentials.totp == {}
    again = house.totp.resume(
        "acct_ada", "session", enrolment.sealed, issuer="东区: East", account="ada:lin", now=NOW
    )
    assert again == enrolment


def test_the_code_that_confirmed_the_enrolment_is_used_up(house: House) -> None:
    app = enrol(house)

    with pytest.raises(CodeAlreadyUsed):
        house.totp.verify("acct_ada", app.at(NOW), now=NOW)


@pytest.mark.parametrize(
    ("account_id", "session_id"), [("acct_bo", "session"), ("acct_ada", "another session")]
)
def test_an_enrolment_page_is_good_for_its_person_and_session_alone(
    house: House, account_id: str, session_id: str
) -> None:
    enrolment = begin(house)
    code = pyotp.TOTP(enrolment.secret_base32).at(NOW)

    with pytest.raises(EnrolmentOver):
        house.totp.confirm(Permit(account_id, Ground.SESSION), session_id, enrolment.sealed, code, now=NOW)


def test_an_enrolment_page_does_not_wait_for_ever(house: House) -> None:
    enrolment, later = begin(house), NOW + ENROLMENT_LIFETIME + timedelta(seconds=1)
    code = pyotp.TOTP(enrolment.secret_base32).at(later)

    with pytest.raises(EnrolmentOver):
        house.totp.confirm(Permit("acct_ada", Ground.SESSION), "session", enrolment.sealed, code, now=later)


@pytest.mark.parametrize("forged", ["", "sealed", "=", "AAAA", "é", "\ud800", "A" * 100_000])
def test_a_forged_enrolment_is_refused(house: House, forged: str) -> None:
    with pytest.raises(EnrolmentOver):
        house.totp.confirm(Permit("acct_ada", Ground.SESSION), "session", forged, "123456", now=NOW)


def test_a_sealed_seed_taken_from_the_form_is_not_an_enrolled_one(house: House) -> None:
    app = enrol(house)
    record = house.credentials.totp["acct_ada"]
    house.credentials.totp["acct_bo"] = record

    with pytest.raises(BrokenSeal):
        house.totp.verify("acct_bo", app.at(NOW + STEP), now=NOW + STEP)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_is_good_one_step_early_and_one_step_late(house: House, steps: int) -> None:
    app, now = enrol(house), NOW + timedelta(minutes=10)

    house.totp.verify("acct_ada", app.at(now + steps * STEP), now=now)


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
def test_a_code_from_further_away_is_wrong(house: House, steps: int) -> None:
    app, now = enrol(house), NOW + timedelta(minutes=10)

    with pytest.raises(WrongCode):
        house.totp.verify("acct_ada", app.at(now + steps * STEP), now=now)


def test_no_code_is_good_twice_and_none_after_a_later_one(house: House) -> None:
    app, now = enrol(house), NOW + timedelta(minutes=10)
    house.totp.verify("acct_ada", app.at(now), now=now)

    for used in (app.at(now), app.at(now - STEP)):
        with pytest.raises(CodeAlreadyUsed):
            house.totp.verify("acct_ada", used, now=now)


def test_a_code_may_be_typed_as_people_type_it(house: House) -> None:
    app = enrol(house)
    for number, write in enumerate((spaced, full_width, dashed, arabic_indic)):
        now = NOW + timedelta(minutes=10 + number)

        house.totp.verify("acct_ada", write(app.at(now)), now=now)


def spaced(code: str) -> str:
    return f" {code[:3]}\u00a0{code[3:]}\u200b\n"


def dashed(code: str) -> str:
    return f"{code[:3]}-{code[3:]}"


def full_width(code: str) -> str:
    return code.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})


def arabic_indic(code: str) -> str:
    return code.translate({ord(digit): ord(digit) + 0x0630 for digit in "0123456789"})


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "12345a", "½23456", "一二三四五六", "\ud800" * 6, "1" * 100_000]
)
def test_what_is_not_six_digits_is_wrong(house: House, typed: str) -> None:
    enrol(house)

    with pytest.raises(WrongCode):
        house.totp.verify("acct_ada", typed, now=NOW + STEP)


def test_without_an_app_there_is_no_right_code(house: House) -> None:
    with pytest.raises(NotEnrolled):
        house.totp.verify("acct_ada", "123456", now=NOW)
