"""Accounts in other regions that lead to somebody's account here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import CSRF, EARLIER, LATER, LONG_NAME, Problem

_CHALLENGE = "ch_sample"


@dataclass(frozen=True, slots=True)
class JoinedLine:
    """One account elsewhere."""

    home: str
    """The region's issuer."""
    subject: str
    """Who they are to us there; told apart by it, and shown to nobody."""
    region: str
    joined_at: datetime
    last_used_at: datetime


@dataclass(frozen=True, slots=True)
class JoinedRegionsPage:
    """All of them, and the way to join another."""

    template: ClassVar[str] = "account/joined_regions.html"
    csrf_token: str
    here: str
    joined: tuple[JoinedLine, ...]
    notice: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[JoinedRegionsPage, ...]:
        east = JoinedLine("https://east.example", "a", "Region East", EARLIER, LATER)
        long = replace(east, region="Autonomous Region of " + "Very" * 20, last_used_at=EARLIER)
        none = cls(CSRF, "Region West", ())
        return (
            none,
            replace(none, joined=(east,), notice="The two accounts are joined. Either one brings you here."),
            replace(none, problem=Problem("That account cannot be joined: it is joined already.")),
            replace(none, joined=(east, *(long,) * 5)),
        )


@dataclass(frozen=True, slots=True)
class JoinRegionPage:
    """Asks whether the account that was proved elsewhere just now is to lead to this one."""

    template: ClassVar[str] = "account/join_region.html"
    csrf_token: str
    link: str
    region: str
    here: str
    username: str
    proved_at: datetime

    @classmethod
    def samples(cls) -> tuple[JoinRegionPage, ...]:
        usual = cls(CSRF, _CHALLENGE, "Region East", "Region West", "gulbahar", LATER)
        return (usual, replace(usual, username=LONG_NAME))
