"""Read a compact JWS that somebody else wrote: small, strict, and without believing a word of it.

Everything is bounded before it is parsed, so no input costs more than a look at it.
Spec: RFC 7515 §3.1, §7.1; RFC 8725 §3.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from idp.adapters.jose_keys import encode_segment

MAX_BRACKETS = 64
"""How many arrays and objects a header or payload may have, and so how deep it may go."""


class Malformed(ValueError):
    """Not a compact JWS with a JSON object in it. The message is for our log."""


@dataclass(frozen=True, slots=True)
class UnverifiedJws:
    """The parts of a compact JWS. Nothing here is true until the signature is checked."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


def parse(token: str, max_size: int) -> UnverifiedJws:
    """Take a compact JWS apart. Raises: Malformed."""
    header, payload, signature = split(token, max_size)
    return UnverifiedJws(
        header=parse_object(decode_segment(header)),
        payload=parse_object(decode_segment(payload)),
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


def parse_object(raw: bytes) -> dict[str, Any]:
    """A JSON object in which no member comes twice. Raises: Malformed. Spec: RFC 7515 §4."""
    if raw.count(b"{") + raw.count(b"[") > MAX_BRACKETS:
        raise Malformed("JSON too deep")
    try:
        parsed = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except ValueError as error:
        raise Malformed("not JSON") from error
    if not isinstance(parsed, dict):
        raise Malformed("not a JSON object")
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        # Two readers would disagree about which one counts.
        raise Malformed("a member comes twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")
