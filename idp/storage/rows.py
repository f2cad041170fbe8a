"""Small translations between rows and values that every repository needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, BindParameter, bindparam
from sqlalchemy.types import TypeEngine

from idp.foundation.clock import to_milliseconds


def given(name: str, kind: TypeEngine[Any] | None = None) -> BindParameter[Any]:
    """A value that the caller brings when the statement runs."""
    return bindparam(name, type_=kind)


NOW = given("now", BigInteger())
"""The present instant in a statement; bound as milliseconds."""

LONGEST_NAME = 1_000
"""No identifier that we store is longer; a longer one is not worth a look-up."""


def words(text: str) -> tuple[str, ...]:
    """The inverse of `joined`."""
    return tuple(text.split(" ")) if text else ()


def joined(values: Iterable[str]) -> str:
    """A list of words that contain no spaces: scopes, claim names, `amr` values, URIs."""
    return " ".join(values)


def document(value: Any) -> str:
    """A value as JSON text."""
    return orjson.dumps(value).decode()


def milliseconds_or_none(moment: datetime | None) -> int | None:
    """An optional instant as stored."""
    return None if moment is None else to_milliseconds(moment)


def can_be_stored(text: str) -> bool:
    """Whether some stored name could equal this input. PostgreSQL refuses NUL; neither driver encodes surrogates."""
    if len(text) > LONGEST_NAME or "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
