"""New accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.person import Account, RealNameAssurance
from idp.accounts.registration import InvalidClaims, changed_account, identifiers_of, new_account
from idp.foundation.clock import to_seconds
from idp.foundation.entropy import SystemEntropy
from idp.oidc.claims import ALL_CLAIMS

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
EVERYTHING: dict[str, Any] = {
    "name": "古丽巴哈尔·阿卜杜热依木",
    "family_name": "阿卜杜热依木",
    "given_name": "古丽巴哈尔",
    "middle_name": "𬭚",
    "nickname": "Güli",
    "preferred_username": "guli",
    "profile": "https://people.example/guli",
    "picture": "https://people.example/guli.jpg",
    "website": "https://例子.example/",
    "gender": "female",
    "birthdate": "1948-02-29",
    "zoneinfo": "Asia/Urumqi",
    "locale": "ug-CN",
    "email": "guli@post.example.cn",
    "email_verified": True,
    "phone_number": "+8613800000000",
    "phone_number_verified": False,
    "address": {"formatted": "1 Long Street\nEast", "country": "CN"},
}


def register(claims: dict[str, Any], username: str = "guli") -> Account:
    return new_account(username, claims, RealNameAssurance.IN_PERSON, SystemEntropy(), now=NOW)


def problems(claims: dict[str, Any], username: str = "guli") -> tuple[str, ...]:
    with pytest.raises(InvalidClaims) as refused:
        register(claims, username)
    return refused.value.problems


def test_every_standard_claim_is_kept_with_its_type() -> None:
    account = register(EVERYTHING)

    assert account.claims == {**EVERYTHING, "real_name_assurance": 2, "updated_at": to_seconds(NOW)}
    assert set(account.claims) == set(ALL_CLAIMS)
    assert account.is_active
    assert account.id.startswith("acct_")
    assert account.name == EVERYTHING["name"]


def test_a_claim_without_a_value_is_left_out() -> None:
    assert "nickname" not in register({"name": "张伟", "nickname": None}).claims


def test_names_and_telephone_numbers_are_kept_in_their_one_form() -> None:
    account = register({"name": " 张・伟 ", "phone_number": "138 0000 0000"})

    assert (account.claims["name"], account.claims["phone_number"]) == ("张·伟", "+8613800000000")


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("name", "Ada\u202e"),
        ("name", 7),
        ("nickname", ""),
        ("nickname", "x" * 201),
        ("gender", "\x1b[31m"),
        ("website", "http://example.org"),
        ("website", "javascript:alert(1)"),
        ("website", "https://user@example.org"),
        ("website", "https://example.org:port"),
        ("website", "https://[::1"),
        ("picture", "https:///nowhere"),
        ("profile", "https://example.org/a b"),
        ("email", "guli"),
        ("email", "guli@"),
        ("email", "@example.org"),
        ("email", "guli@example..org"),
        ("email", "guli@-example.org"),
        ("email", "a b@example.org"),
        ("email", "a@b@example.org"),
        ("email", "x" * 250 + "@example.org"),
        ("email_verified", "true"),
        ("phone_number_verified", 1),
        ("phone_number", "12345"),
        ("phone_number", 13800000000),
        ("birthdate", "1990-02-30"),
        ("birthdate", "19900101"),
        ("birthdate", "1990-W01-1"),
        ("birthdate", "2027-01-01"),
        ("birthdate", "0000-13-01"),
        ("birthdate", "0000"),
        ("birthdate", "１９９０-01-01"),
        ("zoneinfo", "Beijing"),
        ("zoneinfo", "../etc/passwd"),
        ("zoneinfo", ""),
        ("locale", "Chinese (simplified)"),
        ("locale", "c"),
        ("locale", "zh--CN"),
        ("address", "1 Long Street"),
        ("address", {}),
        ("address", {"street": "1 Long Street"}),
        ("address", {"formatted": ""}),
        ("address", {"country": 86}),
        ("address", {"locality": "\u202eEast"}),
        ("updated_at", 0),
        ("real_name_assurance", 2),
        ("sub", "guli"),
        ("national_id", "11010519491231002X"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_and_not_quoted(claim: str, value: Any) -> None:
    found = problems({"email": "a@b.cn", "phone_number": "+8613800000000", claim: value})

    assert len(found) == 1
    assert found[0].startswith(f"{claim} ")
    assert not (isinstance(value, str) and len(value) > 6 and value in found[0])


@pytest.mark.parametrize("birthdate", ["1948-02-29", "1948", "0000-02-29", "2026-11-20"])
def test_a_birthdate_may_lack_its_year_or_its_day(birthdate: str) -> None:
    assert register({"birthdate": birthdate}).claims["birthdate"] == birthdate


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Argentina/Buenos_Aires", "Etc/GMT+8", "UTC"])
def test_time_zones_are_known_by_their_shape(zone: str) -> None:
    assert register({"zoneinfo": zone}).claims["zoneinfo"] == zone


def test_every_problem_is_listed_at_once() -> None:
    found = problems(
        {"email": "guli", "birthdate": "tomorrow", "phone_number_verified": True}, username="a b"
    )

    assert [sentence.split()[0] for sentence in found] == [
        "username",
        "email",
        "birthdate",
        "phone_number_verified",
    ]


@pytest.mark.parametrize(
    "username",
    [
        "",
        "   ",
        "a b",
        "a\u202eb",
        "\u200b",
        "x" * 65,
        "guli@example.org",
        "ｇｕｌｉ＠example",
        "13800000000",
        "+86 138",
    ],
)
def test_a_username_is_short_plain_and_nobody_else_s_address(username: str) -> None:
    assert problems({}, username)[0].startswith("username")


@pytest.mark.parametrize(
    "username", ["guli", "张伟", "𬭚𠮷𫍯", "\U000323af", "古丽巴哈尔·阿卜杜热依木", "20260001", "o'brien"]
)
def test_a_username_may_be_in_any_script(username: str) -> None:
    assert register({}, username).username == username


def test_a_person_signs_in_with_the_username_and_with_what_was_verified() -> None:
    account = register({**EVERYTHING, "email": "Guli@Post.example.cn"}, username="Güli")

    assert identifiers_of(account) == ("güli", "guli@post.example.cn")


def test_a_verified_telephone_number_signs_in_too() -> None:
    account = register({"phone_number": "138 0000 0000", "phone_number_verified": True})

    assert identifiers_of(account) == ("guli", "+8613800000000")


def test_changed_claims_are_checked_alike() -> None:
    account = register({"name": "王伟", "nickname": "小王"})

    changes = {"name": "张伟", "nickname": None}
    changed = changed_account(account, changes, RealNameAssurance.DOCUMENT_CHECKED, now=NOW)

    assert changed.claims == {"name": "张伟", "real_name_assurance": 1, "updated_at": to_seconds(NOW)}
    assert changed.assurance is RealNameAssurance.DOCUMENT_CHECKED
    with pytest.raises(InvalidClaims):
        changed_account(account, {"name": ""}, RealNameAssurance.DOCUMENT_CHECKED, now=NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*ALL_CLAIMS, "other"]), JSON, max_size=6), st.text(max_size=80))
def test_anything_given_is_kept_or_refused_in_words(claims: dict[str, Any], username: str) -> None:
    try:
        account = register(claims, username)
    except InvalidClaims:
        return

    assert set(account.claims) <= set(ALL_CLAIMS)
