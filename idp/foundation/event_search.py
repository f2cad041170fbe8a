"""Looking through the audit trail: what is asked for, and what comes back a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from idp.foundation.events import Event, EventKind

MAX_PAGE = 1_000
"""Lines of the trail in one answer."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which lines of the trail; everything given must hold."""

    kind: EventKind | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Before this moment."""
    account_id: str | None = None
    subject: str | None = None


class EventPlace(NamedTuple):
    """Where a page ended: the next one begins below it."""

    at_milliseconds: int
    id: int

    @classmethod
    def parse(cls, text: str) -> EventPlace | None:
        """The inverse of `written`; None when it is none of ours, or larger than any number that is stored."""
        at, _, number = text.partition(".")
        is_ours = all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (at, number))
        return cls(int(at), int(number)) if is_ours else None

    @property
    def written(self) -> str:
        """As addresses carry it."""
        return f"{self.at_milliseconds}.{self.id}"


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """A line of the trail as it is kept."""

    id: int
    event: Event
    log_index: int | None
    """Its entry in the audit log; None for the moment before it has one."""
    salt: bytes | None
    """What its entry hides it with; None before it has an entry, and after the person was forgotten."""
    place: EventPlace


class EventSearch(Protocol):
    """The audit trail, for whoever may read all of it."""

    def page(self, wanted: EventFilter, after: EventPlace | None, limit: int) -> tuple[KeptEvent, ...]:
        """The latest lines first, below a place; at most `MAX_PAGE`."""
        ...
