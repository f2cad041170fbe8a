"""The hub's pages for everybody: the regions and how they stand, and what that means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from idp.web.pages.common import EARLIER, LATER, LONG_NAME
from idp.web.pages.regions import EAST, LONG_REGION


class Mark(StrEnum):
    """The sign beside a word: a shape of its own for each, so that nobody needs to see its colour."""

    GOOD = "good"
    WAITING = "waiting"
    BAD = "bad"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class HubLine:
    """One region of the list."""

    name: str
    also: str
    host: str
    status: str
    """In a word."""
    mark: Mark
    since: datetime
    reason: str
    lag: str
    """How far behind it is, in words; empty for one that is not asked."""
    lag_mark: Mark
    seq: int | None = None
    """The bundle that it honoured when it reported last."""


@dataclass(frozen=True, slots=True)
class HubKey:
    """One of the hub's public keys."""

    thumbprint: str
    """RFC 7638, which is also its `kid`."""
    use: str


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """A witness of the hub's log, and how it stands."""

    name: str
    host: str
    state: str
    """In a word."""
    mark: Mark
    entries: str
    """How much of the log it has stood by, in words."""
    seen: str
    """How long ago it cosigned last; empty: never."""
    fault: str = ""
    """Why it did not when it was asked last: for the staff alone."""


@dataclass(frozen=True, slots=True)
class WaitingPart:
    """Something that gives trust, and is not out."""

    since: datetime
    words: str
    """How many witnesses stand by it."""


@dataclass(frozen=True, slots=True)
class WitnessesPart:
    """The witnesses, what they are for, and what waits for them."""

    rule: str
    """How many have to stand by what, in a sentence."""
    rows: tuple[WitnessRow, ...] = ()
    waiting: WaitingPart | None = None


@dataclass(frozen=True, slots=True)
class HubPage:
    """The regions, whether they are in use, and how soon each honours a change."""

    template: ClassVar[str] = "hub/home.html"
    seq: int | None
    """The present bundle's number; None while none was signed."""
    age: str
    """How long ago it was signed, in words."""
    count_active: int
    count_behind: int
    """Regions in use that are not up to date, or say nothing."""
    regions: tuple[HubLine, ...]
    """One page of those that the search found."""
    count: int
    """How many it found."""
    total: int
    keys: tuple[HubKey, ...]
    witnesses: WitnessesPart
    query: str = ""
    number: int = 1
    pages: int = 1
    earlier_href: str | None = None
    later_href: str | None = None

    @classmethod
    def samples(cls) -> tuple[HubPage, ...]:
        usual = cls(
            seq=128,
            age="12 seconds ago",
            count_active=4,
            count_behind=2,
            regions=SAMPLE_LINES,
            count=len(SAMPLE_LINES),
            total=len(SAMPLE_LINES),
            keys=_KEYS,
            witnesses=SAMPLE_WITNESSES,
        )
        many = tuple(
            replace(SAMPLE_LINES[number % 5], name=f"Region {number}", also=f"第 {number} 区")
            for number in range(50)
        )
        return (
            usual,
            replace(usual, query='"><i>', regions=(), count=0),
            cls(None, "", 0, 0, (), 0, 0, (), WitnessesPart("None are named yet.")),
            replace(usual, witnesses=SAMPLE_WAITING),
            replace(
                usual,
                regions=many,
                count=400,
                total=400,
                number=2,
                pages=8,
                earlier_href="/?page=1",
                later_href="/?page=3",
            ),
        )


@dataclass(frozen=True, slots=True)
class HubHelpPage:
    """What the hub is, what it does not know, and whom to ask."""

    template: ClassVar[str] = "hub/help.html"

    @classmethod
    def samples(cls) -> tuple[HubHelpPage, ...]:
        return (cls(),)


def _line(
    name: str, also: str, status: str, mark: Mark, lag: str, lag_mark: Mark, reason: str = ""
) -> HubLine:
    host = f"id.{name.split()[-1].lower()}.example"
    return HubLine(name, also, host, status, mark, EARLIER, reason, lag, lag_mark, 128 if lag else None)


SAMPLE_LINES = (
    _line(EAST.name, EAST.also, "In use", Mark.GOOD, "Up to date", Mark.GOOD),
    _line("Region West", "西区", "In use", Mark.GOOD, "12 seconds behind", Mark.WAITING),
    _line(LONG_REGION.name, LONG_REGION.also, "In use", Mark.GOOD, "No report for 3 minutes", Mark.BAD),
    _line("Region North", "北区", "Suspended", Mark.WAITING, "", Mark.NOTHING, "It is being reviewed."),
    _line(
        "Region South", "南区", "Removed", Mark.BAD, "", Mark.NOTHING, "Its keys may be in the wrong hands."
    ),
    replace(
        _line('"><b>Hostile</b>', "", "In use", Mark.GOOD, "No report yet", Mark.NOTHING),
        since=LATER,
        seq=None,
        host="id." + "very-long-label" * 4 + ".example",
    ),
)
_KEYS = (
    HubKey("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "Signs the list"),
    HubKey("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "Signs statements about regions"),
)
_WITNESS = WitnessRow(
    "Region East", "id.east.example", "Stands by all of it", Mark.GOOD, "128 of 128 entries", "12 seconds ago"
)
SAMPLE_WITNESSES = WitnessesPart(
    "What gives trust counts in the regions only when at least 2 of them stand by it.",
    (
        _WITNESS,
        replace(_WITNESS, name=LONG_NAME, state="Behind", mark=Mark.WAITING, entries="127 of 128 entries"),
        replace(_WITNESS, name="Region North", state="Not asked yet", mark=Mark.NOTHING, seen=""),
        replace(
            _WITNESS,
            name='"><b>Hostile</b>',
            host="id." + "very-long-label" * 4 + ".example",
            state="Does not stand by it",
            mark=Mark.BAD,
            seen="5 minutes ago",
            fault='it cannot be reached (unreachable: "><i>)',
        ),
    ),
)
SAMPLE_WAITING = replace(
    SAMPLE_WITNESSES, waiting=WaitingPart(EARLIER, "Witnesses that stand by it so far: 1 of 2.")
)
