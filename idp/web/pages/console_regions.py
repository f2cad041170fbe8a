"""The console's pages about the regions of the list, at the hub."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import EARLIER, LATER
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.console_changes import Option
from idp.web.pages.hub import SAMPLE_LINES, SAMPLE_WAITING, SAMPLE_WITNESSES, HubLine, Mark, WitnessesPart


@dataclass(frozen=True, slots=True)
class ConsoleRegionsPage:
    """The regions of the list, one page of them by key."""

    template: ClassVar[str] = "console/regions.html"
    frame: ConsoleFrame
    regions: tuple[HubLine, ...]
    states: tuple[Option, ...]
    witnesses: WitnessesPart
    query: str = ""
    admit_href: str | None = None
    """Where a region is proposed, for those who may."""
    first_href: str | None = None
    later_href: str | None = None

    @classmethod
    def samples(cls) -> tuple[ConsoleRegionsPage, ...]:
        admit = "/console/changes/new/trust.admit"
        usual = cls(FRAME, SAMPLE_LINES, _STATES, SAMPLE_WITNESSES, admit_href=admit)
        return (
            usual,
            replace(
                usual,
                regions=(),
                query='"><i>',
                admit_href=None,
                witnesses=WitnessesPart("None are named yet."),
            ),
            replace(
                usual,
                frame=LOUD_FRAME,
                witnesses=SAMPLE_WAITING,
                first_href="/console/regions",
                later_href="/console/regions?after=https%3A%2F%2Fid.west.example",
            ),
        )


@dataclass(frozen=True, slots=True)
class RegionKeyLine:
    """A key that a region is known by."""

    kid: str
    use: str
    state: str
    mark: Mark
    revoke_href: str | None = None


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One entity on the way from the hub down to what a region runs."""

    what: str
    entity: str
    until: datetime | None
    """When the statement about it ends; None for the hub, which nobody vouches for, and where there is none."""


@dataclass(frozen=True, slots=True)
class EndLine:
    """Something that ends by itself."""

    what: str
    at: datetime
    left: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class ConsoleRegionPage:
    """One region: how it stands, its keys and chain, what ends when, and what suspending it would do."""

    template: ClassVar[str] = "console/region.html"
    frame: ConsoleFrame
    region: HubLine
    issuer: str
    ceiling: str
    domains: tuple[str, ...]
    keys: tuple[RegionKeyLine, ...]
    chain: tuple[ChainLink, ...]
    ends: tuple[EndLine, ...]
    effect: tuple[str, ...] = ()
    """What suspending it now would do; empty where it is not in use."""
    visited_at: datetime | None = None
    fault: str = ""
    """Why the last visit came to nothing."""
    propose: tuple[tuple[str, str], ...] = ()
    """Addresses of forms with their words."""

    @classmethod
    def samples(cls) -> tuple[ConsoleRegionPage, ...]:
        east = "https://id.east.example"
        usual = cls(
            FRAME,
            SAMPLE_LINES[0],
            east,
            "3",
            (".apps.east.example",),
            _KEYS,
            (
                ChainLink("The hub", "https://hub.example", None),
                ChainLink("Intermediate", f"{east}/fed", LATER),
                ChainLink("Provider", east, LATER),
                ChainLink("Broker", f"{east}/rp", LATER),
            ),
            (EndLine("What it says of itself", LATER, "in 6 days", Mark.WAITING),),
            effect=("1 region is cut off.", "33 other regions are told at once and act on it."),
            visited_at=EARLIER,
            propose=(("/console/changes/new/trust.suspend?issuer=x", "Suspend a region"),),
        )
        return (
            usual,
            replace(
                usual,
                frame=LOUD_FRAME,
                region=SAMPLE_LINES[4],
                keys=(),
                ends=(),
                effect=(),
                domains=(),
                visited_at=None,
                fault="the region does not answer",
                propose=(),
            ),
        )


_STATES = (Option("", "Any", True), Option("active", "In use"), Option("suspended", "Suspended"))
_KEYS = (
    RegionKeyLine("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "Federation", "In force", Mark.GOOD, "/x"),
    RegionKeyLine("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "Federation", "Former", Mark.NOTHING),
)
