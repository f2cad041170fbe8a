"""Change requests for whoever may look: which there are, whom one would reach, what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_listing import MOST_A_PAGE, ChangeFilters, ChangePage, Place
from idp.governance.change_request import OPEN, ChangeRequest, Direction, IllegalMove, Obstacle, State
from idp.governance.kinds import CannotApply, ChangeKind, Effect, Inverse, UnknownKind, reading
from idp.governance.roles import Action
from idp.governance.staff import Acting, NotAllowed
from idp.storage.changes import ChangeRepository
from idp.wiring.governing.applying import Applying


class ChangeReading:
    """What the desk begins with. Changes nothing."""

    def __init__(
        self, requests: ChangeRepository, kinds: Mapping[str, ChangeKind], applying: Applying
    ) -> None:
        self._requests, self._applying = requests, applying
        self.kinds = kinds
        """Every sort of change that there is here, by name."""

    def kind(self, name: str) -> ChangeKind:
        """Raises: UnknownKind."""
        try:
            return self.kinds[name]
        except KeyError:
            raise UnknownKind(name) from None

    def find(self, request_id: str) -> ChangeRequest:
        """Raises: LookupError — there is none."""
        return self._applying.known(request_id)

    def read(self, acting: Acting, request_id: str, action: Action = Action.CHANGE_READ) -> ChangeRequest:
        """The same for somebody to look at, or to do more with. Raises: LookupError; NotAllowed."""
        acting.require(action)
        request = self.find(request_id)
        acting.require(self._reading(request))
        return request

    def page(
        self, filters: ChangeFilters, after: Place | None = None, limit: int = MOST_A_PAGE
    ) -> ChangePage:
        """Requests, newest first."""
        limit = max(1, min(limit, MOST_A_PAGE))
        found = self._requests.page(filters, after, limit + 1)
        is_more = len(found) > limit
        return ChangePage(found[:limit], Place.behind(found[limit - 1]) if is_more else None)

    def waiting_for(self, acting: Acting, *, now: datetime) -> tuple[ChangeRequest, ...]:
        """What this person could approve or review."""
        if not acting.can(Action.CHANGE_APPROVE):
            return ()
        found = (
            *self._requests.page(ChangeFilters(state=State.REVIEW_DUE), None, MOST_A_PAGE),
            *self._requests.page(ChangeFilters(state=State.PROPOSED), None, MOST_A_PAGE),
        )
        return tuple(
            request
            for request in found
            if acting.member.id not in (request.proposer, request.content.subject)
            and request.content.kind in self.kinds
            and acting.can(self._reading(request))
            and request.state_at(now) is not State.EXPIRED
        )

    def effect(self, request: ChangeRequest, *, now: datetime) -> Effect:
        """Whom an open request would reach now; nothing for one that is over."""
        kind = self._kind_of_open(request, now)
        return () if kind is None else kind.effect(request.content.payload, now=now)

    def problems(self, request: ChangeRequest, *, now: datetime) -> tuple[Problem, ...]:
        """What speaks against an open request now."""
        if self._kind_of_open(request, now) is None:
            return ()
        try:
            self._applying.require_current(request, now=now)
        except IllegalMove as found:
            if found.obstacle is Obstacle.OVER:
                # Decided since it was read: nothing speaks against it any more.
                return ()
            return (
                problem(
                    "",
                    "stale",
                    N_("What this request would change has changed since it was made. Make a new one."),
                ),
            )
        except CannotApply as error:
            return error.problems
        return ()

    def is_held_up(self, request: ChangeRequest) -> bool:
        """Whether it was applied, and waits for others who have to stand by it."""
        kind = self.kinds.get(request.content.kind)
        return (
            kind is not None
            and request.applied_at is not None
            and request.content.direction is not Direction.RESTRICTS
            and kind.is_held_up(request.content.payload)
        )

    def inverse(self, request: ChangeRequest) -> Inverse | None:
        """What would undo an applied request."""
        return self._requests.inverse(request.id)

    def _kind_of_open(self, request: ChangeRequest, now: datetime) -> ChangeKind | None:
        return self.kinds.get(request.content.kind) if request.state_at(now) in OPEN else None

    def _reading(self, request: ChangeRequest) -> Action:
        """What it takes to look at a request.

        Raises: NotAllowed — of a kind that there is none of here any more, which nobody can judge.
        """
        kind = self.kinds.get(request.content.kind)
        if kind is None:
            raise NotAllowed(Action.CHANGE_READ)
        return reading(kind)
