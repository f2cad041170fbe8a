"""The console's pages about oneself: passkeys, sessions, API tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import EARLIER, LATER, LONG_NAME, Problem
from idp.web.pages.console import FRAME, LOUD_FRAME, ConsoleFrame


@dataclass(frozen=True, slots=True)
class StaffPasskeyLine:
    """One of the member's passkeys."""

    id: str
    label: str
    created_at: datetime
    last_used_at: datetime | None
    is_suspended: bool = False


@dataclass(frozen=True, slots=True)
class StaffSessionLine:
    """One place where the member is signed in."""

    id: str
    device: str
    place: str
    signed_in_at: datetime
    last_seen_at: datetime
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class MyselfPage:
    """A member's own passkeys and sessions."""

    template: ClassVar[str] = "console/myself.html"
    frame: ConsoleFrame
    passkeys: tuple[StaffPasskeyLine, ...]
    sessions: tuple[StaffSessionLine, ...]
    notice: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[MyselfPage, ...]:
        phone = StaffPasskeyLine("passkey-1", "iCloud Keychain", EARLIER, LATER)
        key = StaffPasskeyLine("passkey-2", "", EARLIER, None)
        here = StaffSessionLine("s1", "Chrome on Windows", "192.0.2.7", EARLIER, LATER, is_current=True)
        there = replace(here, id="s2", device="Safari on macOS", is_current=False)
        usual = cls(FRAME, (phone,), (here,))
        return (
            usual,
            replace(usual, passkeys=(phone, key), sessions=(here, there), notice="The passkey was added."),
            replace(
                usual,
                frame=LOUD_FRAME,
                passkeys=(phone, replace(key, label=LONG_NAME * 5, is_suspended=True)),
                problem=Problem("That did not work with this passkey."),
            ),
        )


@dataclass(frozen=True, slots=True)
class StaffPasskeyAddPage:
    """Make a further passkey; another one was unlocked a moment ago."""

    template: ClassVar[str] = "console/passkey_add.html"
    frame: ConsoleFrame
    ticket: str

    @classmethod
    def samples(cls) -> tuple[StaffPasskeyAddPage, ...]:
        return (cls(FRAME, "1790000000000.sample"),)


@dataclass(frozen=True, slots=True)
class ActionChoice:
    """Something a token can be made for."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One of the member's API tokens."""

    id: str
    label: str
    actions: str
    """In words."""
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokensPage:
    """A member's API tokens, and how to make one."""

    template: ClassVar[str] = "console/tokens.html"
    frame: ConsoleFrame
    tokens: tuple[TokenLine, ...]
    choices: tuple[ActionChoice, ...]
    days: int
    most_days: int
    label: str = ""
    made: str | None = None
    """The new token, shown this once."""
    notice: str | None = None
    problem: Problem | None = None

    @classmethod
    def samples(cls) -> tuple[TokensPage, ...]:
        choices = (
            ActionChoice("trust.read", "See the list of regions"),
            ActionChoice("trust.propose", "Propose changes of the list", is_chosen=True),
        )
        line = TokenLine("t1", "Nightly report", "See the list of regions", LATER, None)
        usual = cls(FRAME, (line,), choices, 30, 90)
        return (
            usual,
            replace(usual, tokens=(), label="x" * 64, problem=Problem("Choose what the token is for.")),
            replace(usual, made="sample-of-a-token-that-is-shown-once", frame=LOUD_FRAME),
        )
