"""The digits that are asked for: all different, in every order, never told beforehand."""

from __future__ import annotations

from collections import Counter

from idp.authn.factors.voice import ASKED_FOR, DIGITS, drawn
from idp.foundation.entropy import SystemEntropy
from tests.unit.authn.memory import RepeatableEntropy


def test_no_digit_is_asked_for_twice() -> None:
    entropy = RepeatableEntropy()
    for _ in range(200):
        digits = drawn(ASKED_FOR, entropy)
        assert len(digits) == len(set(digits)) == ASKED_FOR
        assert set(digits) <= set(DIGITS)


def test_every_digit_comes_in_every_place() -> None:
    entropy = RepeatableEntropy()
    seen = [drawn(ASKED_FOR, entropy) for _ in range(600)]

    for place in range(ASKED_FOR):
        counted = Counter(digits[place] for digits in seen)
        assert len(counted) == len(DIGITS)
        assert min(counted.values()) > 30


def test_ten_digits_are_all_of_them() -> None:
    assert sorted(drawn(10, SystemEntropy())) == list(DIGITS)
