"""The console's pages about the staff."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import EARLIER, LATER, LONG_NAME, Problem
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.hub import Mark


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member of the staff."""

    id: str
    name: str
    roles: str
    """In words."""
    organisation: str
    state: str
    mark: Mark
    since: datetime


@dataclass(frozen=True, slots=True)
class StaffPage:
    """Everybody of the staff, and how they stand."""

    template: ClassVar[str] = "console/staff.html"
    frame: ConsoleFrame
    members: tuple[MemberLine, ...]
    is_governed: bool
    invite_href: str | None = None
    """Where a new member is proposed, for those who may."""

    @classmethod
    def samples(cls) -> tuple[StaffPage, ...]:
        return (
            cls(FRAME, _MEMBERS, is_governed=True, invite_href="/console/changes/new/staff.invite"),
            cls(LOUD_FRAME, _MEMBERS[:1], is_governed=False),
        )


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role of a member, and what it allows."""

    label: str
    since: datetime
    by: str
    """The change request that gave it; empty for those of the beginning."""
    until: datetime | None
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberPage:
    """One member of the staff."""

    template: ClassVar[str] = "console/member.html"
    frame: ConsoleFrame
    member: MemberLine
    roles: tuple[RoleLine, ...]
    can_make_link: bool = False
    """They have not joined, and whoever looks may make their one-time link."""
    propose: tuple[tuple[str, str], ...] = ()
    """Address and label of each change that can be proposed about them."""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[MemberPage, ...]:
        role = RoleLine("Reviewer", EARLIER, "cr_9", None, ("See change requests", "Approve changes"))
        glass = replace(role, label="Break-glass", until=LATER)
        usual = cls(
            FRAME, _MEMBERS[0], (role,), propose=(("/console/changes/new/staff.roles", "Other roles"),)
        )
        return (
            usual,
            replace(usual, member=_MEMBERS[1], roles=(replace(role, by=""),), can_make_link=True),
            replace(
                usual,
                frame=LOUD_FRAME,
                member=_MEMBERS[2],
                roles=(role, glass),
                problem=Problem("That did not work with this passkey."),
            ),
        )


@dataclass(frozen=True, slots=True)
class LinkPage:
    """The one-time link of somebody invited, shown this once."""

    template: ClassVar[str] = "console/link.html"
    frame: ConsoleFrame
    name: str
    address: str
    expires_at: datetime

    @classmethod
    def samples(cls) -> tuple[LinkPage, ...]:
        return (cls(FRAME, "Lin Yue", "https://id.example/console/join#sample-of-a-link", LATER),)


_MEMBERS = (
    MemberLine("st_1", "Lin Yue", "Regional administrator", "", "In office", Mark.GOOD, EARLIER),
    MemberLine("st_2", "陈晓", "Reviewer", "", "Has not joined yet", Mark.WAITING, LATER),
    MemberLine("st_3", LONG_NAME * 3, "Developer", "East Tax Service", "Out of office", Mark.NOTHING, LATER),
)
