"""What the life cycle asks of its store: values that come back, and what holds when two act at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.registry.life_cycle import Move, Stage, Standing


class UnknownApp(LookupError):
    """There is no such mini-app, or it belongs to somebody else: which of the two is not told."""


class SamePerson(Exception):
    """This takes somebody else than who did the step before."""


class NeedsTwoPeople(Exception):
    """This is not for one person: it takes a change request."""


class OwnersOnly(Exception):
    """This is for the organisation that the mini-app belongs to, and for nobody else."""


class OvertakenMove(Exception):
    """Somebody moved the mini-app meanwhile: what was decided on is not there any more."""


@dataclass(frozen=True, slots=True)
class AppLine:
    """A mini-app in a list."""

    client_id: str
    name: dict[str, str]
    organisation: str
    standing: Standing
    stage: Stage
    since: datetime


@dataclass(frozen=True, slots=True)
class AppFilter:
    """Which mini-apps a list shows. A state is either a standing or a stage."""

    organisation: str | None = None
    standing: Standing | None = None
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class MoveDone:
    """One line of a mini-app's history."""

    revision: int
    move: Move
    at: datetime
    staff_id: str | None
    """None: nobody; its time had come."""
    note: str


@dataclass(frozen=True, slots=True)
class Appeal:
    """What the owner says against a suspension, and what became of it."""

    suspension: int
    """The revision that the suspension made."""
    suspended_by: str
    appealed_by: str
    text: str
    at: datetime
    answered_by: str | None = None
    answer: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A mini-app in the directory."""

    place: int
    """Later ones have higher numbers: what pages of the directory go by."""
    client_id: str
    card: dict[str, object]
    since: datetime


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page of the directory."""

    found: tuple[Listed, ...]
    before: int | None
    """Where the next one begins; None: there is nothing more."""


class AppFigure(StrEnum):
    """What is counted of a mini-app."""

    SIGN_INS = "sign_ins"
    """Answers that it got for a person who signed in."""
    UNFETCHED = "unfetched"
    """Of these, those that it never redeemed: it was not there, or not able to."""
    ASKED = "asked"
    """People who were shown here what they would share. Counted in memory: a killed server loses some."""
    ANSWERED = "answered"
    """Of these, those who agreed or did not. The others left."""
    AGREED = "agreed"
    """Here, or at home in another region, whose page asked them."""
    REFUSED = "refused"
    """People who were asked what they share, and did not agree."""
    ERRORS = "errors"
    """A code or token used twice, a sign-out that it refused or could not be told of."""


@dataclass(frozen=True, slots=True)
class AppDay:
    """The figures of one day, UTC."""

    day: datetime
    figures: Mapping[AppFigure, int]

    @property
    def dropped_off(self) -> int:
        """Of those who were asked here, those who did not agree: they said so, or left."""
        agreed = self._of(AppFigure.ANSWERED) - self._of(AppFigure.REFUSED)
        return min(max(self._of(AppFigure.ASKED) - agreed, 0), self._of(AppFigure.ASKED))

    def _of(self, figure: AppFigure) -> int:
        return self.figures.get(figure, 0)
