"""The console's page of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import EARLIER, LATER, LONG_NAME, Problem
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.console_changes import Option


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the trail."""

    title: str
    kind: str
    """The word that searches and exports use."""
    at: datetime
    account: str
    """Shortened for everybody but auditors; empty where it concerns nobody."""
    client: str
    subject: str
    entry: int | None
    """Its place in the audit log; None until it has one."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Lines of the audit trail, the latest first, narrowed and paged by key."""

    template: ClassVar[str] = "console/audit.html"
    frame: ConsoleFrame
    lines: tuple[AuditLine, ...]
    kinds: tuple[Option, ...]
    since: str = ""
    until: str = ""
    account: str = ""
    subject: str = ""
    can_export: bool = False
    """Whoever looks may take these lines away, with proofs."""
    log_size: int = 0
    """Entries that the audit log has."""
    first_href: str | None = None
    later_href: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[AuditPage, ...]:
        usual = cls(FRAME, _LINES, _KINDS, can_export=True, log_size=128_005)
        return (
            usual,
            replace(usual, lines=(), since="2026-11-01", subject='"><i>', can_export=False),
            replace(
                usual,
                frame=LOUD_FRAME,
                first_href="/console/audit",
                later_href="/console/audit?after=1.1",
                problem=Problem("Write a day such as 2026-11-29.", "since"),
            ),
        )


_KINDS = (Option("", "Anything", True), Option("signed_in", "Signed in"))
_LINES = (
    AuditLine("Signed in", "signed_in", LATER, "acc_81…", "tax", "ses_5f1c", 128_004),
    AuditLine("Change approved", "change_approved", EARLIER, "", "", "chg_9 trust.admit st_1", 128_003),
    AuditLine("Key changed state", "key_state_changed", EARLIER, "", "", '"><b>' + LONG_NAME, None),
)
