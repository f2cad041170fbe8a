"""A session that another region vouched for: who it is there, and what it takes to sign out there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HomeSession:
    """What a session of ours is at home."""

    session_id: str
    home_iss: str
    home_sub: str
    home_sid: str | None
    """The session there; None where the region does not name them."""
    id_token_sealed: bytes = field(repr=False)
    """By which the region knows who wants to sign out."""
    issued_at: datetime | None = None
    """When the region vouched for the person, by its own clock."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A live session that hangs from one in another region."""

    session_id: str
    account_id: str


class HomeSessionStore(Protocol):
    """Sessions from other regions, beside `SessionStore`."""

    def put(self, home_session: HomeSession) -> None:
        """Keep it; replaces what was kept of the same session."""
        ...

    def find(self, session_id: str) -> HomeSession | None:
        """What a session is at home; None for one of our own people's."""
        ...

    def derived(self, home_iss: str, *, sid: str | None, sub: str | None) -> tuple[Derived, ...]:
        """Every session here that hangs from that one there, or else from any of that person's."""
        ...

    def doubted(self, home_iss: str, sub: str, until: datetime, above: int) -> tuple[Derived, ...]:
        """Of that person's, what was vouched for until then and has a higher level than that."""
        ...
