"""The console's pages about mini-apps: the list, one of them, the form of a submission."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import EARLIER, HOSTILE_APP, LATER, LONG_APP, SAMPLE_LOGO, Problem
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.hub import Mark


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a choice."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class ConsoleAppLine:
    """One mini-app of the list."""

    client_id: str
    name: str
    organisation: str
    standing: str
    standing_mark: Mark
    stage: str
    """Empty when no version is under way."""
    stage_mark: Mark
    since: datetime


@dataclass(frozen=True, slots=True)
class ConsoleAppsPage:
    """Mini-apps, one page of them by key."""

    template: ClassVar[str] = "console/apps.html"
    frame: ConsoleFrame
    apps: tuple[ConsoleAppLine, ...]
    states: tuple[Choice, ...]
    organisation: str = ""
    after: str = ""
    may_choose_organisation: bool = True
    """Developers see their own organisation's and no others."""
    may_submit: bool = False
    first_href: str | None = None
    later_href: str | None = None

    @classmethod
    def samples(cls) -> tuple[ConsoleAppsPage, ...]:
        usual = cls(FRAME, _LINES, _STATES, may_submit=True)
        return (
            usual,
            replace(usual, apps=(), organisation='"><i>', may_submit=False, may_choose_organisation=False),
            replace(
                usual,
                frame=LOUD_FRAME,
                after="tax",
                first_href="/console/apps",
                later_href="/console/apps?after=x",
            ),
        )


@dataclass(frozen=True, slots=True)
class FindingLine:
    """What a check found, and what to do."""

    rule: str
    title: str
    what_to_do: str
    field: str
    value: str
    detail: str
    """In English."""
    is_error: bool


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """One member of the version under way that is not as in the version in force."""

    member: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """What a reviewer wants put right."""

    field: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class MoveLine:
    """One line of the history."""

    what: str
    at: datetime
    who: str
    note: str


@dataclass(frozen=True, slots=True)
class AppealLine:
    """An appeal and its answer."""

    text: str
    at: datetime
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppDayLine:
    """The figures of one day."""

    day: datetime
    sign_ins: int
    unfetched: int
    agreed: int
    refused: int
    dropped_off: str
    """Of those who were asked here, those who did not agree, with a word or without; in words."""
    errors: int


@dataclass(frozen=True, slots=True)
class ConsoleAppPage:
    """One mini-app: how it stands, what is under way, and what whoever is here may do about it."""

    template: ClassVar[str] = "console/app.html"
    frame: ConsoleFrame
    app: ConsoleAppLine
    revision: int
    published_at: datetime | None = None
    retires_at: datetime | None = None
    reason: str = ""
    """Why it is suspended or being retired."""
    returned_for: tuple[ReasonLine, ...] = ()
    findings: tuple[FindingLine, ...] = ()
    differences: tuple[DifferenceLine, ...] = ()
    history: tuple[MoveLine, ...] = ()
    figures: tuple[AppDayLine, ...] = ()
    appeal: AppealLine | None = None
    logo: str | None = None
    """Where the picture of the version under way is, or of the one in force."""
    may: frozenset[str] = frozenset()
    """Which forms are shown: the names of moves, and `edit`, `propose`, `secret`."""
    proposal: str = ""
    """The kind of change request that `propose` makes."""
    is_harmless: bool = False
    """Accepting puts the version in force at once."""
    secret: str | None = None
    """Made just now, shown this once."""
    fields: tuple[str, ...] = ()
    """What a reason can be about."""
    notice: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[ConsoleAppPage, ...]:
        review = cls(
            FRAME,
            _LINES[0],
            7,
            differences=(
                DifferenceLine("redirect_uris", "https://tax.example/callback", "https://tax.example/new"),
                DifferenceLine("name", "", 'en: "><b>Hostile</b>\nzh-CN: 税务'),
            ),
            findings=_FINDINGS,
            history=_HISTORY,
            logo=SAMPLE_LOGO,
            may=frozenset({"take", "accept", "return"}),
            fields=("name", "redirect_uris", "logo"),
        )
        return (
            review,
            replace(review, is_harmless=True, frame=LOUD_FRAME, problem=Problem("Somebody else was faster.")),
            cls(
                FRAME,
                _LINES[1],
                9,
                published_at=EARLIER,
                reason='It sells what it learns. "><i>',
                appeal=AppealLine("We asked for it by mistake.", EARLIER, "", None),
                history=_HISTORY,
                may=frozenset({"appeal", "answer", "propose", "retire"}),
                proposal="app.restore",
            ),
            cls(
                FRAME,
                _LINES[2],
                4,
                published_at=EARLIER,
                retires_at=LATER,
                returned_for=(ReasonLine("claims.birthdate.purpose", "Say which allowance."),),
                appeal=AppealLine("Please.", EARLIER, "No.", LATER),
                figures=(
                    AppDayLine(EARLIER, 1200, 3, 900, 12, "40 of 930 (4%)", 0),
                    AppDayLine(LATER, 0, 0, 0, 0, "–", 1),
                ),
                may=frozenset({"edit", "submit", "withdraw", "secret", "suspend", "propose"}),
                proposal="app.publish",
                secret="cs_sample-secret",
                notice="Saved.",
            ),
        )


@dataclass(frozen=True, slots=True)
class ConsoleAppFormPage:
    """Write or change a submission."""

    template: ClassVar[str] = "console/app_form.html"
    frame: ConsoleFrame
    text: str
    client_id: str | None = None
    """Of the mini-app that it is a version of; None for a new one."""
    has_logo: bool = False
    findings: tuple[FindingLine, ...] = ()
    is_checked: bool = False
    """Whether the findings are those of this text."""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[ConsoleAppFormPage, ...]:
        return (
            cls(FRAME, 'client_id = "tax"'),
            cls(FRAME, "</textarea><script>", "tax", True, _FINDINGS, True, Problem("Not kept.", "text")),
            cls(LOUD_FRAME, "", "tax", True, (), True),
        )


_LINES = (
    ConsoleAppLine(
        "tax",
        "Income Tax",
        "East Tax Service",
        "Not published",
        Mark.NOTHING,
        "In review",
        Mark.WAITING,
        EARLIER,
    ),
    ConsoleAppLine(
        "health", HOSTILE_APP.name, HOSTILE_APP.organisation, "Suspended", Mark.BAD, "", Mark.NOTHING, LATER
    ),
    ConsoleAppLine(
        "a" * 64, LONG_APP.name, LONG_APP.organisation, "Published", Mark.GOOD, "Draft", Mark.NOTHING, LATER
    ),
)
_STATES = (Choice("", "All"), Choice("submitted", "Waits for a reviewer", True))
_FINDINGS = (
    FindingLine(
        "registration",
        "A rule of registration is not kept",
        "Correct what the sentence names.",
        "redirect_uris",
        "",
        "the redirect URI 'http://x' is refused: only https is accepted",
        True,
    ),
    FindingLine(
        "name-alike",
        "The name looks like that of a published app",
        "Choose another one.",
        "name",
        '"><script>alert(1)</script>',
        "tax-2",
        False,
    ),
)
_HISTORY = (
    MoveLine("Review begun", LATER, "Rita", ""),
    MoveLine("Submitted", EARLIER, "", "a note\nof two lines"),
)
