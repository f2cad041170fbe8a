"""The console's pages about what is in force here: the assurance policy, and trust marks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import EARLIER, LATER
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.hub import Mark


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """The assurance policy in force, word for word."""

    template: ClassVar[str] = "console/policy.html"
    frame: ConsoleFrame
    policy: str
    propose_href: str | None = None

    @classmethod
    def samples(cls) -> tuple[PolicyPage, ...]:
        text = '# What each level takes.\n[level.2]\nany = [["password", "totp"]]\n# "><i>\n'
        return (
            cls(FRAME, text, "/console/changes/new/policy.assurance"),
            cls(LOUD_FRAME, text),
        )


@dataclass(frozen=True, slots=True)
class TrustMarkLine:
    """One trust mark."""

    mark_type: str
    subject: str
    issuer: str
    status: str
    mark: Mark
    issued_at: datetime
    expires_at: datetime
    revoke_href: str | None = None


@dataclass(frozen=True, slots=True)
class MarksPage:
    """The trust marks that were given here, or to our own entities."""

    template: ClassVar[str] = "console/marks.html"
    frame: ConsoleFrame
    marks: tuple[TrustMarkLine, ...]
    issue_href: str | None = None

    @classmethod
    def samples(cls) -> tuple[MarksPage, ...]:
        line = TrustMarkLine(
            "https://hub.example/marks/public-service",
            "https://tax.apps.east.example",
            "https://id.east.example/fed",
            "In force",
            Mark.GOOD,
            EARLIER,
            LATER,
            "/console/changes/new/mark.revoke",
        )
        gone = replace(
            line, subject='https://x.example/"><i>', status="Revoked", mark=Mark.BAD, revoke_href=None
        )
        return (cls(FRAME, (line, gone), "/console/changes/new/mark.issue"), cls(LOUD_FRAME, ()))
