"""Read a compact JWS that somebody else wrote: small, strict, and without believing a word of it.

Everything is bounded before it is parsed, so no input costs more than a look at it.
Spec: RFC 7515 §3.1, §7.1; RFC 8259; RFC 8725 §3.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_BRACKETS = 64
"""How many arrays and objects a header or payload may have when the caller does not say."""
MAX_DEPTH = 64
"""How deep they may be inside each other, whatever the caller says: readers further on walk them by recursion."""

# Every string of a JSON text, and what is left of it when one does not end. Always matches from a quote on, so that
# no quote is looked at twice.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class Malformed(ValueError):
    """Not a compact JWS with a JSON object in it. The message is for our log."""


@dataclass(frozen=True, slots=True)
class UnverifiedJws:
    """The parts of a compact JWS. Nothing here is true until the signature is checked."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


def parse(token: str, max_size: int, max_brackets: int = MAX_BRACKETS) -> UnverifiedJws:
    """Take a compact JWS apart. `max_size` in characters, `max_brackets` for header and payload each.

    Raises: Malformed.
    """
    header, payload, signature = split(token, max_size)
    return UnverifiedJws(
        header=parse_object(decode_segment(header), max_brackets),
        payload=parse_object(decode_segment(payload), max_brackets),
        signing_input=header + b"." + payload,
        signature=decode_segment(signature),
    )


def split(token: str, max_size: int) -> tuple[bytes, bytes, bytes]:
    """The three segments, still encoded. Raises: Malformed."""
    if len(token) > max_size or not token.isascii():
        raise Malformed("too large, or not ASCII")
    segments = token.encode("ascii").split(b".")
    if len(segments) != 3:
        raise Malformed("not three segments")
    return segments[0], segments[1], segments[2]


def encode_segment(raw: bytes) -> bytes:
    """Base64url without padding. Spec: RFC 7515 §2."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def decode_segment(segment: bytes) -> bytes:
    """The inverse of `encode_segment`, and nothing more. Raises: Malformed."""
    try:
        decoded = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError as error:
        raise Malformed("not base64url") from error
    # One value has one spelling: no padding, no foreign characters, no stray bits in the last one.
    if encode_segment(decoded) != segment:
        raise Malformed("not canonical base64url")
    return decoded


def parse_object(raw: bytes, max_brackets: int = MAX_BRACKETS) -> dict[str, Any]:
    """A JSON object in which no member comes twice. Raises: Malformed. Spec: RFC 7515 §4."""
    brackets = raw.count(b"{") + raw.count(b"[")
    if brackets > max_brackets or (brackets > MAX_DEPTH and _depth(raw) > MAX_DEPTH):
        raise Malformed("JSON too deep")
    try:
        parsed = _DECODER.decode(raw.decode("utf-8"))
        if b"\\ud" in raw or b"\\uD" in raw:
            # Half a character can be escaped but not written: whoever stores it or answers with it would fail.
            json.dumps(parsed, ensure_ascii=False).encode("utf-8")
    except Malformed:
        raise
    except ValueError as error:
        raise Malformed("not JSON") from error
    if not isinstance(parsed, dict):
        raise Malformed("not a JSON object")
    return parsed


def _depth(raw: bytes) -> int:
    """How deep the brackets outside strings go."""
    deepest = depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        # Two readers would disagree about which one counts.
        raise Malformed("a member comes twice")
    return members


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Malformed("a number is too large")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse_constant)
