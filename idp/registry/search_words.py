"""Under which words a mini-app is found, and which words of a question are looked for: in both scripts, one index.

Chinese is not written with spaces: a run of characters goes in as single characters and as pairs, so that any piece of
a name finds it. A word of an alphabet goes in whole, and with its beginnings, so that it is found while it is typed.
The category is one more word. What is asked for must be there in all its words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

from idp.registry.submission import Category

MAX_WORDS_OF_APP = 200
"""More would be an essay, and rows."""
MAX_WORDS_OF_QUESTION = 8
MAX_QUESTION_LENGTH = 100
LONGEST_WORD = 32
BEGINNINGS = range(2, 9)
"""How many letters of a word find it already; who types more, types the whole word."""


def words_of_app(names: Iterable[str], texts: Iterable[str], category: Category) -> tuple[str, ...]:
    """The words of an app: `names` also by the beginnings of their words, `texts` by whole words."""
    found = _all_words(names, texts, category)
    return tuple(islice(dict.fromkeys(found), MAX_WORDS_OF_APP))


def words_of_question(question: str, category: Category | None = None) -> tuple[str, ...]:
    """What is looked for. Empty: everything."""
    asked = [] if category is None else [word_of(category)]
    for run, is_ideographic in _runs(question[:MAX_QUESTION_LENGTH]):
        asked.extend(_pairs(run) if is_ideographic else [run[:LONGEST_WORD]])
    return tuple(dict.fromkeys(asked))[:MAX_WORDS_OF_QUESTION]


def word_of(category: Category) -> str:
    """The word of a category; no word that anybody writes begins like this."""
    return f"#{category}"


def _all_words(names: Iterable[str], texts: Iterable[str], category: Category) -> Iterator[str]:
    yield word_of(category)
    for text, with_beginnings in (*((name, True) for name in names), *((text, False) for text in texts)):
        for run, is_ideographic in _runs(text):
            if is_ideographic:
                yield from _pairs(run)
                yield from run
            else:
                yield run[:LONGEST_WORD]
                yield from (run[:size] for size in BEGINNINGS if with_beginnings and size < len(run))


def _pairs(run: str) -> list[str]:
    return [one + other for one, other in pairwise(run)] or [run]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Words of letters and digits, and runs of ideographs, each with whether it is one of those."""
    run, was_ideographic = "", False
    for char in unicodedata.normalize("NFKC", text).casefold():
        # Marks belong to the letter before them: scripts of India, Tibet and Arabia have many.
        is_part = unicodedata.category(char)[0] in "LNM"
        is_ideographic = is_part and unicodedata.name(char, "").startswith("CJK")
        if run and (not is_part or is_ideographic is not was_ideographic):
            yield run, was_ideographic
            run = ""
        if is_part:
            run, was_ideographic = run + char, is_ideographic
    if run:
        yield run, was_ideographic
