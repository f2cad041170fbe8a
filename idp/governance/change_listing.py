"""Which change requests somebody wants to see, and from where on: newest first, paged by key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.governance.change_request import ChangeRequest, State

MOST_A_PAGE = 100
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ChangeFilters:
    """What requests must be like. None: anything will do."""

    state: State | None = None
    kind: str | None = None
    subject: str | None = None
    proposer: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends, and the next begins."""

    at: datetime
    id: str

    @classmethod
    def behind(cls, request: ChangeRequest) -> Place:
        """The place behind this request."""
        return cls(request.proposed_at, request.id)

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """The inverse of `str`; None when it is none of ours."""
        at, dot, request_id = text.partition(".")
        if len(text) > _LONGEST or not (at.isascii() and at.isdigit() and dot and request_id):
            return None
        try:
            return cls(from_milliseconds(int(at)), request_id)
        except (OverflowError, ValueError, OSError):
            return None

    def __str__(self) -> str:
        return f"{to_milliseconds(self.at)}.{self.id}"


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some requests, newest first."""

    requests: tuple[ChangeRequest, ...]
    next: Place | None
    """Where to go on; None at the end."""
