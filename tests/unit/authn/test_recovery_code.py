"""Recovery codes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.authn.factors.codes import WrongCode
from idp.authn.factors.recovery_code import ALPHABET, CHARACTERS, CODES, RecoveryCodes, normalise
from idp.authn.permit import Ground, Permit
from tests.unit.authn.memory import MemoryCredentials, RepeatableEntropy
from tests.unit.authn.people import NOW, SECRET


@pytest.fixture
def credentials() -> MemoryCredentials:
    return MemoryCredentials()


@pytest.fixture
def recovery_codes(credentials: MemoryCredentials) -> RecoveryCodes:
    return RecoveryCodes(credentials, SECRET, RepeatableEntropy())


def test_ten_different_codes_of_eighty_bits_without_look_alikes(recovery_codes: RecoveryCodes) -> None:
    codes = recovery_codes.renew(Permit("acct_ada", Ground.SESSION), now=NOW)

    assert len(set(codes)) == CODES == 10
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", code) for code in codes)
    assert CHARACTERS * (len(ALPHABET).bit_length() - 1) >= 80


def test_each_code_is_good_once(recovery_codes: RecoveryCodes, credentials: MemoryCredentials) -> None:
    codes = recovery_codes.renew(Permit("acct_ada", Ground.SESSION), now=NOW)

    for code in codes:
        recovery_codes.verify("acct_ada", code, now=NOW)
        with pytest.raises(WrongCode):
            recovery_codes.verify("acct_ada", code, now=NOW)

    assert credentials.count_recovery_codes("acct_ada") == 0


def test_new_codes_void_the_old_ones(recovery_codes: RecoveryCodes) -> None:
    old = recovery_codes.renew(Permit("acct_ada", Ground.SESSION), now=NOW)
    recovery_codes.renew(Permit("acct_ada", Ground.SESSION), now=NOW)

    with pytest.raises(WrongCode):
        recovery_codes.verify("acct_ada", old[0], now=NOW)


def test_a_code_belongs_to_one_person(recovery_codes: RecoveryCodes, credentials: MemoryCredentials) -> None:
    code = recovery_codes.renew(Permit("acct_ada", Ground.SESSION), now=NOW)[0]
    credentials.recovery_codes["acct_bo"] = set(credentials.recovery_codes["acct_ada"])

    with pytest.raises(WrongCode):
        recovery_codes.verify("acct_bo", code, now=NOW)


def test_what_is_stored_cannot_be_searched_without_the_secret_key(credentials: MemoryCredentials) -> None:
    code = RecoveryCodes(credentials, SECRET, RepeatableEntropy()).renew(
        Permit("acct_ada", Ground.SESSION), now=NOW
    )[0]
    other_key = type(SECRET)("another secret key of thirty-two characters")

    with pytest.raises(WrongCode):
        RecoveryCodes(credentials, other_key, RepeatableEntropy()).verify("acct_ada", code, now=NOW)


@pytest.mark.parametrize(
    "write",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " – "),
        lambda code: code.translate({ord(character): ord(character) + 0xFEE0 for character in ALPHABET}),
        lambda code: code.replace("0", "o").replace("1", "l"),
        lambda code: f"\u200b {code}\r\n",
    ],
)
def test_a_code_may_be_typed_as_people_type_it(recovery_codes: RecoveryCodes, write: object) -> None:
    assert callable(write)
    for code in recovery_codes.renew(Permit("acct_ada", Ground.SESSION), now=NOW):
        recovery_codes.verify("acct_ada", write(code), now=NOW)


@given(st.text(max_size=200))
def test_any_text_is_refused_as_a_wrong_code(text: str) -> None:
    with pytest.raises(WrongCode):
        RecoveryCodes(MemoryCredentials(), SECRET, RepeatableEntropy()).verify("acct_ada", text, now=NOW)


@given(st.text(alphabet=ALPHABET, min_size=CHARACTERS, max_size=CHARACTERS))
def test_writing_a_code_well_changes_nothing(code: str) -> None:
    assert normalise(code) == code
