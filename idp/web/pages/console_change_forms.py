"""The console's pages about asking for a change: the form, and what the change would do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from idp.web.pages.common import Problem
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame
from idp.web.pages.console_changes import A_DIFF, A_KEY, DiffRow, Option


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a form; what it needs depends on `input`."""

    name: str
    label: str
    input: str
    hint: str = ""
    value: str = ""
    values: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    """Language and text."""
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class ChangeFormPage:
    """Say what a change shall be."""

    template: ClassVar[str] = "console/change_form.html"
    frame: ConsoleFrame
    kind: str
    title: str
    controls: tuple[Control, ...]
    needs_look: bool = False
    """Only an address is asked for yet: what is there is looked at first."""
    sentences: tuple[str, ...] = ()
    """What speaks against what was said."""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[ChangeFormPage, ...]:
        address = Control("issuer", "The region’s address", "text", "Its issuer, https://…")
        usual = cls(
            FRAME,
            "trust.admit",
            "Add a region to the list",
            (
                replace(address, value="https://id.east.example"),
                Control(
                    "thumbprints", "Federation keys", "shown", "Compare them.", values=(A_KEY, A_KEY[::-1])
                ),
                Control("name", "Name", "names", texts=(("zh-CN", "东区"), ("en", "East"))),
                Control("ceiling", "Strongest level", "choice", options=_LEVELS),
                Control("domains", "Domains of its apps", "lines", "One a line.", value=".apps.example"),
            ),
        )
        return (
            usual,
            replace(usual, controls=(address,), needs_look=True),
            cls(
                LOUD_FRAME,
                "staff.invite",
                "Add a member of the staff",
                (
                    Control("name", "Name", "text", value='"><i>'),
                    Control("roles", "Roles", "choices", options=_LEVELS),
                    Control("days", "Days", "number", value="30"),
                    Control("immediately", "At once", "flag", is_on=True),
                    Control("payload", "The change as JSON", "json", value='{\n "a": 1\n}'),
                ),
                sentences=("Roles: It is a list of 1 to 50 texts.",),
                problem=Problem("The change cannot be proposed like this."),
            ),
        )


@dataclass(frozen=True, slots=True)
class ChangePreviewPage:
    """What a change would do, before anybody is asked to agree."""

    template: ClassVar[str] = "console/change_preview.html"
    frame: ConsoleFrame
    kind: str
    title: str
    subject: str
    direction: str
    waits: str
    """How long it waits after its approval, in a sentence."""
    diff: tuple[DiffRow, ...]
    effect: tuple[str, ...]
    payload: str
    """As JSON, for the next step."""
    alone_context: str = ""
    """For what a passkey is asked of whoever does it alone; empty where that cannot be."""
    why: str = ""
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[ChangePreviewPage, ...]:
        usual = cls(
            FRAME,
            "trust.suspend",
            "Suspend a region",
            "https://id.east.example",
            "Restricts what is trusted",
            "It takes effect as soon as somebody else approves it.",
            A_DIFF,
            (
                "1 region is cut off.",
                "About 1,240 sessions end at 3 other regions. Told between 1 November 2026 at 02:10 and 1 November"
                " 2026 at 02:14. The most, about 900, by the word of https://id.a-long-name-of-a-region.example.",
            ),
            '{"issuer":"https://id.east.example","reason":"review"}',
            alone_context="change:trust.suspend:00:suspend",
        )
        return (
            usual,
            replace(usual, frame=LOUD_FRAME, alone_context="", effect=(), problem=Problem("Say why.", "why")),
        )


_LEVELS = (Option("1", "1: one factor"), Option("2", "2: two factors", is_chosen=True))
