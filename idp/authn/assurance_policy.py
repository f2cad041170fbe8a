"""The assurance policy: an ordered ladder of levels and the ways to reach each, read from a file of the region.

Two ship with the product (`idp/authn/policies`). Nothing outside the file says what a factor is worth.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from idp.oidc.proofs import Property
from idp.oidc.vocabulary import AcrLevel

SHIPPED = Path(__file__).parent / "policies"
_UNITS = {"m": 60, "h": 3600}

WORTHLESS = frozenset({Property.RECOVERY, Property.VOICE})
"""A recovery code is half a recovery; a voice is too easily copied (NIST SP 800-63B-4 §3.2.3.2)."""

Way = tuple[frozenset[Property], ...]
"""Proofs that one session must hold together, each by the properties it must have."""


class BadPolicy(ValueError):
    """The file is not an assurance policy; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of the ladder."""

    level: AcrLevel
    ways: tuple[Way, ...]
    within: timedelta | None
    """How old a proof may be to count here; None: as old as its session."""
    never: frozenset[Property]
    """A proof with one of these does not count here."""


@dataclass(frozen=True, slots=True)
class AssurancePolicy:
    """The ladder, lowest rung first."""

    name: str
    rungs: tuple[Rung, ...]

    @classmethod
    def load(cls, name_or_path: str) -> AssurancePolicy:
        """The shipped policy of that name, else the file at that path. Raises: BadPolicy."""
        return cls.read(text_of(name_or_path), name_or_path)

    @classmethod
    def read(cls, text: str, name: str) -> AssurancePolicy:
        """The policy in a TOML text; `name` is what it is called when it is none. Raises: BadPolicy."""
        try:
            document = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise _no_policy(name, error) from error
        try:
            return cls.parse(document)
        except BadPolicy as error:
            raise BadPolicy(f"{name}: {error}") from error

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> AssurancePolicy:
        """Read what the file says. Raises: BadPolicy."""
        try:
            _only(document, {"name", "level"})
            rungs = tuple(map(_rung, document["level"]))
            levels = [rung.level for rung in rungs]
            if levels != sorted(set(levels)) or not levels or levels[0] is not min(AcrLevel):
                raise BadPolicy("the levels begin with 1 and rise")
            return cls(_text(document["name"]), rungs)
        except BadPolicy:
            raise
        except KeyError as error:
            raise BadPolicy(f"{error} is missing") from error
        except (TypeError, AttributeError, ValueError, OverflowError) as error:
            raise BadPolicy(f"not a policy: {error}") from error

    def without(self, unprovable: frozenset[Property]) -> AssurancePolicy:
        """As much of the ladder as can be climbed where nobody can ever prove these.

        A level that nobody reaches must not be promised to mini-apps. Raises: BadPolicy — nothing is left.
        """
        rungs: list[Rung] = []
        for rung in self.rungs:
            ways = tuple(way for way in rung.ways if not any(proof & unprovable for proof in way))
            if not ways:
                break
            rungs.append(replace(rung, ways=ways))
        if not rungs:
            raise BadPolicy(f"nobody could sign in: level 1 takes {', '.join(sorted(unprovable))}")
        return replace(self, rungs=tuple(rungs))


def text_of(name_or_path: str) -> str:
    """The text of the shipped policy of that name, else of the file at that path. Raises: BadPolicy."""
    shipped = {path.stem: path for path in SHIPPED.glob("*.toml")}
    path = shipped.get(name_or_path, Path(name_or_path))
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _no_policy(name_or_path, error) from error


def _no_policy(name: str, error: Exception) -> BadPolicy:
    known = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.toml")))
    return BadPolicy(f"{name} is neither a policy we ship ({known}) nor a TOML file: {error}")


def _rung(entry: Mapping[str, Any]) -> Rung:
    _only(entry, {"level", "ways", "within", "never"})
    level = _level(entry["level"])
    ways = tuple(tuple(_properties(proof) for proof in way) for way in entry["ways"])
    if not ways:
        raise BadPolicy(f"level {int(level)} has no way to it")
    for way in ways:
        _require_sound(way, level)
    within = _span(entry.get("within"))
    if within is not None and level is min(AcrLevel):
        raise BadPolicy("level 1 lasts as long as its session: IDP_SESSION_LIFETIME says how long")
    return Rung(level, ways, within, frozenset(map(_property, entry.get("never", ()))))


def _require_sound(way: Way, level: AcrLevel) -> None:
    """What no region's file can change: nothing for nothing, and what is worth nothing stays so."""
    named = frozenset[Property]().union(*way)
    if not way or not all(way):
        raise BadPolicy(f"level {int(level)} has a way without a proof")
    if named & WORTHLESS:
        raise BadPolicy(f"{', '.join(sorted(named & WORTHLESS))} counts for no level")
    if any(Property.LIVE_FACE in proof and Property.DECLARED_ENGINE not in proof for proof in way):
        raise BadPolicy("live_face counts only together with declared_engine")
    if not named & {Property.KNOWLEDGE, Property.POSSESSION}:
        raise BadPolicy(f"level {int(level)} has a way without knowledge or possession")


def _properties(words: str) -> frozenset[Property]:
    return frozenset(map(_property, words.split()))


def _property(word: Any) -> Property:
    if word not in tuple(Property):
        raise BadPolicy(f"{word!r} is no property; there are {', '.join(Property)}")
    return Property(word)


def _span(text: str | None) -> timedelta | None:
    if text is None:
        return None
    unit = _UNITS.get(text[-1:])
    if unit is None or not text[:-1].isdecimal() or int(text[:-1]) == 0:
        raise BadPolicy(f"write a length of time such as 15m or 12h, not {text!r}")
    return timedelta(seconds=int(text[:-1]) * unit)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadPolicy("the name is a text")
    return value


def _level(value: object) -> AcrLevel:
    # TOML's `true` is Python's 1.
    if type(value) is not int or value not in tuple(AcrLevel):
        raise BadPolicy(f"there is no level {value!r}: write 1, 2 or 3")
    return AcrLevel(value)


def _only(document: Mapping[str, Any], known: set[str]) -> None:
    unknown = document.keys() - known
    if unknown:
        # A mistyped word must not silently loosen the ladder.
        raise BadPolicy(f"unknown: {', '.join(sorted(unknown))}")
