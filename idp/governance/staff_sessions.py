"""How somebody of the staff is there: signed in with a passkey in a browser, or by an API token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.governance.roles import Action


@dataclass(frozen=True, slots=True)
class Seat:
    """The browser somebody sits at, as it says itself."""

    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A session in force. The cookie is a random value of which we keep the digest."""

    id: str
    """The public handle under which its member sees and ends it."""
    staff_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token in force, without the token itself."""

    id: str
    staff_id: str
    label: str
    actions: frozenset[Action]
    """What it may do at most; never more than its member may at that moment."""
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
