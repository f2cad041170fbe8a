"""What checks say, in the reader's language (`idp.foundation.sentence`)."""

from __future__ import annotations

from collections.abc import Iterable

from idp.foundation.sentence import Problem, Sentence
from idp.web.locale import gettext


def words(sentence: Sentence) -> str:
    """The sentence as the reader's page says it."""
    return sentence.said(gettext)


def in_one(problems: Iterable[Problem]) -> str:
    """Several in a line, for the sentence above a form."""
    return " ".join(words(one.sentence) for one in problems)


def line(problem: Problem, label: str) -> str:
    """A problem with what it is about: the label of a field, or nothing."""
    if not label:
        return words(problem.sentence)
    return gettext("%(label)s: %(sentence)s", label=label, sentence=words(problem.sentence))
