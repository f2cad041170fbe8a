"""Taking claims apart strictly: what is missing, of another type or too large is refused by its name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.foundation.clock import from_seconds

LATEST_MOMENT = 10**11
"""Seconds since 1970: a date of the year 5138 is nobody's."""
LARGEST_NUMBER = 2**53 - 1
"""Beyond it two JSON readers may see different numbers. Spec: RFC 7493 §2.2."""
DEEPEST = 32
MAX_KEYS = 32
"""In a JWK Set: three algorithms, each with the next key, the present one and what was changed lately."""
LAST_PLAIN_CHARACTER = "\uffff"


class BadBundle(ValueError):
    """Not a trust bundle, or not a lineage. The message is for our log and quotes nothing of it."""


class Claims:
    """One JSON object, and where it stands in the document. Every method raises BadBundle."""

    __slots__ = ("_members", "_where")

    def __init__(self, value: Any, where: str = "") -> None:
        if not isinstance(value, Mapping):
            raise BadBundle(f"{where or 'the document'} is no object")
        self._members = value
        self._where = where

    def fault(self, name: str, what: str) -> BadBundle:
        """The error to raise for a member."""
        return BadBundle(f"{self._where}{name} {what}")

    def text(self, name: str, longest: int = 1_000, *, may_be_empty: bool = False) -> str:
        value = self._members.get(name)
        if not isinstance(value, str) or len(value) > longest or not (value or may_be_empty):
            raise self.fault(name, "is no text, or too long")
        return value

    def whole(self, name: str, least: int = 0, most: int = LARGEST_NUMBER) -> int:
        value = self._members.get(name)
        # `type` and not isinstance: true is no number.
        if type(value) is not int or not least <= value <= most:
            raise self.fault(name, "is no whole number, or out of range")
        return int(value)

    def wholes(self, name: str, length: int, most: int) -> tuple[int, ...]:
        """A list of so many whole numbers."""
        value = self._members.get(name)
        is_list = isinstance(value, list) and len(value) == length
        if not is_list or not all(type(one) is int and 0 <= one <= most for one in value or ()):
            raise self.fault(name, "is no list of whole numbers, or one is out of range")
        return tuple(value or ())

    def moment(self, name: str) -> datetime:
        return from_seconds(self.whole(name, most=LATEST_MOMENT))

    def object(self, name: str) -> Claims:
        return Claims(self.members(name), f"{self._where}{name}.")

    def members(self, name: str) -> Mapping[str, Any]:
        value = self._members.get(name)
        if not isinstance(value, Mapping):
            raise self.fault(name, "is no object")
        return value

    def list(self, name: str, longest: int) -> list[Claims]:
        value = self._members.get(name)
        if not isinstance(value, list) or len(value) > longest:
            raise self.fault(name, "is no list, or too long")
        return [Claims(one, f"{self._where}{name}[{number}].") for number, one in enumerate(value)]

    def texts(self, name: str, most: int, longest: int) -> tuple[str, ...]:
        """A list of texts, none of them empty."""
        value = self._members.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise self.fault(name, "is no list, or too long")
        if not all(isinstance(one, str) and 0 < len(one) <= longest for one in value):
            raise self.fault(name, "has something else than texts, or one that is too long")
        return tuple(value)

    def but(self, known: frozenset[str]) -> Mapping[str, Any]:
        """The members of this object that have other names."""
        return {name: value for name, value in self._members.items() if name not in known}

    def names(self, most: int) -> tuple[str, ...]:
        """The members of this object, whose names are data."""
        if len(self._members) > most:
            raise BadBundle(f"{self._where} has too many members")
        return tuple(self._members)

    def jwks(self, name: str, *, least: int = 0) -> Mapping[str, Any]:
        """A JWK Set of at most 32 keys, each with a `kid` of its own. Spec: RFC 7517 §5."""
        keys = self.object(name).list("keys", MAX_KEYS)
        kids = {key.text("kid", 255) for key in keys}
        if len(kids) != len(keys) or len(keys) < least:
            raise self.fault(name, "has two keys of one kid, or too few")
        return self.members(name)


def require_canonical(value: Any, depth: int = 0) -> None:
    """See that everybody's canonical JSON of this is the same bytes. Raises: BadBundle. Spec: RFC 8785 §3.2.

    Whole numbers only; member names without the rare characters that Python and JavaScript sort differently.
    """
    if depth > DEEPEST:
        raise BadBundle("too deep")
    if isinstance(value, dict):
        for name, member in value.items():
            if not name.isascii() and max(name) > LAST_PLAIN_CHARACTER:
                raise BadBundle("a member's name cannot be sorted in one way")
            require_canonical(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            require_canonical(member, depth + 1)
    elif type(value) is float or (type(value) is int and abs(value) > LARGEST_NUMBER):
        raise BadBundle("a number is not whole, or too large")
