"""Pages for a person who shows something at a counter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import CSRF, LATER, LONG_APP, LONG_NAME, TAX, AppCard, Problem


@dataclass(frozen=True, slots=True)
class CodeDetail:
    """One thing that can be shown."""

    name: str
    label: str
    value: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class CounterUse:
    """An office that redeemed a code."""

    app: AppCard
    details: tuple[str, ...]
    """What it got, in words."""
    at: datetime


_TAX_USE = CounterUse(TAX, ("Full name", "Date of birth"), LATER)


@dataclass(frozen=True, slots=True)
class ShowCodePage:
    """What would you like to show?"""

    template: ClassVar[str] = "account/show_code.html"
    csrf_token: str
    details: tuple[CodeDetail, ...]
    uses: tuple[CounterUse, ...] = ()
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[ShowCodePage, ...]:
        details = (
            CodeDetail("name", "Full name", LONG_NAME, is_ticked=True),
            CodeDetail("birthdate", "Date of birth", "29 February 1948", is_ticked=False),
            CodeDetail("address", "Postal address", "1 Spring Road, " * 8, is_ticked=False),
        )
        none = Problem("Tick at least one thing to show.", "details")
        return (
            cls(CSRF, details),
            cls(CSRF, details, (_TAX_USE, replace(_TAX_USE, app=LONG_APP, details=())), none),
            cls(CSRF, ()),
        )


@dataclass(frozen=True, slots=True)
class ShownCodePage:
    """The code, to be held out at the counter."""

    template: ClassVar[str] = "account/shown_code.html"
    csrf_token: str
    showing: str
    qr_svg: str
    """Our own drawing, inserted as it is."""
    digits: str
    seconds: int
    """Until it changes."""
    details: tuple[str, ...]

    @classmethod
    def samples(cls) -> tuple[ShownCodePage, ...]:
        squares = "M2 2h7v7h-7zM16 2h7v7h-7zM2 16h7v7h-7zM12 12h4v4h-4zM18 18h3v3h-3z"
        qr_svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 25 25"><path d="{squares}"/></svg>'
        usual = cls(CSRF, "showing-1", qr_svg, "4821 0937 5516", 60, ("Full name", "Date of birth"))
        return (usual, replace(usual, details=("Full name",)))


@dataclass(frozen=True, slots=True)
class UsedCodePage:
    """Which office redeemed the code and what it got; or that nobody did."""

    template: ClassVar[str] = "account/used_code.html"
    csrf_token: str
    use: CounterUse | None

    @classmethod
    def samples(cls) -> tuple[UsedCodePage, ...]:
        return (cls(CSRF, _TAX_USE), cls(CSRF, replace(_TAX_USE, app=LONG_APP, details=())), cls(CSRF, None))
