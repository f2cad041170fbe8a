"""Sentences that are made where they are read: a code, the English of it, and the values that stand in it.

A check says what it found as a value. A page says it in the reader's language (`idp.web.sentences`); commands, the log
and the API say the English, and the API the code too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

LONGEST_VALUE = 200
"""Characters of a value; more of it would hide the sentence."""

Value = str | int


def N_(english: str) -> str:
    """Mark an English sentence for the catalogues: it is translated where it is read, and not here."""
    return english


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is to be said, in no language yet."""

    code: str
    """What it is about, for programs: it never changes, and belongs to one English sentence."""
    english: str
    """With a place such as %(name)s for each value."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """Input, mostly: whoever shows it escapes it."""

    def said(self, translate: Callable[[str], str]) -> str:
        """The sentence in the language that `translate` turns English into."""
        return translate(self.english) % {name: _shown(value) for name, value in self.values.items()}

    def __str__(self) -> str:
        return self.said(str)


@dataclass(frozen=True, slots=True)
class Problem:
    """What speaks against something, for the person who asks for it."""

    field: str
    """The member of what was handed in, or empty."""
    sentence: Sentence

    def __str__(self) -> str:
        return f"{self.field}: {self.sentence}" if self.field else str(self.sentence)


def problem(field: str, code: str, english: str, /, **values: Value) -> Problem:
    """A problem and its sentence at once."""
    return Problem(field, Sentence(code, english, values))


class Refusal(Exception):
    """Something is refused, with a sentence for whoever asked for it."""

    def __init__(self, code: str, english: str, /, **values: Value) -> None:
        self.sentence = Sentence(code, english, values)
        super().__init__(str(self.sentence))

    @classmethod
    def because(cls, other: Refusal) -> Self:
        """The same sentence as another refusal, which was the reason."""
        return cls(other.sentence.code, other.sentence.english, **other.sentence.values)


def kept(sentences: Iterable[Sentence]) -> str:
    """Sentences as a text to store, so that they can be said in any language later."""
    return json.dumps(
        [
            [one.code, one.english, {name: _shown(value) for name, value in one.values.items()}]
            for one in sentences
        ],
        ensure_ascii=False,
    )


def read_kept(text: str) -> tuple[Sentence, ...]:
    """The inverse. What was stored as plain words, by an earlier release, is one sentence that says just them."""
    try:
        found = tuple(Sentence(code, english, values) for code, english, values in json.loads(text))
        _ = [str(one) for one in found]
    except (ValueError, TypeError, KeyError, AttributeError):
        return (Sentence("words", "%(words)s", {"words": text}),)
    return found


def _shown(value: Value) -> str:
    """A value at a length that can be read, without what would steer a terminal."""
    text = str(value)
    cut = text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
    return "".join(char if char.isprintable() else "\ufffd" for char in cut)
