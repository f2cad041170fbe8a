"""Sentences that are made where they are read."""

from __future__ import annotations

import json

import pytest

from idp.foundation.sentence import LONGEST_VALUE, N_, Problem, Refusal, Sentence, kept, problem, read_kept

GONE = Sentence(
    "not-there", N_("“%(name)s” is not there: %(count)s others are."), {"name": "tax", "count": 3}
)


def test_english_is_what_it_says_by_itself() -> None:
    assert str(GONE) == "“tax” is not there: 3 others are."


def test_another_language_has_the_same_values() -> None:
    said = GONE.said({GONE.english: "没有“%(name)s”：另有 %(count)s 个。"}.__getitem__)

    assert said == "没有“tax”：另有 3 个。"


def test_a_value_is_cut_and_steers_no_terminal() -> None:
    long = str(Sentence("x", "%(name)s", {"name": "a" * 10_000}))
    hostile = str(Sentence("x", "%(name)s", {"name": "a\x1b[2J%(name)s"}))

    assert (len(long), long[-1]) == (LONGEST_VALUE, "…")
    assert hostile == "a\ufffd[2J%(name)s"


def test_a_problem_names_its_field() -> None:
    assert str(problem("scopes", "missing", N_("It is missing."))) == "scopes: It is missing."
    assert str(Problem("", GONE)) == str(GONE)


def test_a_refusal_says_its_sentence_and_passes_it_on() -> None:
    class Other(Refusal):
        pass

    refusal = Refusal("missing", N_("%(what)s is missing."), what="It")

    assert str(refusal) == str(refusal.sentence) == "It is missing."
    assert Other.because(refusal).sentence == refusal.sentence


def test_kept_sentences_can_be_said_in_another_language_later() -> None:
    found = read_kept(kept((GONE, GONE)))

    assert [(one.code, one.english) for one in found] == [(GONE.code, GONE.english)] * 2
    assert str(found[0]) == str(GONE)


@pytest.mark.parametrize(
    "text",
    [
        "the region does not answer",
        "100 % of it",
        "null",
        "7",
        '{"a": 1}',
        json.dumps([["code", "%(gone)s", {}]]),
        json.dumps([["code", "%(n)d", {"n": "x"}]]),
        json.dumps([[1, 2, 3]]),
        json.dumps([["code", "english"]]),
        json.dumps([["code", "100 %", {"a": 1}]]),
    ],
)
def test_words_that_were_stored_as_such_are_said_as_such(text: str) -> None:
    (found,) = read_kept(text)

    assert str(found) == text
