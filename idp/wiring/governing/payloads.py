"""Reading payloads strictly: every member is asked for by name, and none may be left over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from idp.foundation.sentence import N_, Problem, Refusal, Sentence, Value, problem
from idp.governance.kinds import BadPayload, CannotApply, Payload

LONGEST = 1_000
"""Characters of a text, unless its reader says less."""
MOST = 50
"""Entries of a list."""


class Reader:
    """One payload on its way in. `done` raises everything that was wrong with it, at once."""

    def __init__(self, payload: Payload) -> None:
        self._left = dict(payload)
        self._problems: list[Problem] = []

    def wrong(self, name: str, code: str, english: str, /, **values: Value) -> None:
        """Note what is wrong with a member."""
        self._problems.append(problem(name, code, english, **values))

    def text(self, name: str, *, longest: int = LONGEST, default: str | None = None) -> str:
        """A text that is not empty, unless `default` is."""
        value = self._left.pop(name, default)
        is_text = isinstance(value, str) and len(value) <= longest and value.isprintable()
        if not is_text or (not value and default != ""):
            self._no_text(name, longest)
            return ""
        return str(value)

    def prose(self, name: str, *, longest: int) -> str:
        """A text of several lines."""
        value = self._left.pop(name, None)
        is_text = isinstance(value, str) and 0 < len(value) <= longest
        if not is_text or not all(char.isprintable() or char in "\n\t" for char in str(value)):
            self._no_text(name, longest)
            return ""
        return str(value)

    def choice(self, name: str, words: Collection[str], *, default: str | None = None) -> str:
        """One of these words."""
        value = self._left.pop(name, default)
        if not isinstance(value, str) or value not in words:
            self.wrong(name, "payload-choice", N_("It is one of these: %(known)s."), known=", ".join(words))
            return next(iter(words))
        return value

    def number(self, name: str, low: int, high: int) -> int:
        """A whole number."""
        value = self._left.pop(name, None)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(
                name,
                "payload-number",
                N_("It is a whole number from %(low)s to %(high)s."),
                low=low,
                high=high,
            )
            return low
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Yes or no."""
        value = self._left.pop(name, default)
        if not isinstance(value, bool):
            self.wrong(name, "payload-flag", N_("It is true or false."))
            return default
        return value

    def texts(self, name: str, *, words: Collection[str] | None = None, least: int = 0) -> list[str]:
        """A list of different texts, in order of the alphabet: whoever writes them differently means the same."""
        value = self._left.pop(name, [])
        is_list = isinstance(value, list) and least <= len(value) <= MOST
        if not is_list or not all(isinstance(one, str) and 0 < len(one) <= LONGEST for one in value):
            self.wrong(
                name,
                "payload-list",
                N_("It is a list of %(least)s to %(most)s texts."),
                least=least,
                most=MOST,
            )
            return []
        if unknown := sorted(set(value) - set(words or value)):
            self.wrong(
                name,
                "payload-words",
                N_("It has what is none of %(known)s: %(unknown)s."),
                known=", ".join(words or ()),
                unknown=", ".join(unknown),
            )
        return sorted(set(value))

    def names(self, name: str) -> dict[str, str]:
        """A text for each language tag."""
        value = self._left.pop(name, None)
        is_object = isinstance(value, Mapping) and 0 < len(value) <= MOST
        if not is_object or not all(_is_named(tag, text) for tag, text in value.items()):
            self.wrong(name, "payload-names", N_("It has a text for each language tag, such as en or zh-CN."))
            return {}
        return {str(tag): str(text) for tag, text in sorted(value.items())}

    def pairs(self, name: str, *, most: int = MOST) -> dict[str, str]:
        """A text for each of several texts."""
        value = self._left.pop(name, {})
        is_object = isinstance(value, Mapping) and len(value) <= most
        if not is_object or not all(_is_text(key) and _is_text(text) for key, text in value.items()):
            self.wrong(
                name, "payload-pairs", N_("It has a text for each of at most %(most)s texts."), most=most
            )
            return {}
        return {str(key): str(text) for key, text in sorted(value.items())}

    def object(self, name: str) -> dict[str, Any] | None:
        """Any JSON object, or nothing."""
        value = self._left.pop(name, None)
        if value is not None and not isinstance(value, Mapping):
            self.wrong(name, "payload-object", N_("It is an object, or left out."))
            return None
        return None if value is None else dict(value)

    def done(self) -> None:
        """Raises: BadPayload — with everything that is wrong, and what is left over."""
        for name in sorted(map(str, self._left)):
            self.wrong(name[:LONGEST], "payload-member", N_("There is no such member."))
        if self._problems:
            raise BadPayload(*self._problems)

    def _no_text(self, name: str, longest: int) -> None:
        self.wrong(name, "payload-text", N_("It is a text of 1 to %(longest)s characters."), longest=longest)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()


def _is_named(tag: object, text: object) -> bool:
    return (
        isinstance(tag, str)
        and isinstance(text, str)
        and 0 < len(tag) <= 35
        and 0 < len(text) <= 200
        and text.isprintable()
    )


def sentence_of(error: Exception) -> Sentence:
    """What another domain says against a change: its sentence, or its words for whoever runs the installation."""
    if isinstance(error, Refusal):
        return error.sentence
    return Sentence("refused", N_("It is refused: %(detail)s"), {"detail": str(error)})


def refused(error: Exception) -> CannotApply:
    """The same, as kinds say it."""
    return CannotApply(Problem("", sentence_of(error)))
