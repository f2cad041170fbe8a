"""What people type to say who they are, and what they are called.

An identifier is folded hard, so that it is found however it was typed. A person's name is treated with care: it is
theirs, in full, with rare characters and with the separator their documents have.
Spec: RFC 8264, RFC 8265 (usernames); GB 18030 (characters); ITU-T E.164 (telephone numbers).
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum

MAX_IDENTIFIER = 256
"""Code points; the longest e-mail address has 254."""
MAX_NAME = 100
"""Code points, never UTF-16 units: 𬭚 is one character to its owner and to us."""
NAME_SEPARATOR = "\u00b7"
"""Between the parts of a name such as 古丽巴哈尔·阿卜杜热依木; documents know only this one of its many look-alikes."""

_DOTS = frozenset("\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65\u0387\u318d\u2e31\u2e33")
"""What keyboards and old systems put in the separator's place, whatever letters stand around it."""
_FULL_STOPS = frozenset(".\uff0e\ufe52")
"""Separators only between two Chinese characters: elsewhere they shorten a word (J. Smith)."""
_JOINERS = frozenset("\u200c\u200d\u180e")
"""Invisible but spelling: Persian, Kazakh and Mongolian names need them."""
_COUNTRY_CODE = "+86"
"""Of a telephone number typed without one."""
_PHONE_DIGITS = range(7, 16)
"""How many digits follow the +. Spec: ITU-T E.164 §6."""


def normalise_identifier(typed: str) -> str:
    """The form in which a username, e-mail address or telephone number is kept and looked up.

    Total and idempotent: any text has a form, which need not be anybody's. Telephone numbers become `+` and digits;
    a Chinese mobile number may be typed without its country code.
    """
    folded = _fold("".join(character for character in typed if not _is_invisible(character)))
    return normalise_phone(folded) or folded.strip()[:MAX_IDENTIFIER].strip()


def normalise_phone(typed: str) -> str | None:
    """`+8613800000000` for a telephone number as people write it; None for anything else."""
    bare = "".join(character for character in typed if not _is_phone_punctuation(character))
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    elif len(bare) == 11 and bare[0] == "1" and bare[1] in "3456789":
        bare = _COUNTRY_CODE + bare
    digits = bare[1:]
    is_phone = bare.startswith("+") and digits.isascii() and digits.isdecimal() and digits[0] != "0"
    return bare if is_phone and len(digits) in _PHONE_DIGITS else None


def _is_phone_punctuation(character: str) -> bool:
    return character in ".()/\u2212" or unicodedata.category(character) in ("Zs", "Pd")


class NameProblem(StrEnum):
    """Why a name cannot be kept as it was given."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    FORBIDDEN_CHARACTER = "forbidden_character"
    """Control characters, marks that reverse the direction of text, characters without a common meaning."""
    MISPLACED_SEPARATOR = "misplaced_separator"
    """The separator begins or ends the name, or is doubled."""


class NameRefused(ValueError):
    """A name that cannot be anybody's; `problem` says why."""

    def __init__(self, problem: NameProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def normalise_name(given: str) -> str:
    """A person's name as it is kept and released: composed, single spaces, the right separator. Idempotent.

    Raises: NameRefused.
    """
    name = _unify_separators(_compose(" ".join(given.split())))
    if not any(_carries_meaning(character) for character in name):
        raise NameRefused(NameProblem.EMPTY)
    if len(name) > MAX_NAME:
        raise NameRefused(NameProblem.TOO_LONG)
    if any(is_forbidden(character) for character in name):
        raise NameRefused(NameProblem.FORBIDDEN_CHARACTER)
    if NAME_SEPARATOR in (name[0], name[-1]) or NAME_SEPARATOR * 2 in name:
        raise NameRefused(NameProblem.MISPLACED_SEPARATOR)
    return name


def _fold(text: str) -> str:
    # Folding can undo composition and composing can produce letters that fold again, hence both twice.
    for _ in range(2):
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return text


def _is_invisible(character: str) -> bool:
    """Control, format and surrogate characters: nobody sees them, and databases refuse some."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs")


def _compose(name: str) -> str:
    """NFC, but for the characters that it would replace by a merely similar one.

    Compatibility ideographs stand in identity documents and in GB 18030; canonical composition would rename people.
    """
    if not any(_is_compatibility_ideograph(character) for character in name):
        return unicodedata.normalize("NFC", name)
    pieces = [""]
    for character in name:
        if _is_compatibility_ideograph(character):
            pieces += [character, ""]
        else:
            pieces[-1] += character
    return "".join(
        piece if _is_compatibility_ideograph(piece[:1]) else unicodedata.normalize("NFC", piece)
        for piece in pieces
    )


def _is_compatibility_ideograph(character: str) -> bool:
    return "\uf900" <= character <= "\ufaff" or "\U0002f800" <= character <= "\U0002fa1f"


def _unify_separators(name: str) -> str:
    characters = [
        NAME_SEPARATOR if _is_separator(name, position) else character
        for position, character in enumerate(name)
    ]
    return _without_spaces_around_separators("".join(characters))


def _is_separator(name: str, position: int) -> bool:
    if name[position] in _DOTS:
        return True
    between = name[:position].rstrip()[-1:], name[position + 1 :].lstrip()[:1]
    return name[position] in _FULL_STOPS and all(map(_is_han, between))


def _without_spaces_around_separators(name: str) -> str:
    return NAME_SEPARATOR.join(part.strip() for part in name.split(NAME_SEPARATOR))


def _is_han(character: str) -> bool:
    """Chinese characters by block, because Python's tables are older than the newest of them."""
    return (
        "\u3400" <= character <= "\u9fff"
        or "\U00020000" <= character <= "\U0003ffff"
        or character == "\u3007"
        or _is_compatibility_ideograph(character)
    )


def _carries_meaning(character: str) -> bool:
    return character.isalpha() or _is_han(character)


def is_forbidden(character: str) -> bool:
    """Whether no text about a person may contain it: control, direction and private-use characters.

    (`str.isprintable` will not do: it refuses every character that is younger than the interpreter.)
    """
    category = unicodedata.category(character)
    # Unassigned code points are let through: to an older table the rarest Chinese characters are unassigned.
    if category in ("Cc", "Cs", "Co", "Zl", "Zp") or ord(character) & 0xFFFE == 0xFFFE:
        return True
    return (category == "Cf" and character not in _JOINERS) or "\ufdd0" <= character <= "\ufdef"
