"""How many people of other regions are signed in at a region, as it tells the hub: ten at least, and in whole tens.

With that whoever takes a region off the list sees first how many sign-ins at the others end. It is a region's own word
about itself: shown with whose it is and how old, and nothing is decided by it. Spec: decision on told visitors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.claims import Claims

COUNTED_EVERY = timedelta(minutes=10)
"""At most so often a region counts, and tells."""
TOLD_FOR = timedelta(days=1)
"""How long what was told is shown: after it, the region counts as one that has told nothing."""
TEN = 10
MOST_HOMES = 100
"""Those with the most sessions; the others are not told of."""
MOST = 10**9
"""More than anybody has."""
RUNGS = len(AcrLevel)
LONGEST_HOME = 255


@dataclass(frozen=True, slots=True)
class Visitors:
    """People of one home region at another one."""

    home: str
    sessions: tuple[int, ...]
    """Open ones: all of them, those above level 1, those above level 2."""
    people: int
    apps: int
    """Mini-apps of the region they are at, that they can use now without signing in again."""

    def above(self, level: int) -> int:
        """Open sessions of a higher level than this. 0: all of them."""
        return self.sessions[level] if level < RUNGS else 0

    def in_tens(self) -> Visitors:
        """What may be told of them: whole tens, rounded down, so that less than ten are none."""
        return Visitors(self.home, tuple(map(_tens, self.sessions)), _tens(self.people), _tens(self.apps))


@dataclass(frozen=True, slots=True)
class ToldVisitors:
    """What one region told of the people of another one."""

    by: str
    at: datetime
    visitors: Visitors


@dataclass(frozen=True, slots=True)
class Abroad:
    """What the other regions told of the people of one."""

    told: tuple[ToldVisitors, ...]
    silent: int
    """Other regions in use that have told nothing lately, of anybody."""


def claim_of(found: Iterable[Visitors]) -> list[dict[str, Any]]:
    """The claim of a report. Of a home with fewer than ten people it says nothing at all, however many sessions and
    mini-apps they have: an entry that comes and goes would be one person who does."""
    many = (one for one in found if one.people >= TEN)
    most = sorted(many, key=lambda one: (-one.sessions[0], one.home))[:MOST_HOMES]
    return [
        {"home": one.home, "sessions": list(one.sessions), "people": one.people, "apps": one.apps}
        for one in (each.in_tens() for each in most)
    ]


def read_visitors(claims: Claims) -> tuple[Visitors, ...]:
    """The claim again, without homes that nothing is told of.

    Raises: BadBundle — not in whole tens, too large, one home twice, of nobody, or against all reason.
    """
    found = tuple(map(_read, claims.list("visitors", MOST_HOMES)))
    if len({one.home for one in found}) != len(found):
        raise claims.fault("visitors", "has one home twice")
    return tuple(one for one in found if one.people)


def _read(one: Claims) -> Visitors:
    found = Visitors(
        one.text("home", LONGEST_HOME),
        one.wholes("sessions", RUNGS, MOST),
        one.whole("people", 0, MOST),
        one.whole("apps", 0, MOST),
    )
    if found != found.in_tens():
        raise one.fault("sessions", "has numbers that are not whole tens")
    is_falling = sorted(found.sessions, reverse=True) == list(found.sessions)
    if not is_falling or found.people > found.sessions[0]:
        raise one.fault("sessions", "has more of a part than of the whole")
    if not found.people and (found.sessions[0] or found.apps):
        raise one.fault("people", "is nobody, and they have sessions or mini-apps")
    return found


def _tens(number: int) -> int:
    return min(number, MOST) // TEN * TEN
