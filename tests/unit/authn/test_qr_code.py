"""The code on the screen: ours alone, fresh for a few seconds, and two digits to compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp.authn.factors.qr_code import CodeTooOld, NotACode, RotatingCodes, ScannedCode
from idp.foundation.secret import Secret

BEGUN = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
CODES = RotatingCodes(Secret("a secret of this installation"))
ID = "qr_abcdefghijklmnop"


def shown(after_seconds: float) -> ScannedCode:
    """What a camera read so long after the beginning."""
    return ScannedCode.parse(CODES.current(ID, BEGUN, now=later(after_seconds)))


def later(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def test_a_code_of_this_moment_is_good() -> None:
    code = shown(20)

    CODES.verify_made_here(code)
    CODES.verify_fresh(code, BEGUN, now=later(20))


def test_it_changes_every_three_seconds() -> None:
    assert shown(0) == shown(2.9)
    assert shown(0) != shown(3)


def test_two_older_codes_are_taken_and_no_more() -> None:
    CODES.verify_fresh(shown(0), BEGUN, now=later(8.9))

    with pytest.raises(CodeTooOld):
        CODES.verify_fresh(shown(0), BEGUN, now=later(9))


def test_a_code_from_another_machines_clock_may_be_a_little_ahead() -> None:
    CODES.verify_fresh(shown(6), BEGUN, now=later(4))

    with pytest.raises(CodeTooOld):
        CODES.verify_fresh(shown(9), BEGUN, now=later(4))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "qr_abc",
        "qr_abc.1",
        "qr_abc.1.mac.more",
        "tx_abc.1.mac",
        "qr_abc.one.mac",
        "qr_abc.-1.mac",
        "qr_abc.²3.mac",
        "qr_" + "a" * 200 + ".1.mac",
        "https://east.id.localhost/qr#qr_abc.1.mac",
    ],
)
def test_what_is_no_code_is_refused_by_its_shape(text: str) -> None:
    with pytest.raises(NotACode):
        ScannedCode.parse(text)


@pytest.mark.parametrize("change", ["id", "step", "mac", "key"])
def test_a_code_that_somebody_changed_or_made_is_refused(change: str) -> None:
    code, codes = shown(20), CODES
    match change:
        case "id":
            code = ScannedCode("qr_somebody_elses", code.step, code.mac)
        case "step":
            code = ScannedCode(code.sign_in_id, code.step + 1, code.mac)
        case "mac":
            code = ScannedCode(
                code.sign_in_id, code.step, code.mac[:-1] + ("A" if code.mac[-1] != "A" else "B")
            )
        case "key":
            codes = RotatingCodes(Secret("the secret of another installation"))

    with pytest.raises(NotACode):
        codes.verify_made_here(code)


def test_numbers_have_two_digits_and_are_spread_over_all_of_them() -> None:
    numbers = {CODES.number(f"qr_{number}") for number in range(500)}

    assert all(len(number) == 2 for number in numbers)
    assert len(numbers) > 80
    assert CODES.number(ID) == CODES.number(ID)


def test_a_code_fits_a_small_picture() -> None:
    """Cameras of old phones read small codes from farther away."""
    address = f"https://www.id.example.gov.cn/qr#{CODES.current(ID + 'abcdef', BEGUN, now=later(119))}"

    assert len(address) <= 106
