"""What can be asked for by a change request: the port that every kind of change keeps to.

A kind knows one sort of change: how to read it, what speaks against it, what it would do, and how it is carried out.
It knows nothing of approvals. Subclass `ChangeKind`: what most kinds share is in its methods that do something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from idp.foundation.sentence import Problem, Refusal
from idp.governance.change_request import Authority, DiffLine, Direction
from idp.governance.roles import Action

Payload = Mapping[str, Any]
"""What a change is, as JSON can say it: texts, whole numbers, truth values, lists and objects of these."""


class Problems(ValueError):
    """Something speaks against a change."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(" ".join(str(problem.sentence) for problem in problems))
        self.problems = problems


class BadPayload(Problems):
    """This is no change of its kind."""


class CannotApply(Problems):
    """The present does not allow the change. Nothing was done."""


class NotNow(Refusal):
    """What has to be fetched first cannot be had just now. It is tried again."""


COUNTED_UP_TO = 100_000
"""What people here have is counted no further: it is many, and whoever looks does not wait for the rest."""


class Reach(StrEnum):
    """Whom a change would reach. Pages and commands have a sentence for each, with the number in it."""

    REGIONS_CUT_OFF = "regions_cut_off"
    REGIONS_ADDED = "regions_added"
    REGIONS_TOLD = "regions_told"
    """They are told at once, and end what came from there."""
    SESSIONS_ABROAD_ENDED = "sessions_abroad_ended"
    """Of people of a region, at other regions, as those told."""
    SESSIONS_ABROAD = "sessions_abroad"
    """The same, and they go on."""
    PEOPLE_ABROAD = "people_abroad"
    APPS_ABROAD = "apps_abroad"
    """Mini-apps of other regions that people of the region use."""
    APPS_CUT_OFF = "apps_cut_off"
    APPS_ADDED = "apps_added"
    GRANTS_ENDED = "grants_ended"
    SESSIONS_REACHED = "sessions_reached"
    """In which the mini-app was used and can be still. They do not end."""
    SESSIONS_OPEN = "sessions_open"
    """Of everybody here. They go on."""
    GRANTS_IN_FORCE = "grants_in_force"
    """Of everybody here: whose tokens the key may have signed."""
    PEOPLE_REACHED = "people_reached"
    """Who gave the mini-app something, and would see what is asked of them change."""
    TOKENS_REFUSED = "tokens_refused"
    """What was signed with a key and is still in force, as far as we know."""
    MARKS_ENDED = "marks_ended"
    ENTITIES_CUT_OFF = "entities_cut_off"
    ENTITIES_ADDED = "entities_added"
    STAFF_ACCESS_ENDED = "staff_access_ended"
    """Sessions and API tokens of a member."""
    STAFF_LOSE = "staff_lose"
    """Actions that a member can take and would not any more."""
    STAFF_GAIN = "staff_gain"
    NEEDS_RESTART = "needs_restart"
    """Takes effect when the server processes start again."""


@dataclass(frozen=True, slots=True)
class Told:
    """Whose word a number is that nobody here can count: of other regions, in whole tens."""

    regions: int
    """Those that told of any."""
    silent: int
    """Those that could, and have told nothing lately."""
    since: datetime | None = None
    """When the oldest of these words was given, and the newest."""
    until: datetime | None = None
    most: int = 0
    most_by: str = ""
    """The region with the largest part of it."""


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One sentence about what a change would do, as a code with a number."""

    reach: Reach
    count: int = 1
    told: Told | None = None
    """None: counted here."""
    is_at_least: bool = False
    """The count stopped at `COUNTED_UP_TO`: there may be more."""


Effect = tuple[EffectLine, ...]


def counted(reach: Reach, count: int) -> EffectLine:
    """What was counted here up to `COUNTED_UP_TO`."""
    return EffectLine(reach, count, is_at_least=count >= COUNTED_UP_TO)


@dataclass(frozen=True, slots=True)
class Inverse:
    """The request that rolls another back."""

    kind: str
    payload: Payload


class ChangeKind(Protocol):
    """One sort of change."""

    name: str
    """`trust.admit`, `app.publish`: what it is called in the store, on pages and in commands."""
    action: Action
    """What it takes to ask for one. Reading it takes the `.read` of the same family."""
    alone: Action | None = None
    """What it takes to do it alone, at once and reviewed afterwards. Only for what restricts."""

    def read(self, payload: Payload) -> Payload:
        """The change in its one form. Strict: unknown members are refused. Looks at nothing but the payload, but
        for what has to be found out before anybody can agree to it. Raises: BadPayload."""
        ...

    def fill_in(self, unread: Payload, *, now: datetime) -> Payload:
        """What a proposer begins with: how the thing is now, where they named it. Unread like what came in.

        Raises: NotNow — what has to be looked at cannot be had.
        """
        return unread

    def subject(self, payload: Payload) -> str:
        """What it concerns: an issuer, a client id, a key id, a member of the staff."""
        ...

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        """What speaks against it just now. Asked at proposal, approval and application."""
        ...

    def direction(self, payload: Payload) -> Direction:
        """Whether it widens what is trusted. Asked once, at proposal."""
        ...

    def waits(self, payload: Payload) -> bool:
        """Whether it waits after its approval: all but what restricts, unless the kind says otherwise."""
        return self.direction(payload) is not Direction.RESTRICTS

    def base(self, payload: Payload) -> str:
        """A digest of what it would change, as that is now. A request is stale when it differs later."""
        ...

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        """What would be different."""
        ...

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        """Whom it would reach."""
        ...

    def gather(self, payload: Payload, *, now: datetime) -> Payload:
        """The payload as `apply` gets it: with what had to be fetched first, if anything. The only part that may use
        the network when it is time, and it changes nothing. Raises: CannotApply, NotNow."""
        return payload

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        """Do it; a word about what came of it, such as an id that was made.

        Called inside the transaction that notes the request as applied: everything it writes is in this database, so
        that both happen or neither. Raises: CannotApply.
        """
        ...

    def afterwards(self, payload: Payload, *, now: datetime) -> None:
        """What follows once it is committed, and may be lost: telling others that there is something new."""
        return

    def is_held_up(self, payload: Payload) -> bool:
        """Whether it was applied, and counts nowhere yet, because others have to stand by it."""
        return False

    def undone(self) -> None:
        """What `apply` wrote was not committed after all: forget what was remembered of it."""
        return

    def inverse(self, payload: Payload) -> Inverse | None:
        """What would undo it. Asked before it is applied; None when nothing can."""
        ...


class UnknownKind(LookupError):
    """There is no such sort of change here."""


def reading(kind: ChangeKind) -> Action:
    """What it takes to see a request of this kind: a family of actions reads what it may propose."""
    family, _, _ = kind.action.value.partition(".")
    return Action(f"{family}.read")
