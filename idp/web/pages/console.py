"""The console's frame, and its pages for coming in: signing in, joining, home."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import CSRF, EARLIER, LONG_NAME, TOKEN, Problem


@dataclass(frozen=True, slots=True)
class NavLine:
    """One place of the console that this role may go to."""

    path: str
    label: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class ConsoleFrame:
    """What the layout shows around every page of a signed-in member. `desk_frame.frame(section)` makes it."""

    name: str
    roles: str
    """In words."""
    csrf_token: str
    nav: tuple[NavLine, ...]
    alarms: tuple[str, ...] = ()
    """What everybody must know now, in sentences: an hour of break-glass, an installation that nobody governs yet."""


@dataclass(frozen=True, slots=True)
class ConsoleSignInPage:
    """Sign in to the console with a passkey; there is no other way."""

    template: ClassVar[str] = "console/sign_in.html"
    step_token: str
    back: str
    """Where in the console to go then."""
    notice: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[ConsoleSignInPage, ...]:
        usual = cls(TOKEN, "/console")
        return (
            usual,
            replace(usual, notice="You are one of the staff now. Sign in with your new passkey."),
            replace(
                usual, back="/console/changes", problem=Problem("This passkey does not open the console.")
            ),
        )


@dataclass(frozen=True, slots=True)
class ConsoleJoinPage:
    """Make the first passkey, by a one-time link."""

    template: ClassVar[str] = "console/join.html"
    step_token: str
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[ConsoleJoinPage, ...]:
        return (cls(TOKEN), cls(TOKEN, Problem("The passkey could not be added. Open the link once more.")))


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Something that waits for whoever is here, or that they should know."""

    text: str
    href: str | None = None
    label: str = ""
    """What the link says."""
    at: datetime | None = None
    """Since when, or until when."""
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class ConsoleHomePage:
    """What waits for this member."""

    template: ClassVar[str] = "console/home.html"
    frame: ConsoleFrame
    waiting: tuple[WaitingLine, ...]

    @classmethod
    def samples(cls) -> tuple[ConsoleHomePage, ...]:
        lines = (
            WaitingLine("Add a second passkey.", "/console/me", "Your passkeys"),
            WaitingLine(
                "A region was suspended by one person.", "/console/changes", "Review it", EARLIER, True
            ),
        )
        return (cls(FRAME, lines), cls(LOUD_FRAME, ()))


FRAME = ConsoleFrame(
    name="Lin Yue",
    roles="National operator",
    csrf_token=CSRF,
    nav=(
        NavLine("/console", "Home", is_current=True),
        NavLine("/console/staff", "Staff"),
        NavLine("/console/me", "Your access"),
    ),
)
LOUD_FRAME = replace(
    FRAME,
    name=LONG_NAME * 3,
    roles="Reviewer, auditor and break-glass",
    alarms=("Break-glass: Lin Yue may do everything until 20 November 2026 at 17:05.",),
)
