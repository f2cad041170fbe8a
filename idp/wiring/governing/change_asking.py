"""Asking for changes: how a wish becomes a request, and the one thing that a person does alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from idp.foundation.entropy import Entropy
from idp.foundation.events import EventKind
from idp.governance.change_moves import acted_alone
from idp.governance.change_request import ChangeRequest, IllegalMove, Obstacle
from idp.governance.kinds import ChangeKind, Payload
from idp.governance.staff import Acting, FreshPasskey
from idp.governance.two_people import require_fresh
from idp.storage.changes import ChangeRepository
from idp.storage.db import Database
from idp.storage.events import EventRepository
from idp.storage.second_people import SecondPeople
from idp.wiring.governing.applying import Applying
from idp.wiring.governing.change_drafts import ChangeDrafts, Draft
from idp.wiring.governing.change_reading import ChangeReading

MOST_OPEN = 100
"""Open requests of one person: more would bury what needs to be seen."""


class ChangeAsking(ChangeReading):
    """The desk as far as one person gets. Nothing but an emergency suspension is carried out here."""

    def __init__(
        self,
        database: Database,
        requests: ChangeRepository,
        events: EventRepository,
        kinds: Mapping[str, ChangeKind],
        entropy: Entropy,
        *,
        delay: timedelta,
    ) -> None:
        super().__init__(requests, kinds, Applying(database, requests, kinds, events))
        self._db, self._people = database, SecondPeople(database)
        self._drafts = ChangeDrafts(entropy)
        self.delay = delay
        """How long what loosens waits after its approval."""

    def begin(self, acting: Acting, kind: str, unread: Payload, *, now: datetime) -> Payload:
        """What somebody begins with who wants to ask for a change: how the thing is that they named.

        Raises: UnknownKind; NotAllowed; NotNow.
        """
        found = self.kind(kind)
        acting.require(found.action)
        return found.fill_in(unread, now=now)

    def draft(self, acting: Acting, kind: str, payload: Payload, *, now: datetime) -> Draft:
        """What a change would be and do. Changes nothing.

        Raises: UnknownKind; NotAllowed; BadPayload, CannotApply — with what speaks against it; NotNow.
        """
        found = self.kind(kind)
        acting.require(found.action)
        return self._drafts.draft(acting, found, payload, self.delay, now=now)

    def propose(
        self, acting: Acting, kind: str, payload: Payload, why: str, *, now: datetime
    ) -> ChangeRequest:
        """Ask for a change.

        Raises: UnknownKind; NotAllowed; BadPayload, CannotApply; NotNow; IllegalMove — about oneself, or too many.
        """
        draft = self.draft(acting, kind, payload, now=now)
        return self._add(self._drafts.request(acting, draft, why, now=now), now)

    def suspend_now(
        self, acting: Acting, kind: str, payload: Payload, why: str, proof: FreshPasskey, *, now: datetime
    ) -> ChangeRequest:
        """Suspend alone, in an emergency. Somebody else has to look at it within a day.

        Raises: UnknownKind; NotAllowed; BadPayload, CannotApply; NotNow; IllegalMove.
        """
        draft = self.draft_alone(acting, kind, payload, now=now)
        if self._people.owes_review(acting.member.id, now=now):
            raise IllegalMove(Obstacle.REVIEW_OVERDUE)
        require_fresh(proof, acting.member.id, draft.alone_context, now=now)
        request = acted_alone(self._drafts.request(acting, draft, why, now=now), now=now)
        return self._applying.alone(request, now=now)

    def draft_alone(self, acting: Acting, kind: str, payload: Payload, *, now: datetime) -> Draft:
        """What somebody would do alone; its `alone_context` is what their passkey is asked for.

        Raises: UnknownKind; NotAllowed; BadPayload, CannotApply; NotNow; IllegalMove — of a kind that takes two.
        """
        found = self.kind(kind)
        if found.alone is None:
            raise IllegalMove(Obstacle.WIDENS)
        acting.require(found.alone)
        return self._drafts.draft(acting, found, payload, timedelta(0), now=now)

    def roll_back(self, acting: Acting, request_id: str, why: str, *, now: datetime) -> ChangeRequest:
        """Propose the opposite of a request that was applied.

        Raises: LookupError; NotAllowed; IllegalMove — it was not applied, or cannot be undone; CannotApply; NotNow.
        """
        request = self.find(request_id)
        acting.require(self.kind(request.content.kind).action)
        return self._propose_back(acting, request, why, self.delay, now)

    def _add(self, request: ChangeRequest, now: datetime) -> ChangeRequest:
        if self._requests.count_open(request.proposer) >= MOST_OPEN:
            raise IllegalMove(Obstacle.TOO_MANY)
        with self._db.transaction():
            self._requests.add(request)
            self._applying.record(EventKind.CHANGE_PROPOSED, request, request.proposer, now)
        return request

    def _propose_back(
        self, acting: Acting, request: ChangeRequest, why: str, delay: timedelta, now: datetime
    ) -> ChangeRequest:
        inverse = self._requests.inverse(request.id)
        if inverse is None:
            raise IllegalMove(Obstacle.NO_WAY_BACK)
        draft = self._drafts.draft(acting, self.kind(inverse.kind), inverse.payload, delay, now=now)
        return self._add(self._drafts.request(acting, draft, why, request.id, now=now), now)
