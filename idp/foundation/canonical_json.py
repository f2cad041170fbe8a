"""JSON written the one way that everybody writes it, so that it can be hashed: RFC 8785, for whole numbers only.

Nothing that we hash has fractions, and how they are written is what implementations of RFC 8785 differ about.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

MAX_NUMBER = 2**53 - 1
"""The largest number that every reader of JSON reads as it was written. Spec: RFC 7493 §2.2."""


class NotCanonical(ValueError):
    """A value of a kind that has no canonical form here."""


def encode(value: Any) -> bytes:
    """The canonical form of a value. Raises: NotCanonical — a fraction, a large number, a surrogate, another kind."""
    try:
        text = json.dumps(_ordered(value), separators=(",", ":"), ensure_ascii=False)
        return text.encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise NotCanonical("a text is not Unicode, or a value is too deep") from error


def hash_of(value: Any) -> str:
    """Base64url of the SHA-256 of the canonical form. Raises: NotCanonical."""
    return encode_digest(hashlib.sha256(encode(value)).digest())


def hash_of_text(text: str) -> str:
    """Base64url of the SHA-256 of a text as it is: of a signed statement."""
    return encode_digest(hashlib.sha256(text.encode()).digest())


def encode_digest(raw: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _ordered(value: Any) -> Any:
    """The value with its members in order: by UTF-16 code units, not by characters (RFC 8785 §3.2.3)."""
    match value:
        case None | bool() | str():
            return value
        case int() if -MAX_NUMBER <= value <= MAX_NUMBER:
            return int(value)
        case Mapping() if all(isinstance(name, str) for name in value):
            return {name: _ordered(value[name]) for name in sorted(value, key=_utf_16)}
        case list() | tuple():
            return [_ordered(item) for item in value]
    raise NotCanonical(f"a {type(value).__name__} has no canonical form")


def _utf_16(name: str) -> bytes:
    return name.encode("utf-16-be")
