"""The key of a hardware token as its paper has it: base32, as apps write it, or hexadecimal, as makers do."""

from __future__ import annotations

import binascii
import string
from base64 import b32decode

from idp.authn.factors.codes import MAX_TYPED as MAX_CODE
from idp.authn.factors.codes import as_typed

LEAST_BYTES = 16
"""128 bits. Spec: RFC 4226 §4 (R6)."""
MOST_BYTES = 64
MAX_TYPED = 256
"""Characters that are read at all: the longest key in hexadecimal, with a space behind every other one."""

_HEX = frozenset(string.hexdigits)


class KeyRefused(ValueError):
    """What was typed cannot be the key of a token."""


def parse_key(typed: str) -> bytes:
    """The key. Upper and lower case, spaces and dashes do not matter. Raises: KeyRefused."""
    if len(typed) > MAX_TYPED:
        raise KeyRefused("too long")
    text = "".join(
        as_typed(typed[start : start + MAX_CODE]) for start in range(0, len(typed), MAX_CODE)
    ).upper()
    key = _from_hex(text) if set(text) <= _HEX else _from_base32(text)
    if not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise KeyRefused("too short" if len(key) < LEAST_BYTES else "too long")
    return key


def _from_hex(text: str) -> bytes:
    # A key in base32 that happens to use none of its other characters: once in 10^13 keys of 16 bytes.
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise KeyRefused("half a byte is missing") from error


def _from_base32(text: str) -> bytes:
    bare = text.rstrip("=")
    try:
        return b32decode(bare + "=" * (-len(bare) % 8))
    except (binascii.Error, ValueError) as error:
        raise KeyRefused("neither base32 nor hexadecimal") from error
