"""The console's page for helping citizens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import EARLIER, LATER, Problem
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.hub import Mark


@dataclass(frozen=True, slots=True)
class WayInLine:
    """One way in, or part of one."""

    title: str
    state: str
    mark: Mark
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class LookedLine:
    """One thing that happened."""

    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LookedAt:
    """An account as somebody who helps sees it: masked."""

    name: str
    username: str
    state: str
    mark: Mark
    created_at: datetime
    ways: tuple[WayInLine, ...]
    events: tuple[LookedLine, ...]


@dataclass(frozen=True, slots=True)
class SupportPage:
    """Look at an account, with a reason; and what was seen."""

    template: ClassVar[str] = "console/support.html"
    frame: ConsoleFrame
    identifier: str = ""
    reason: str = ""
    found: LookedAt | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[SupportPage, ...]:
        found = LookedAt(
            "古…",
            "g…",
            "In use",
            Mark.GOOD,
            EARLIER,
            (
                WayInLine("Passkey", "In use", Mark.GOOD, LATER),
                WayInLine("Authenticator app", "Suspended", Mark.WAITING, None),
            ),
            (LookedLine("Sign-in refused", LATER), LookedLine("Passkey added", EARLIER)),
        )
        asked = cls(FRAME, "gulbahar", "She cannot find her passkey.", found)
        return (
            cls(FRAME),
            asked,
            replace(
                asked,
                frame=LOUD_FRAME,
                identifier='"><i>',
                found=None,
                problem=Problem("Nobody signs in with this.", "identifier"),
            ),
        )
