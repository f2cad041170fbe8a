"""The console's pages about change requests: the list, and one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import EARLIER, LATER, LONG_NAME, Problem
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.hub import Mark, WaitingPart


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a choice."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One request of the list."""

    id: str
    title: str
    """What it would do, in words."""
    subject: str
    proposer: str
    at: datetime
    state: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Change requests, newest first, one page of them by key."""

    template: ClassVar[str] = "console/changes.html"
    frame: ConsoleFrame
    changes: tuple[ChangeLine, ...]
    states: tuple[Option, ...]
    kinds: tuple[Option, ...]
    members: tuple[Option, ...]
    subject: str = ""
    propose: tuple[tuple[str, str], ...] = ()
    """Addresses of forms with their words: what this member may ask for."""
    first_href: str | None = None
    later_href: str | None = None

    @classmethod
    def samples(cls) -> tuple[ChangesPage, ...]:
        propose = (("/console/changes/new/trust.admit", "Add a region to the list"),)
        usual = cls(FRAME, _LINES, _STATES, _KINDS, _MEMBERS, propose=propose)
        return (
            usual,
            replace(usual, changes=(), subject='"><i>', propose=()),
            replace(
                usual,
                frame=LOUD_FRAME,
                first_href="/console/changes",
                later_href="/console/changes?after=1.chg_1",
            ),
        )


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One thing that is different, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """Something that happened to a request."""

    what: str
    who: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """One request: what it does, how far it is, and what whoever is here may do about it."""

    template: ClassVar[str] = "console/change.html"
    frame: ConsoleFrame
    change: ChangeLine
    direction: str
    diff: tuple[DiffRow, ...]
    content_hash: str
    payload: str
    """As JSON: what is approved, word for word."""
    steps: tuple[StepLine, ...]
    effect: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    """What speaks against it now."""
    is_open: bool = True
    effective_at: datetime | None = None
    """When an approved one is applied."""
    left: str = ""
    """How long that is, in words."""
    expires_at: datetime | None = None
    held_up: WaitingPart | None = None
    """Applied, and out only when witnesses stand by it."""
    review_due_at: datetime | None = None
    is_overdue: bool = False
    may: frozenset[str] = frozenset()
    """`approve`, `refuse`, `cancel`, `review`, `roll_back`."""
    why_not: str = ""
    """Why whoever is here cannot approve it, in a sentence."""
    outcome: str = ""
    member: str = ""
    """Whom it made a member of the staff."""
    rolls_back: str | None = None
    notice: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[ChangePage, ...]:
        steps = (StepLine("Proposed", "Lin Yue", EARLIER, 'Its keys may be gone. "><i>'),)
        usual = cls(
            FRAME,
            _LINES[0],
            "Widens what is trusted",
            A_DIFF,
            "0f" * 32,
            '{\n "ceiling": 3,\n "issuer": "https://id.east.example"\n}',
            steps,
            effect=("1 region is trusted anew.", "33 other regions are told at once and act on it."),
            expires_at=LATER,
            may=frozenset({"approve", "refuse", "cancel"}),
        )
        waiting = replace(
            usual,
            change=_LINES[1],
            steps=(*steps, StepLine("Approved", LONG_NAME * 2, LATER)),
            effective_at=LATER,
            left="in 23 hours",
            may=frozenset({"cancel"}),
            notice="You approved it.",
        )
        alone = replace(
            usual,
            change=_LINES[2],
            frame=LOUD_FRAME,
            direction="Restricts what is trusted",
            is_open=False,
            review_due_at=EARLIER,
            is_overdue=True,
            may=frozenset({"review", "roll_back"}),
            problem=Problem("This takes a passkey, used just now for exactly this."),
        )
        return (
            usual,
            waiting,
            alone,
            replace(
                usual,
                checks=("https://id.east.example is suspended already",),
                why_not="You proposed it.",
                may=frozenset(),
            ),
            replace(
                usual,
                is_open=False,
                may=frozenset({"roll_back"}),
                outcome="bundle 128",
                held_up=WaitingPart(LATER, "Witnesses that stand by it so far: 1 of 2."),
                rolls_back="chg_2",
                member="st_new",
            ),
        )


A_KEY = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
_STATES = (Option("", "Any"), Option("proposed", "Waits for approval", is_chosen=True))
_KINDS = (Option("", "Any", is_chosen=True), Option("trust.admit", "Add a region to the list"))
_MEMBERS = (Option("", "Anybody", is_chosen=True), Option("st_1", LONG_NAME * 2))
_LINES = (
    ChangeLine(
        "chg_1",
        "Add a region to the list",
        "https://id.east.example",
        "Lin Yue",
        EARLIER,
        "Waits for approval",
        Mark.WAITING,
    ),
    ChangeLine(
        "chg_2",
        "Change the ceiling of a region",
        "https://id." + "very-long-label" * 4 + ".example",
        LONG_NAME * 2,
        LATER,
        "Approved, waits for its time",
        Mark.WAITING,
    ),
    ChangeLine(
        "chg_3",
        "Suspend a region",
        '"><b>Hostile</b>',
        "Lin Yue",
        LATER,
        "Done by one person, waits for review",
        Mark.BAD,
    ),
)
A_DIFF = (
    DiffRow("Strongest level believed", "2", "3"),
    DiffRow("Federation key", "", A_KEY),
    DiffRow(
        "Where people are sent back to",
        "https://tax.example/callback",
        "https://tax.example/a\nhttps://tax.example/b",
    ),
    DiffRow("Name", '"><b>Hostile</b>', ""),
)
