"""How a change request moves: `moved` is the one way it becomes another. Everything that it does not know is refused.

proposed → approved → applied, or cancelled, refused, expired, stale, failed. In an emergency one person suspends alone:
review due → confirmed or reverted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from idp.governance.change_request import Approval, ChangeRequest, Direction, IllegalMove, Obstacle, State


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
