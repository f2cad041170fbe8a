"""A region is found by any of its names, in either script, as people type them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from idp.trustlist.search import LONGEST_WORDS, matching


@dataclass(frozen=True)
class Place:
    name: Mapping[str, str]


GUANGDONG = Place({"en": "Guangdong", "zh-CN": "广东省"})
INNER_MONGOLIA = Place({"en": "Inner Mongolia", "zh-CN": "内蒙古自治区"})
XIAN = Place({"en": "Xi'an", "zh-CN": "西安市"})
TIBET = Place({"en": "Xizang", "zh-CN": "西藏自治区"})
SHANXI = Place({"en": "Shanxi", "zh-CN": "山西省"})
ALL = (GUANGDONG, INNER_MONGOLIA, XIAN, TIBET, SHANXI)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("广东", (GUANGDONG,)),
        ("Guangdong", (GUANGDONG,)),
        ("guang dong", (GUANGDONG,)),
        ("guǎng-dōng", (GUANGDONG,)),
        ("ＧＵＡＮＧ", (GUANGDONG,)),
        ("mongolia", (INNER_MONGOLIA,)),
        ("mongolia inner", (INNER_MONGOLIA,)),
        ("自治区", (INNER_MONGOLIA, TIBET)),
        ("xian", (XIAN,)),
        ("  ", ALL),
        ("'-", ALL),
        ("Atlantis", ()),
        ("guangdong 西藏", ()),
    ],
)
def test_what_is_typed_finds_what_is_meant(typed: str, found: tuple[Place, ...]) -> None:
    assert matching(ALL, typed) == found


def test_whoever_begins_with_it_comes_first() -> None:
    """西 is in 山西, 西安 and 西藏: the first character is what people type."""
    assert matching((SHANXI, XIAN, TIBET), "西") == (XIAN, TIBET, SHANXI)


def test_a_search_has_an_end() -> None:
    assert matching(ALL, "广东" + " " * LONGEST_WORDS + "Atlantis") == (GUANGDONG,)
