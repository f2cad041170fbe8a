"""What JSON must look like, said once: requests are checked by it, and the OpenAPI document shows it.

Shapes are JSON Schema (2020-12). Objects are closed: a member that nobody knows is an error, never ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

Shape = Mapping[str, Any]

LONGEST_TEXT = 2_000


def text(most: int = LONGEST_TEXT, *, least: int = 0) -> Shape:
    """A text of so many characters."""
    return {"type": "string", "minLength": least, "maxLength": most}


def word(values: Iterable[str | StrEnum]) -> Shape:
    """One of these words."""
    return {"type": "string", "enum": [str(value) for value in values]}


def moment() -> Shape:
    """A time. Spec: RFC 3339 §5.6."""
    return {"type": "string", "format": "date-time", "maxLength": 40}


def number(least: int = 0, most: int = 2**53 - 1) -> Shape:
    """A whole number, of those that every program reads as one (RFC 8259 §6)."""
    return {"type": "integer", "minimum": least, "maximum": most}


def truth() -> Shape:
    """True or false."""
    return {"type": "boolean"}


def many(of: Shape, most: int = 1_000) -> Shape:
    """A list."""
    return {"type": "array", "items": of, "maxItems": most}


def texts_by_name() -> Shape:
    """An object of texts, such as one for each language."""
    return {"type": "object", "additionalProperties": text(), "maxProperties": 100}


def anything() -> Shape:
    """An object whose members another document describes."""
    return {"type": "object"}


def maybe(of: Shape) -> Shape:
    """This, or null."""
    return {"anyOf": [of, {"type": "null"}]}


def thing(members: Mapping[str, Shape], *, optional: Iterable[str] = ()) -> Shape:
    """A closed object."""
    left_out = frozenset(optional)
    return {
        "type": "object",
        "properties": dict(members),
        "required": [name for name in members if name not in left_out],
        "additionalProperties": False,
    }


def page_of(items: Shape) -> Shape:
    """A page of a list: `next` is the `after` of the following one, null at the end."""
    return thing({"items": many(items), "next": maybe(text())})


PROBLEM = {
    "type": "object",
    "properties": {
        "type": text(),
        "title": text(),
        "status": number(400, 599),
        "code": text(),
        "detail": text(),
        "request_id": text(),
        "problems": many(thing({"field": text(), "code": text(), "sentence": text()}, optional=("code",))),
    },
    "required": ["type", "title", "status", "request_id"],
}
"""Spec: RFC 9457 §3.1."""
