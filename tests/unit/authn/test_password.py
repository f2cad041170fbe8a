"""Which passwords are accepted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.authn.factors.common_passwords import BUILT_IN, Blocklist
from idp.authn.factors.password import (
    MAX_LENGTH,
    PasswordPolicy,
    PasswordProblem,
    PasswordRefused,
    Passwords,
    prepare,
)
from idp.authn.permit import Ground, Permit
from tests.unit.authn.memory import MemoryCredentials
from tests.unit.authn.people import NOW, cheap_hasher

ABOUT = ("ada.lin", "林安娜", "Ada Lin", "a.lin@post.example.cn", "+8613800000000")
BLOCKLIST = Blocklist.load()
POLICY = PasswordPolicy(min_length=8, blocklist=BLOCKLIST, region_words=("East", "东区"))

COMMON = """
12345678 87654321 11111111 abcdefgh qwertyuiop 1qaz2wsx !QAZ@WSX 1qaz@WSX3edc 1q2w3e4r a1b2c3d4
qazwsxedc 123123123 password PassWord P@ssw0rd Password2024! woaini1314 WoAiNi520 13145200
a123456789 qq123456789 abc@12345 Zhang@19900101 wangwei1990 lihua8888 13800138000 19900101 01011990
zhangwei@123 iloveyou!! wangwangwang asdfghjkl;1 我爱你123456 admin@123456 beijing2026 qweasdzxc
147258369 aabbccdd123 summer2026 888888888
"""

PERMIT = Permit("acct_ada", Ground.SESSION)


def refusal(password: str) -> PasswordProblem | None:
    try:
        POLICY.check(password, ABOUT)
    except PasswordRefused as error:
        return error.problem
    return None


@pytest.mark.parametrize(
    "password",
    [
        "lotus pond at dusk",
        "correct horse battery staple",
        "梅花三弄听雨眠吧",
        "Tx9!mvQ2",
        "83749281",
        "lantern-otter-42-quiet",
        "\u00e9t\u00e9 \u00e0 la mer",
        "𬭚𠮷𫍯 and others",
        ("x7 plums, " * MAX_LENGTH)[:MAX_LENGTH],
    ],
)
def test_an_uncommon_password_is_accepted_whatever_characters_it_has(password: str) -> None:
    assert refusal(password) is None


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", PasswordProblem.TOO_SHORT),
        ("k7#pQ2x", PasswordProblem.TOO_SHORT),
        ("𬭚𠮷𫍯𬭚𠮷𫍯𬭚", PasswordProblem.TOO_SHORT),
        ("x7" + "k" * (MAX_LENGTH - 1), PasswordProblem.TOO_LONG),
        ("lotus\x00pond", PasswordProblem.UNUSABLE_CHARACTERS),
        ("lotus\npond", PasswordProblem.UNUSABLE_CHARACTERS),
        ("lotus pond \ud800", PasswordProblem.UNUSABLE_CHARACTERS),
    ],
)
def test_length_is_counted_in_characters_and_control_characters_are_refused(
    password: str, problem: PasswordProblem
) -> None:
    assert refusal(password) is problem


@pytest.mark.parametrize("password", COMMON.split())
def test_what_guessers_try_first_is_refused(password: str) -> None:
    assert refusal(password) is PasswordProblem.COMMON


@pytest.mark.parametrize(
    "password",
    ["ada.lin!7", "AdaLin-x9k", "林安娜的秘密花园", "x+8613800000000x", "a.lin@post.example.cn", "east-x7k9"],
)
def test_little_more_than_one_s_own_name_or_the_region_s_is_refused(password: str) -> None:
    assert refusal(password) is PasswordProblem.PERSONAL


@pytest.mark.parametrize(
    "password", ["the beast under the bridge", "adalin hums to seven owls", "palindrome of tea"]
)
def test_a_long_password_may_contain_such_a_word_by_the_way(password: str) -> None:
    assert refusal(password) is None


def test_the_built_in_list_is_large_unique_and_folded() -> None:
    lines = [line for line in BUILT_IN.read_text(encoding="utf-8").splitlines() if line[:2] not in ("", "##")]

    assert len(lines) >= 2_000
    assert len(set(lines)) == len(lines)
    assert all(line == line.strip().casefold() for line in lines)


def test_an_operator_s_own_list_is_refused_too(tmp_path: Path) -> None:
    further = tmp_path / "further.txt"
    further.write_text("## of our region\nLotus Pond At Dusk\n\n", encoding="utf-8")
    policy = PasswordPolicy(min_length=8, blocklist=Blocklist.load(further))

    with pytest.raises(PasswordRefused) as refused:
        policy.check("lotus pond at dusk", ())

    assert refused.value.problem is PasswordProblem.COMMON


def test_the_same_password_is_known_however_it_is_typed() -> None:
    composed, decomposed = "été à la mer", "e\u0301te\u0301 a\u0300 la mer"

    assert prepare(composed) == prepare(decomposed)
    assert prepare("lotus\u3000pond\u00a0at dusk") == "lotus pond at dusk"


def test_a_password_is_stored_as_a_hash_with_its_time() -> None:
    credentials, hasher = MemoryCredentials(), cheap_hasher()

    Passwords(credentials, hasher, POLICY).set(PERMIT, "lotus pond at dusk", about=ABOUT, now=NOW)

    record = credentials.passwords["acct_ada"]
    hasher.verify(record.argon2_hash, "lotus pond at dusk")
    assert record.changed_at == NOW


def test_a_refused_password_changes_nothing() -> None:
    credentials = MemoryCredentials()

    with pytest.raises(PasswordRefused):
        Passwords(credentials, cheap_hasher(), POLICY).set(PERMIT, "password", about=(), now=NOW)

    assert credentials.passwords == {}


@given(st.text(max_size=300))
def test_any_text_is_either_prepared_for_good_or_refused(text: str) -> None:
    try:
        prepared = prepare(text)
    except PasswordRefused:
        return

    assert prepare(prepared) == prepared
    assert "\x00" not in prepared


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=3))
def test_the_policy_answers_for_any_text(password: str, about: list[str]) -> None:
    try:
        POLICY.check(password, about)
    except PasswordRefused:
        return

    assert len(prepare(password)) >= POLICY.min_length
