"""Change requests as everybody uses them: pages, API and commands. The only way from a wish to a dangerous change.

What can be read is in `change_reading`, what one person does in `change_asking`. Here a second person decides, and time
does.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from idp.foundation.events import EventKind
from idp.governance.change_moves import Approve, Cancel, Lapse, Move, Refuse, Review, moved
from idp.governance.change_request import ChangeRequest, IllegalMove, Obstacle, State, context_of
from idp.governance.kinds import CannotApply
from idp.governance.roles import Action
from idp.governance.staff import Acting, FreshPasskey
from idp.governance.two_people import require_fresh
from idp.wiring.governing.applying import AT_ONCE
from idp.wiring.governing.change_asking import ChangeAsking
from idp.wiring.governing.change_drafts import reason

_log = logging.getLogger("idp.changes")


class ChangeDesk(ChangeAsking):
    """Proposing, approving, carrying out, and everything in between."""

    def approve(
        self, acting: Acting, request_id: str, content_hash: str, proof: FreshPasskey, *, now: datetime
    ) -> ChangeRequest:
        """Agree to a request as the second person. What restricts is applied at once.

        Raises: LookupError; NotAllowed; IllegalMove; CannotApply — what speaks against it now.
        """
        request = self.read(acting, request_id, Action.CHANGE_APPROVE)
        member = acting.member.id
        after = moved(request, Approve(member, content_hash), now=now)
        require_fresh(proof, member, context_of(request, "approve"), now=now)
        self._require_independent(member, request, now)
        self._applying.lapse_if_stale(request, now=now)
        self._applying.require_current(request, now=now)
        with self._db.transaction():
            if not self._requests.approve(after, now=now):
                raise IllegalMove(Obstacle.OVER)
            self._applying.record(EventKind.CHANGE_APPROVED, after, member, now)
        return self._applied_if_due(request_id, now)

    def refuse(self, acting: Acting, request_id: str, why: str, *, now: datetime) -> ChangeRequest:
        """Do not agree. Raises: LookupError; NotAllowed; IllegalMove; BadPayload — no reason."""
        request = self.read(acting, request_id, Action.CHANGE_APPROVE)
        move = Refuse(acting.member.id, reason(why))
        return self._close(request, move, EventKind.CHANGE_REFUSED, acting, now)

    def cancel(self, acting: Acting, request_id: str, why: str, *, now: datetime) -> ChangeRequest:
        """Call a request off, until it is applied. Whoever made it may, and whoever may cancel.

        Raises: LookupError; NotAllowed; IllegalMove; BadPayload — no reason.
        """
        request = self.find(request_id)
        if request.proposer != acting.member.id:
            acting.require(Action.CHANGE_CANCEL)
        acting.require(self._reading(request))
        move = Cancel(acting.member.id, reason(why))
        return self._close(request, move, EventKind.CHANGE_CANCELLED, acting, now)

    def review(
        self,
        acting: Acting,
        request_id: str,
        proof: FreshPasskey,
        *,
        is_right: bool,
        why: str = "",
        now: datetime,
    ) -> ChangeRequest:
        """Say, as a second person, whether an emergency suspension was right.

        If not, ending it is proposed in the same step, and takes one more person: by one alone nothing is widened. It
        does not wait as long as the suspension is the very one. Where the present has nothing to end, the word alone is
        kept. Raises: LookupError; NotAllowed; IllegalMove; NotNow — of that proposal.
        """
        request = self.read(acting, request_id, Action.CHANGE_APPROVE)
        move = Review(acting.member.id, is_right, why if is_right and not why else reason(why))
        moved(request, move, now=now)
        require_fresh(proof, acting.member.id, context_of(request, "review"), now=now)
        self._require_independent(acting.member.id, request, now)
        if is_right:
            return self._close(request, move, EventKind.CHANGE_REVIEWED, acting, now)
        with self._db.transaction():
            reviewed = self._close(request, move, EventKind.CHANGE_REVIEWED, acting, now)
            # Another suspension since then, by two people perhaps, is not what was reviewed.
            delay = timedelta(0) if self._applying.is_as_left(request) else self.delay
            # Whoever reviews need not be somebody who may propose: it still takes one more person.
            with suppress(CannotApply):
                self._propose_back(acting, reviewed, why, delay, now)
        return reviewed

    def apply_due(self, *, now: datetime) -> None:
        """Apply what waited long enough, close what nobody approved, and tell of what nobody reviewed."""
        self._applying.due(now=now)
        for request_id in self._requests.expired(AT_ONCE, now=now):
            # Another process may have closed it since they were listed.
            with suppress(IllegalMove):
                self._expire(self.find(request_id), now)
        for request_id in self._requests.unreviewed(AT_ONCE, now=now):
            if self._requests.alarm(request_id, now=now):
                self._applying.record(EventKind.CHANGE_NOT_REVIEWED, self.find(request_id), "", now)
                _log.error(
                    "nobody reviewed an emergency suspension within a day", extra={"detail": request_id}
                )

    def _close(
        self, request: ChangeRequest, move: Move, event: EventKind, acting: Acting, now: datetime
    ) -> ChangeRequest:
        after = moved(request, move, now=now)
        with self._db.transaction():
            if not self._requests.close(request, after):
                raise IllegalMove(Obstacle.OVER)
            self._applying.record(event, after, acting.member.id, now)
        return after

    def _expire(self, request: ChangeRequest, now: datetime) -> None:
        after = moved(request, Lapse(State.EXPIRED, ""), now=now)
        with self._db.transaction():
            if self._requests.close(request, after):
                self._applying.record(EventKind.CHANGE_CAME_TO_NOTHING, after, str(State.EXPIRED), now)

    def _applied_if_due(self, request_id: str, now: datetime) -> ChangeRequest:
        request = self.find(request_id)
        if request.content.delay:
            return request
        return self._applying.carry_out(request, now=now)

    def _require_independent(self, member: str, request: ChangeRequest, now: datetime) -> None:
        """See that neither of the two made the other one of the staff, or gave them a role, just now.

        Raises: IllegalMove.
        """
        since, proposer = now - self._window(request), request.proposer
        if any(
            self._people.was_raised(*pair, since=since) for pair in ((member, proposer), (proposer, member))
        ):
            raise IllegalMove(Obstacle.RAISED)

    def _window(self, request: ChangeRequest) -> timedelta:
        """How long a role got by the proposer's own request is no second person."""
        return max(self.delay, request.content.delay, timedelta(hours=1))
