"""What six-digit codes and recovery codes have in common: how people type them, and how they are refused."""

from __future__ import annotations

import unicodedata

MAX_TYPED = 64
"""Characters of a typed code that are read at all."""


class WrongCode(Exception):
    """Not the code that was asked for."""


class CodeAlreadyUsed(WrongCode):
    """It was right, but it has been used before. Pages answer as to any wrong code."""


def as_typed(code: str) -> str:
    """A code without what people and input methods add: full-width forms, spaces, dashes, native digits."""
    folded = unicodedata.normalize("NFKC", code[:MAX_TYPED])
    return "".join(_ascii_digit(character) for character in folded if not _is_separator(character))


def _is_separator(character: str) -> bool:
    # Cf: invisible marks that come along when a code is copied out of a message; Pd: every kind of dash.
    return unicodedata.category(character) in ("Zs", "Cc", "Cf", "Pd") or character == "\u2212"


def _ascii_digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character
