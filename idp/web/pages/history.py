"""What happened to the account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from idp.web.pages.common import CSRF, EARLIER, LATER


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened."""

    words: str
    at: datetime
    device: str = ""
    place: str = ""
    """The network address."""
    is_alarming: bool = False
    """Whether the owner should look at it twice."""

    @classmethod
    def samples(cls) -> tuple[HistoryLine, ...]:
        signed_in = cls("You signed in with a passkey", LATER, "Chrome on Android", "192.0.2.7")
        refused = cls("A sign-in was refused", LATER, place="203.0.113.250", is_alarming=True)
        added = cls("A passkey was added: My telephone", EARLIER)
        long = replace(
            signed_in,
            words="You signed in with a password and a code from the authenticator app and a face check",
            place="2001:db8:85a3::8a2e:370:7334",
        )
        return (signed_in, refused, added, long, replace(added, words="x" * 150))


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Everything that happened to the account, latest first."""

    template: ClassVar[str] = "account/history.html"
    csrf_token: str
    lines: tuple[HistoryLine, ...]
    earlier_href: str = ""
    """Empty on the last page."""
    is_first: bool = True

    @classmethod
    def samples(cls) -> tuple[HistoryPage, ...]:
        lines = HistoryLine.samples()
        return (
            cls(CSRF, lines * 4, earlier_href="/account/history?before=120"),
            cls(CSRF, lines[:1], is_first=False),
            cls(CSRF, ()),
        )
