"""Under which words a mini-app is found."""

from __future__ import annotations

import pytest

from idp.registry.search_words import MAX_WORDS_OF_APP, words_of_app, words_of_question
from idp.registry.submission import Category

WORDS = frozenset(
    words_of_app(
        ("个人所得税", "Income Tax", "东区税务局 East Tax Service", "ئۇيغۇر باج"),
        ("申报与查询个人所得税。", "File and look up your income tax."),
        Category.TAX,
    )
)


@pytest.mark.parametrize(
    "question",
    [
        "个人",
        "所得税",
        "税",
        "tax",
        "TAX",
        "inc",
        "Income tax",
        "税务 east",
        "报与查询",
        "look",
        "ｉｎｃｏｍｅ",
        "ئۇي",
    ],
)
def test_any_piece_of_what_it_says_finds_it(question: str) -> None:
    wanted = words_of_question(question)

    assert wanted
    assert set(wanted) <= WORDS


@pytest.mark.parametrize("question", ["医保", "人个", "health", "come", "loo"])
def test_other_words_do_not(question: str) -> None:
    assert not set(words_of_question(question)) <= WORDS


def test_the_category_narrows() -> None:
    assert set(words_of_question("tax", Category.TAX)) <= WORDS
    assert not set(words_of_question("tax", Category.HEALTH)) <= WORDS


@pytest.mark.parametrize("question", ["", "  ", "·!?", "#"])
def test_a_question_without_words_asks_for_everything(question: str) -> None:
    assert words_of_question(question) == ()


def test_no_app_and_no_question_can_have_too_many_words() -> None:
    assert (
        len(words_of_app(("a" * 50,), (" ".join(map(str, range(9_000))),), Category.OTHER))
        == MAX_WORDS_OF_APP
    )
    assert len(words_of_question(" ".join(map(str, range(9_000))))) == 8
