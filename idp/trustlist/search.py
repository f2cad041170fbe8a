"""Finding a region by what a person types: any of its names, in either script, whatever language the page speaks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol, TypeVar

LONGEST_WORDS = 100
"""Characters of a search that are looked at; no region is called anything longer than that by the people in it."""


class Named(Protocol):
    """Anything that people call differently in different languages."""

    @property
    def name(self) -> Mapping[str, str]:
        """Language tag → name."""
        ...


Some = TypeVar("Some", bound=Named)


def matching(regions: Iterable[Some], words: str) -> tuple[Some, ...]:
    """The regions of which one name has every word, in their order; those that begin with it come first.

    No words: all of them.
    """
    wanted = [folded(word) for word in words[:LONGEST_WORDS].split()]
    wanted = [word for word in wanted if word]
    if not wanted:
        return tuple(regions)
    found = [region for region in regions if _has_all(region, wanted)]
    begins = "".join(wanted)
    return tuple(sorted(found, key=lambda region: not _begins(region, begins)))


# Names are few and asked for at every key that somebody presses.
@lru_cache(maxsize=32_768)
def folded(text: str) -> str:
    """A name as it is compared: no case, no accents or tones, no spaces, hyphens or apostrophes.

    So "guǎng dōng" and "Guang-Dong" both find Guangdong, and "xian" finds Xi'an.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if character.isalnum())


def _has_all(region: Named, wanted: list[str]) -> bool:
    return any(all(word in name for word in wanted) for name in map(folded, region.name.values()))


def _begins(region: Named, begins: str) -> bool:
    return any(folded(name).startswith(begins) for name in region.name.values())
