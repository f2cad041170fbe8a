"""A change request on its way: proposed, approved by somebody else, waiting, applied. Pure: the caller stores it.

proposed → approved → applied, or cancelled, refused, expired, stale, failed. In an emergency one person suspends alone:
review due → confirmed or reverted. `moved` is the one way a request becomes another; everything it does not know is
refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

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
    rolls_back: str | None = None
    """The request that this one undoes."""

    @property
    def review_due_at(self) -> datetime | None:
        """By when a second person must look at an emergency suspension."""
        if self.state is not State.REVIEW_DUE or self.applied_at is None:
            return None
        return self.applied_at + REVIEW_WITHIN

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


@dataclass(frozen=True, slots=True)
class Approve:
    """Somebody else agrees, to exactly this content."""

    by: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Somebody else does not agree."""

    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """It shall not happen, also when it was approved already."""

    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Apply:
    """It is carried out."""

    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Lapse:
    """Nothing will come of it: too late, overtaken, or not possible."""

    into: State
    sentence: str


@dataclass(frozen=True, slots=True)
class Review:
    """A second person says whether an emergency suspension was right."""

    by: str
    is_right: bool
    why: str = ""


Move = Approve | Refuse | Cancel | Apply | Lapse | Review


def moved(request: ChangeRequest, move: Move, *, now: datetime) -> ChangeRequest:
    """The request after a move. Raises: IllegalMove."""
    match move:
        case Approve():
            return _approved(request, move, now)
        case Refuse(by, why):
            _require_state(request, now, State.PROPOSED)
            _require_other(request, by)
            return _closed(request, State.REFUSED, by, why, now)
        case Cancel(by, why):
            _require_state(request, now, State.PROPOSED, State.APPROVED)
            return _closed(request, State.CANCELLED, by, why, now)
        case Apply(outcome):
            return _applied(request, outcome, now)
        case Lapse(into, sentence):
            return _lapsed(request, into, sentence, now)
        case Review(by, is_right, why):
            _require_state(request, now, State.REVIEW_DUE)
            _require_other(request, by)
            return _closed(request, State.CONFIRMED if is_right else State.REVERTED, by, why, now)


def acted_alone(request: ChangeRequest, outcome: str = "", *, now: datetime) -> ChangeRequest:
    """A proposal that its proposer carries out at once, to be reviewed. Raises: IllegalMove — it does not restrict."""
    _require_state(request, now, State.PROPOSED)
    if request.content.direction is not Direction.RESTRICTS:
        raise IllegalMove(Obstacle.WIDENS)
    return replace(request, state=State.REVIEW_DUE, is_emergency=True, applied_at=now, outcome=outcome)


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


def _approved(request: ChangeRequest, move: Approve, now: datetime) -> ChangeRequest:
    _require_state(request, now, State.PROPOSED)
    _require_other(request, move.by)
    if move.by == request.content.subject:
        raise IllegalMove(Obstacle.ONESELF)
    if move.content_hash != request.content_hash:
        raise IllegalMove(Obstacle.OTHER_CONTENT)
    approval = Approval(move.by, now, now + request.content.delay)
    return replace(request, state=State.APPROVED, approval=approval)


def _applied(request: ChangeRequest, outcome: str, now: datetime) -> ChangeRequest:
    _require_state(request, now, State.APPROVED)
    if request.approval is None or now < request.approval.effective_at:
        raise IllegalMove(Obstacle.WAITS)
    return replace(request, state=State.APPLIED, applied_at=now, outcome=outcome)


def _lapsed(request: ChangeRequest, into: State, sentence: str, now: datetime) -> ChangeRequest:
    if into is State.EXPIRED:
        if request.state is not State.PROPOSED or now < request.expires_at:
            raise IllegalMove(Obstacle.WAITS)
    elif into in (State.STALE, State.FAILED):
        _require_state(request, now, State.PROPOSED, State.APPROVED)
    else:
        raise IllegalMove(Obstacle.OVER)
    return replace(request, state=into, closed_at=now, closed_why=sentence)


def _closed(request: ChangeRequest, state: State, by: str, why: str, now: datetime) -> ChangeRequest:
    return replace(request, state=state, closed_by=by, closed_at=now, closed_why=why)


def _require_state(request: ChangeRequest, now: datetime, *allowed: State) -> None:
    if request.state_at(now) not in allowed:
        raise IllegalMove(Obstacle.OVER)


def _require_other(request: ChangeRequest, by: str) -> None:
    if by == request.proposer:
        raise IllegalMove(Obstacle.SAME_PERSON)
