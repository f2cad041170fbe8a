"""Where a mini-app stands between submission and retirement, and which move may follow. Pure: the store makes it so.

Two things are told apart. The *standing* is what citizens meet: nothing yet, the published app, a suspended one. The
*stage* is how far the version under way has come: a published app may have its next version in review, and the
published one goes on meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from idp.registry.submission import Submission


class Standing(StrEnum):
    """What the mini-app is for citizens."""

    UNPUBLISHED = "unpublished"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    RETIRING = "retiring"
    """Nobody new signs in; tokens run out."""
    RETIRED = "retired"
    """For good: its id is never given again."""


class Stage(StrEnum):
    """How far the version under way has come."""

    NONE = "none"
    """There is none: what is published is all there is."""
    DRAFT = "draft"
    SUBMITTED = "submitted"
    """Checked by the machine, waiting for a reviewer."""
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    """By the reviewer; a change request is to put it in force."""
    RETURNED = "returned"
    """With reasons: put right and submitted again."""


class Move(StrEnum):
    """What can be done with a mini-app."""

    SAVE = "save"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    TAKE = "take"
    ACCEPT = "accept"
    RETURN = "return"
    PUBLISH = "publish"
    """Put the approved version in force, the first one or a later one."""
    SUSPEND = "suspend"
    APPEAL = "appeal"
    ANSWER = "answer"
    """Answer an appeal; by itself it changes nothing."""
    RESTORE = "restore"
    RETIRE = "retire"
    END = "end"
    """The last day of the retirement is over."""


OF_STANDING = frozenset({Move.PUBLISH, Move.SUSPEND, Move.RESTORE, Move.RETIRE, Move.END})
"""Moves that citizens notice."""

_ALIVE = frozenset({Standing.UNPUBLISHED, Standing.PUBLISHED, Standing.SUSPENDED})
_EDITABLE = frozenset({Stage.NONE, Stage.DRAFT, Stage.RETURNED})
_UNDER_WAY = frozenset({Stage.SUBMITTED, Stage.IN_REVIEW, Stage.APPROVED})
_ANY = frozenset(Stage)


@dataclass(frozen=True, slots=True)
class Step:
    """When a move is possible, and what comes of it. None: as before."""

    standings: frozenset[Standing]
    stages: frozenset[Stage] = _ANY
    standing: Standing | None = None
    stage: Stage | None = None


STEPS: Mapping[Move, Step] = {
    Move.SAVE: Step(_ALIVE, _EDITABLE, stage=Stage.DRAFT),
    Move.SUBMIT: Step(_ALIVE, frozenset({Stage.DRAFT, Stage.RETURNED}), stage=Stage.SUBMITTED),
    Move.WITHDRAW: Step(_ALIVE, _UNDER_WAY, stage=Stage.DRAFT),
    Move.TAKE: Step(_ALIVE, frozenset({Stage.SUBMITTED}), stage=Stage.IN_REVIEW),
    Move.ACCEPT: Step(_ALIVE, frozenset({Stage.IN_REVIEW}), stage=Stage.APPROVED),
    Move.RETURN: Step(
        _ALIVE, frozenset({Stage.SUBMITTED, Stage.IN_REVIEW, Stage.APPROVED}), stage=Stage.RETURNED
    ),
    # Not of a suspended one: with a new version in force it would be restored by the way.
    Move.PUBLISH: Step(
        frozenset({Standing.UNPUBLISHED, Standing.PUBLISHED}),
        frozenset({Stage.APPROVED}),
        Standing.PUBLISHED,
        Stage.NONE,
    ),
    Move.SUSPEND: Step(frozenset({Standing.PUBLISHED}), standing=Standing.SUSPENDED),
    Move.APPEAL: Step(frozenset({Standing.SUSPENDED})),
    Move.ANSWER: Step(frozenset({Standing.SUSPENDED})),
    Move.RESTORE: Step(frozenset({Standing.SUSPENDED}), standing=Standing.PUBLISHED),
    Move.RETIRE: Step(
        frozenset({Standing.PUBLISHED, Standing.SUSPENDED}), standing=Standing.RETIRING, stage=Stage.NONE
    ),
    Move.END: Step(frozenset({Standing.RETIRING}), standing=Standing.RETIRED),
}


class WrongMove(Exception):
    """The mini-app does not stand where this move begins."""

    def __init__(self, move: Move, standing: Standing, stage: Stage) -> None:
        super().__init__(f"{move} is not possible: the mini-app is {standing}, its version under way {stage}")
        self.move, self.standing, self.stage = move, standing, stage


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRecord:
    """A mini-app on its way. Immutable: a move makes a new one."""

    client_id: str
    organisation: str
    standing: Standing = Standing.UNPUBLISHED
    stage: Stage = Stage.DRAFT
    revision: int = 0
    """Grows with every move: whoever decides says which one they saw."""
    candidate: Submission | None = None
    """The version under way."""
    in_force: Submission | None = None
    """The version that was published last."""
    submitted_by: str | None = None
    """The member of staff who submitted the version under way."""
    reviewed_by: str | None = None
    suspended_by: str | None = None
    returned_for: str = ""
    """What is to be put right in the version under way (`idp.registry.reasons`)."""
    reason: str = ""
    """Why it was suspended or is retired, as its owner reads it."""
    since: datetime
    """When it last moved."""
    published_at: datetime | None = None
    """When it was published first."""
    retires_at: datetime | None = None

    def can(self, move: Move) -> bool:
        """Whether the move is possible now."""
        step = STEPS[move]
        return self.standing in step.standings and self.stage in step.stages

    def moved(self, move: Move, *, now: datetime) -> AppRecord:
        """The record after the move. Raises: WrongMove."""
        if not self.can(move):
            raise WrongMove(move, self.standing, self.stage)
        step = STEPS[move]
        return replace(
            self,
            standing=step.standing or self.standing,
            stage=step.stage or self.stage,
            revision=self.revision + 1,
            since=now,
        )
