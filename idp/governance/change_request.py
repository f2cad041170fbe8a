"""A change request: what was asked for, by whom, and how far it is. How it moves is in `change_moves`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from idp.foundation.sentence import Sentence, read_kept

LIFETIME = timedelta(days=14)
"""A proposal that nobody approved for so long was not wanted."""
REVIEW_WITHIN = timedelta(hours=24)
"""How soon an emergency suspension must be looked at by somebody else."""
FRESH = timedelta(minutes=2)
"""How old the proof of a passkey may be."""
MAX_WHY = 1_000
MAX_PAYLOAD_BYTES = 65_536


class Direction(StrEnum):
    """Whether a change widens what is trusted."""

    LOOSENS = "loosens"
    RESTRICTS = "restricts"
    """Takes effect at its approval."""
    NEUTRAL = "neutral"
    """Waits like one that loosens: what looks harmless may not be."""


class State(StrEnum):
    """How far a request is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    """By somebody else; applied when its time has come."""
    APPLIED = "applied"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    EXPIRED = "expired"
    STALE = "stale"
    """What it would have changed has changed since."""
    FAILED = "failed"
    """The present does not allow it."""
    REVIEW_DUE = "review_due"
    """Done by one person in an emergency."""
    CONFIRMED = "confirmed"
    REVERTED = "reverted"
    """A second person found the suspension wrong. Ending it is a request of its own."""


OPEN = frozenset({State.PROPOSED, State.APPROVED})
"""Nothing has happened yet, and something may."""
DONE = frozenset({State.APPLIED, State.REVIEW_DUE, State.CONFIRMED, State.REVERTED})
"""The change was carried out."""


class Obstacle(StrEnum):
    """Why a move is not allowed. Pages have a sentence for each; these are the commands'."""

    OVER = "This request is closed, or was applied already."
    NOT_APPROVED = "Nobody approved this request."
    SAME_PERSON = "This takes somebody else than whoever proposed it."
    ONESELF = "Nobody proposes or approves a change about themselves."
    OTHER_CONTENT = "This is not the change that you looked at."
    WAITS = "This request still waits for its time."
    WIDENS = "Only what restricts can be done by one person alone."
    NO_PASSKEY = "This takes a passkey, used just now for exactly this."
    RAISED = "One of you let the other in, or got them a role, just now: that is no second person yet."
    STALE = "What this request would change has changed since it was made. Make a new one."
    TOO_MANY = "You have too many open requests. Cancel some first."
    REVIEW_OVERDUE = (
        "Nobody has reviewed what you did alone before, and the time is over. Have that reviewed first."
    )
    NO_WAY_BACK = "This request cannot be rolled back: it was not applied, or nothing undoes it."


class IllegalMove(Exception):
    """A request in this state, or this person, cannot do that."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.value)
        self.obstacle = obstacle


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One thing that would be different."""

    field: str
    before: str
    """Empty: there was nothing."""
    after: str


@dataclass(frozen=True, slots=True)
class Content:
    """What is approved, word for word. It never changes; a correction is a new request."""

    kind: str
    payload: Mapping[str, Any]
    subject: str
    direction: Direction
    base: str
    delay: timedelta
    """How long it waits after its approval."""

    @property
    def hash(self) -> str:
        """SHA-256 of all of it, hex. Raises: ValueError — this is nothing that JSON can say, or too much of it."""
        said = {
            "v": 1,
            "kind": self.kind,
            "payload": self.payload,
            "subject": self.subject,
            "direction": self.direction.value,
            "base": self.base,
            "delay": round(self.delay.total_seconds()),
        }
        raw = canonical(said)
        if len(raw) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"a change has at most {MAX_PAYLOAD_BYTES} bytes")
        return hashlib.sha256(raw).hexdigest()


@dataclass(frozen=True, slots=True)
class Approval:
    """A second person's yes."""

    by: str
    at: datetime
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A change that somebody asked for."""

    id: str
    content: Content
    content_hash: str
    why: str
    proposer: str
    """A member of the staff, by id, which says nothing to strangers."""
    proposed_at: datetime
    expires_at: datetime
    diff: tuple[DiffLine, ...] = ()
    """What would be different, as it was when it was proposed."""
    state: State = State.PROPOSED
    is_emergency: bool = False
    approval: Approval | None = None
    applied_at: datetime | None = None
    outcome: str = ""
    """What came of it: a word of its kind, or the sentence why nothing did."""
    closed_by: str = ""
    """Who cancelled, refused or reviewed it; empty when time or the present did."""
    closed_at: datetime | None = None
    closed_why: str = ""
    """In the words of whoever closed it; as kept sentences when it failed (`failed_for`)."""
    rolls_back: str | None = None
    """The request that this one undoes."""

    @property
    def review_due_at(self) -> datetime | None:
        """By when a second person must look at an emergency suspension."""
        if self.state is not State.REVIEW_DUE or self.applied_at is None:
            return None
        return self.applied_at + REVIEW_WITHIN

    @property
    def failed_for(self) -> tuple[Sentence, ...]:
        """What stood in the way of a request that failed."""
        return read_kept(self.closed_why) if self.state is State.FAILED else ()

    @property
    def why_closed(self) -> str:
        """In English, if it was no person who closed it."""
        return " ".join(map(str, self.failed_for)) or self.closed_why

    def state_at(self, now: datetime) -> State:
        """How far it is now. A proposal whose time is over is expired, also before anybody wrote that down."""
        if self.state is State.PROPOSED and now >= self.expires_at:
            return State.EXPIRED
        return self.state


@dataclass(frozen=True, slots=True)
class Authority:
    """By whose word a change is carried out: what the log keeps of it. Staff by ids that say nothing to strangers."""

    change: str
    content_hash: str
    proposer: str
    approver: str | None
    """None: suspended by one person in an emergency."""
    requested_at: datetime
    approved_at: datetime | None


def authority_of(request: ChangeRequest) -> Authority:
    """By whose word it is carried out. Raises: IllegalMove — by nobody's."""
    if request.approval is None and not request.is_emergency:
        raise IllegalMove(Obstacle.NOT_APPROVED)
    return Authority(
        change=request.id,
        content_hash=request.content_hash,
        proposer=request.proposer,
        approver=request.approval.by if request.approval else None,
        requested_at=request.proposed_at,
        approved_at=request.approval.at if request.approval else None,
    )


def canonical(value: Any) -> bytes:
    """The one way to write a value down. Raises: ValueError — nothing that JSON can say."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        return text.encode()
    except (TypeError, UnicodeEncodeError, RecursionError) as error:
        raise ValueError("this cannot be written as JSON") from error


def digest_of(value: Any) -> str:
    """SHA-256 of a value in that form, hex: what kinds make their `base` of."""
    return hashlib.sha256(canonical(value)).hexdigest()


def context_of(request: ChangeRequest, purpose: str) -> str:
    """For what exactly a passkey is asked: `approve` or `review` of this content of this request."""
    return f"change:{request.id}:{request.content_hash}:{purpose}"
