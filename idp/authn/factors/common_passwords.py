"""The passwords that guessers try first: a list, and the patterns no list can exhaust.

A password is refused when it is on the list, when it is all pattern (rows of keys, counting, repetition), or
when it is put together from nothing but such parts: a listed word, a date, a few digits, a sign
(`Zhang@19900101`).
Spec: NIST SP 800-63B-4 §3.1.1.2 (blocklist).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

BUILT_IN = Path(__file__).resolve().parents[1] / "data" / "common_passwords.txt"

_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    # Columns of the keyboard, downwards.
    *("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/"),
    # Columns of the number pad.
    *("147", "258", "369", "159", "357"),
)
_STRAIGHT = tuple(line for row in _ROWS for line in (row, row[::-1]))
_UNSHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
"""The digits above the letters, when the shift key was held."""
_MOST_PARTS = 3
_LONGEST_UNIT = 4


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Answers whether a case-folded password is too common: `folded in blocklist`."""

    words: frozenset[str]
    """Refused as they are, and as parts."""
    refused: frozenset[str] = frozenset()
    """Refused as they are, from the operator's file."""

    @classmethod
    def load(cls, further: Path | None = None) -> Blocklist:
        """The built-in list, and `further` passwords, one a line.

        Raises: OSError, UnicodeDecodeError — a file cannot be read.
        """
        return cls(_read(BUILT_IN), _read(further) if further else frozenset())

    def __contains__(self, folded: str) -> bool:
        if folded in self.words or folded in self.refused or _is_pattern(folded):
            return True
        unit = _repeated_unit(folded)
        return self._is_made_of_common_parts(folded if unit is None else unit)

    def _is_made_of_common_parts(self, folded: str) -> bool:
        parts = ["".join(characters) for _, characters in groupby(folded, _character_class)]
        return len(parts) <= _MOST_PARTS and all(self._is_common_part(part) for part in parts)

    def _is_common_part(self, part: str) -> bool:
        if part in self.words or _is_pattern(part):
            return True
        if part.isdecimal():
            # Four digits are a year or a day, eleven that begin with 1 a Chinese mobile number.
            return len(part) <= 4 or _is_date(part) or (len(part) == 11 and part[0] == "1" and part[1] > "2")
        return len(part) == 1 or (not part.isalpha() and len(part) <= 2)


def _read(path: Path) -> frozenset[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    # "##" begins a remark, because a password may begin with "#".
    return frozenset(line.strip().casefold() for line in lines if line.strip() and not line.startswith("##"))


def _is_pattern(text: str) -> bool:
    """Rows of keys, counting, repetition, or two of them interleaved (`1q2w3e4r`)."""
    if len(text) < 3:
        return False
    unit, text = _repeated_unit(text), text.translate(_UNSHIFTED)
    if _is_rows(text) or (unit is not None and len(unit) <= _LONGEST_UNIT):
        return True
    return len(text) >= 6 and _is_rows(text[::2]) and _is_rows(text[1::2])


def _is_rows(text: str) -> bool:
    """Whether the text falls into stretches of three or more that run along a row or repeat one character."""
    start = 0
    while start < len(text):
        end = _end_of_stretch(text, start)
        if end - start < 3:
            return False
        start = end
    return True


def _end_of_stretch(text: str, start: int) -> int:
    end = start + 1
    while end < len(text) and _is_straight(text[start : end + 1]):
        end += 1
    return end


def _is_straight(stretch: str) -> bool:
    return len(set(stretch)) == 1 or any(stretch in line for line in _STRAIGHT)


def _repeated_unit(text: str) -> str | None:
    """`wang` for `wangwang`; None when nothing is repeated."""
    length = (text + text).find(text, 1)
    return text[:length] if length < len(text) else None


def _is_date(digits: str) -> bool:
    """Six or eight digits that read as a day, as people write it: 19900101, 01011990, 900101, 010190."""
    if len(digits) not in (6, 8):
        return False
    year_last = _is_day(digits[4:], digits[2:4], digits[:2])
    return year_last or _is_day(digits[:-4], digits[-4:-2], digits[-2:])


def _is_day(year: str, month: str, day: str) -> bool:
    is_year = len(year) == 2 or 1900 <= int(year) <= 2099
    return is_year and 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _character_class(character: str) -> str:
    if character.isalpha():
        return "letter"
    return "digit" if character.isdecimal() else "sign"
