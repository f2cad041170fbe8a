"""Identifiers and people's names."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idp.accounts.names import (
    MAX_IDENTIFIER,
    MAX_NAME,
    NameProblem,
    NameRefused,
    normalise_identifier,
    normalise_name,
    normalise_phone,
)

LONG_NAME = "古丽巴哈尔·阿卜杜热依木"
RARE_NAME = "𬭚𠮷𫍯"
NEWEST_CHARACTER = "\U000323af"
"""In Unicode since 15.0, so younger than the tables of Python 3.11."""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada", "ada"),
        ("  ada\t", "ada"),
        ("ＡＤＡ＠Example．CN", "ada@example.cn"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("e\u0301va", "\u00e9va"),
        ("张伟", "张伟"),
        (LONG_NAME, LONG_NAME),
        (RARE_NAME, RARE_NAME),
        ("a\u200bd\u00ada\x00", "ada"),
        ("13800000000", "+8613800000000"),
        ("138 0000 0000", "+8613800000000"),
        ("+86 138-0000-0000", "+8613800000000"),
        ("0086 138 0000 0000", "+8613800000000"),
        ("１３８－００００－００００", "+8613800000000"),
        ("138–0000–0000", "+8613800000000"),
        ("+44 (20) 7946.0000", "+442079460000"),
        ("20260001", "20260001"),
        ("12800000000", "12800000000"),
        ("+0123456789", "+0123456789"),
        ("+1234", "+1234"),
        ("", ""),
    ],
)
def test_an_identifier_is_found_however_it_is_typed(typed: str, kept: str) -> None:
    assert normalise_identifier(typed) == kept


@given(st.text(alphabet=st.characters(), max_size=400))
@example("\u0345\u0390\u1fb3\ufb13\u1e9e")
@example("00 \ud800 138")
@example("1380000000\u0660")
def test_any_text_has_one_form_and_keeps_it(typed: str) -> None:
    form = normalise_identifier(typed)

    assert normalise_identifier(form) == form
    assert len(form) <= MAX_IDENTIFIER
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in form)


@given(st.text(alphabet="0123456789+ -()./–", max_size=25))
def test_a_telephone_number_is_a_plus_and_digits_or_none_at_all(typed: str) -> None:
    phone = normalise_phone(typed)

    if phone is not None:
        assert phone[0] == "+"
        assert phone[1:].isdecimal()
        assert normalise_phone(phone) == phone


@pytest.mark.parametrize(
    "name",
    [
        "张伟",
        LONG_NAME,
        LONG_NAME * 4,
        RARE_NAME,
        NEWEST_CHARACTER + "明",
        NEWEST_CHARACTER,
        "Ada Lovelace",
        "J. R. R. Tolkien",
        "O’Brien-Smith",
        "Zoë Ångström",
        "گۈلباھار ئابدۇرېھىم",
        "བསྟན་འཛིན",
        "ᠮᠣᠩᠭᠣᠯ\u180e\u1820",
        "〇",
        "𠮷" * MAX_NAME,
        # Compatibility ideographs of GB 18030: canonical composition would turn them into others.
        "\uf92c\uf979\uf995\uf9e7\uf9f1",
        "\ufa0e\ufa0f\ufa11",
    ],
)
def test_a_name_is_kept_as_it_is(name: str) -> None:
    assert normalise_name(name) == name


@pytest.mark.parametrize("dot", ["•", "・", "･", "‧", "∙", "⋅", "．", ".", "\u0387", " · ", " . "])
def test_what_stands_in_the_separator_s_place_becomes_the_separator(dot: str) -> None:
    assert normalise_name(f"古丽巴哈尔{dot}阿卜杜热依木") == LONG_NAME


def test_a_full_stop_elsewhere_stays_a_full_stop() -> None:
    assert normalise_name("J. Smith") == "J. Smith"
    assert normalise_name("John St.John") == "John St.John"


def test_a_name_is_composed_and_loses_superfluous_spaces() -> None:
    assert normalise_name(" Zoe\u0308\u3000 \n Li ") == "Zo\u00eb Li"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", NameProblem.EMPTY),
        (" \u3000", NameProblem.EMPTY),
        ("·", NameProblem.EMPTY),
        ("123 !", NameProblem.EMPTY),
        ("𠮷" * (MAX_NAME + 1), NameProblem.TOO_LONG),
        ("Ada\x00", NameProblem.FORBIDDEN_CHARACTER),
        ("Ada\x1b[31m", NameProblem.FORBIDDEN_CHARACTER),
        ("Ada \u202enil", NameProblem.FORBIDDEN_CHARACTER),
        ("\u2066Ada\u2069", NameProblem.FORBIDDEN_CHARACTER),
        ("Ada\u200b", NameProblem.FORBIDDEN_CHARACTER),
        ("Ada \ue000", NameProblem.FORBIDDEN_CHARACTER),
        ("Ada \ud800", NameProblem.FORBIDDEN_CHARACTER),
        ("Ada \uffff", NameProblem.FORBIDDEN_CHARACTER),
        ("·张伟", NameProblem.MISPLACED_SEPARATOR),
        ("张伟•", NameProblem.MISPLACED_SEPARATOR),
        ("张··伟", NameProblem.MISPLACED_SEPARATOR),
        ("张· ·伟", NameProblem.MISPLACED_SEPARATOR),
    ],
)
def test_what_cannot_be_a_name_is_refused_with_its_reason(name: str, problem: NameProblem) -> None:
    with pytest.raises(NameRefused) as refused:
        normalise_name(name)

    assert refused.value.problem is problem


@given(st.text(alphabet=st.characters(), max_size=120))
@example("张.伟")
@example("张. .伟")
@example("\uf92c\u0301.a")
def test_any_text_is_a_name_for_good_or_refused(text: str) -> None:
    try:
        name = normalise_name(text)
    except NameRefused:
        return

    assert normalise_name(name) == name
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Co") for character in name)
