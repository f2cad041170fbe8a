"""Change requests as everybody uses them: pages, API and commands. The only way from a wish to a dangerous change."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind
from idp.foundation.identifiers import Kind, new_value
from idp.governance.change_listing import MOST_A_PAGE, ChangeFilters, ChangePage, Place
from idp.governance.change_request import (
    LIFETIME,
    MAX_WHY,
    OPEN,
    Approve,
    Cancel,
    ChangeRequest,
    Content,
    DiffLine,
    IllegalMove,
    Lapse,
    Move,
    Obstacle,
    Refuse,
    Review,
    State,
    acted_alone,
    context_of,
    moved,
)
from idp.governance.kinds import (
    BadPayload,
    CannotApply,
    ChangeKind,
    Effect,
    Inverse,
    Payload,
    Problem,
    UnknownKind,
    reading,
)
from idp.governance.roles import Action
from idp.governance.staff import Acting, FreshPasskey, NotAllowed
from idp.governance.two_people import require_fresh
from idp.storage.changes import ChangeRepository
from idp.storage.db import Database
from idp.storage.events import EventRepository
from idp.wiring.governing.applying import AT_ONCE, Applying

MOST_OPEN = 100
"""Open requests of one person: more would bury what needs to be seen."""
ID_BYTES = 12

_log = logging.getLogger("idp.changes")


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that somebody thinks of asking for: what it is and what it would do."""

    content: Content
    hash: str
    diff: tuple[DiffLine, ...]
    effect: Effect

    @property
    def alone_context(self) -> str:
        """For what exactly a passkey is asked when somebody does this alone."""
        return f"change:{self.content.kind}:{self.hash}:suspend"


class ChangeDesk:
    """Proposing, approving, carrying out, and everything in between."""

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
        self._db, self._requests, self._events, self._entropy = database, requests, events, entropy
        self._applying = Applying(database, requests, kinds, self._record)
        self.kinds = kinds
        """Every sort of change that there is here, by name."""
        self.delay = delay
        """How long what loosens waits after its approval."""

    def kind(self, name: str) -> ChangeKind:
        """Raises: UnknownKind."""
        try:
            return self.kinds[name]
        except KeyError:
            raise UnknownKind(name) from None

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
        acting.require(self.kind(kind).action)
        return self._draft(acting, kind, payload, self.delay, now)

    def propose(
        self, acting: Acting, kind: str, payload: Payload, why: str, *, now: datetime
    ) -> ChangeRequest:
        """Ask for a change.

        Raises: UnknownKind; NotAllowed; BadPayload, CannotApply; NotNow; IllegalMove — about oneself, or too many.
        """
        draft = self.draft(acting, kind, payload, now=now)
        return self._add(self._request(acting, draft, why, None, now), now)

    def approve(
        self, acting: Acting, request_id: str, content_hash: str, proof: FreshPasskey, *, now: datetime
    ) -> ChangeRequest:
        """Agree to a request as the second person. What restricts is applied at once.

        Raises: LookupError; NotAllowed; IllegalMove; CannotApply — what speaks against it now.
        """
        request = self._readable(acting, request_id, Action.CHANGE_APPROVE)
        member = acting.member.id
        after = moved(request, Approve(member, content_hash), now=now)
        require_fresh(proof, member, context_of(request, "approve"), now=now)
        self._require_independent(member, request, now)
        self._applying.lapse_if_stale(request, now=now)
        self._applying.require_current(request, now=now)
        with self._db.transaction():
            if not self._requests.approve(after, now=now):
                raise IllegalMove(Obstacle.OVER)
            self._record(EventKind.CHANGE_APPROVED, after, member, now)
        return self._applied_if_due(request_id, now)

    def refuse(self, acting: Acting, request_id: str, why: str, *, now: datetime) -> ChangeRequest:
        """Do not agree. Raises: LookupError; NotAllowed; IllegalMove; BadPayload — no reason."""
        request = self._readable(acting, request_id, Action.CHANGE_APPROVE)
        move = Refuse(acting.member.id, _reason(why))
        return self._close(request, move, EventKind.CHANGE_REFUSED, acting, now)

    def cancel(self, acting: Acting, request_id: str, why: str, *, now: datetime) -> ChangeRequest:
        """Call a request off, until it is applied. Whoever made it may, and whoever may cancel.

        Raises: LookupError; NotAllowed; IllegalMove; BadPayload — no reason.
        """
        request = self.find(request_id)
        if request.proposer != acting.member.id:
            acting.require(Action.CHANGE_CANCEL)
        acting.require(self._reading(request))
        move = Cancel(acting.member.id, _reason(why))
        return self._close(request, move, EventKind.CHANGE_CANCELLED, acting, now)

    def suspend_now(
        self, acting: Acting, kind: str, payload: Payload, why: str, proof: FreshPasskey, *, now: datetime
    ) -> ChangeRequest:
        """Suspend alone, in an emergency. Somebody else has to look at it within a day.

        Raises: UnknownKind; NotAllowed; BadPayload, CannotApply; NotNow; IllegalMove.
        """
        draft = self.draft_alone(acting, kind, payload, now=now)
        if self._requests.owes_review(acting.member.id, now=now):
            raise IllegalMove(Obstacle.REVIEW_OVERDUE)
        require_fresh(proof, acting.member.id, draft.alone_context, now=now)
        request = acted_alone(self._request(acting, draft, why, None, now), now=now)
        return self._applying.alone(request, now=now)

    def draft_alone(self, acting: Acting, kind: str, payload: Payload, *, now: datetime) -> Draft:
        """What somebody would do alone; its `alone_context` is what their passkey is asked for.

        Raises: UnknownKind; NotAllowed; BadPayload, CannotApply; NotNow; IllegalMove — of a kind that takes two.
        """
        alone = self.kind(kind).alone
        if alone is None:
            raise IllegalMove(Obstacle.WIDENS)
        acting.require(alone)
        return self._draft(acting, kind, payload, timedelta(0), now)

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
        request = self._readable(acting, request_id, Action.CHANGE_APPROVE)
        move = Review(acting.member.id, is_right, why if is_right and not why else _reason(why))
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

    def roll_back(self, acting: Acting, request_id: str, why: str, *, now: datetime) -> ChangeRequest:
        """Propose the opposite of a request that was applied.

        Raises: LookupError; NotAllowed; IllegalMove — it was not applied, or cannot be undone; CannotApply; NotNow.
        """
        request = self.find(request_id)
        acting.require(self.kind(request.content.kind).action)
        return self._propose_back(acting, request, why, self.delay, now)

    def inverse(self, request: ChangeRequest) -> Inverse | None:
        """What would undo an applied request."""
        return self._requests.inverse(request.id)

    def find(self, request_id: str) -> ChangeRequest:
        """Raises: LookupError — there is none."""
        return self._applying.known(request_id)

    def read(self, acting: Acting, request_id: str) -> ChangeRequest:
        """The same for somebody to look at. Raises: LookupError; NotAllowed — their role does not read its kind."""
        return self._readable(acting, request_id, Action.CHANGE_READ)

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
        if request.state_at(now) not in OPEN or request.content.kind not in self.kinds:
            return ()
        return self.kind(request.content.kind).effect(request.content.payload, now=now)

    def problems(self, request: ChangeRequest, *, now: datetime) -> tuple[Problem, ...]:
        """What speaks against an open request now."""
        if request.state_at(now) not in OPEN or request.content.kind not in self.kinds:
            return ()
        try:
            self._applying.require_current(request, now=now)
        except IllegalMove as stale:
            return (Problem("", str(stale)),)
        except CannotApply as error:
            return error.problems
        return ()

    def apply_due(self, *, now: datetime) -> None:
        """Apply what waited long enough, close what nobody approved, and tell of what nobody reviewed."""
        self._applying.due(now=now)
        for request_id in self._requests.expired(AT_ONCE, now=now):
            self._expire(self.find(request_id), now)
        for request_id in self._requests.unreviewed(AT_ONCE, now=now):
            if self._requests.alarm(request_id, now=now):
                self._record(EventKind.CHANGE_NOT_REVIEWED, self.find(request_id), "", now)
                _log.error(
                    "nobody reviewed an emergency suspension within a day", extra={"detail": request_id}
                )

    def _draft(
        self,
        acting: Acting,
        name: str,
        unread: Payload,
        delay: timedelta,
        now: datetime,
    ) -> Draft:
        """Whether this person may ask for it is the caller's question."""
        kind = self.kind(name)
        payload = kind.read(unread)
        if kind.subject(payload) == acting.member.id:
            raise IllegalMove(Obstacle.ONESELF)
        if problems := kind.check(payload, now=now):
            raise CannotApply(*problems)
        kind.gather(payload, now=now)
        content = Content(
            kind=name,
            payload=payload,
            subject=kind.subject(payload),
            direction=kind.direction(payload),
            base=kind.base(payload),
            delay=delay if kind.waits(payload) else timedelta(0),
        )
        return Draft(content, _hash(content), kind.diff(payload), kind.effect(payload, now=now))

    def _request(
        self, acting: Acting, draft: Draft, why: str, rolls_back: str | None, now: datetime
    ) -> ChangeRequest:
        return ChangeRequest(
            id=new_value(Kind.CHANGE, self._entropy, ID_BYTES),
            content=draft.content,
            content_hash=draft.hash,
            why=_reason(why),
            proposer=acting.member.id,
            proposed_at=now,
            expires_at=now + LIFETIME,
            diff=draft.diff,
            rolls_back=rolls_back,
        )

    def _add(self, request: ChangeRequest, now: datetime) -> ChangeRequest:
        if self._requests.count_open(request.proposer) >= MOST_OPEN:
            raise IllegalMove(Obstacle.TOO_MANY)
        with self._db.transaction():
            self._requests.add(request)
            self._record(EventKind.CHANGE_PROPOSED, request, request.proposer, now)
        return request

    def _propose_back(
        self, acting: Acting, request: ChangeRequest, why: str, delay: timedelta, now: datetime
    ) -> ChangeRequest:
        inverse = self._requests.inverse(request.id)
        if inverse is None:
            raise IllegalMove(Obstacle.NO_WAY_BACK)
        draft = self._draft(acting, inverse.kind, inverse.payload, delay, now)
        return self._add(self._request(acting, draft, why, request.id, now), now)

    def _close(
        self, request: ChangeRequest, move: Move, event: EventKind, acting: Acting, now: datetime
    ) -> ChangeRequest:
        after = moved(request, move, now=now)
        with self._db.transaction():
            if not self._requests.close(request, after):
                raise IllegalMove(Obstacle.OVER)
            self._record(event, after, acting.member.id, now)
        return after

    def _expire(self, request: ChangeRequest, now: datetime) -> None:
        after = moved(request, Lapse(State.EXPIRED, ""), now=now)
        with self._db.transaction():
            if self._requests.close(request, after):
                self._record(EventKind.CHANGE_CAME_TO_NOTHING, after, str(State.EXPIRED), now)

    def _applied_if_due(self, request_id: str, now: datetime) -> ChangeRequest:
        request = self.find(request_id)
        if request.content.delay:
            return request
        return self._applying.carry_out(request, now=now)

    def _readable(self, acting: Acting, request_id: str, action: Action) -> ChangeRequest:
        acting.require(action)
        request = self.find(request_id)
        acting.require(self._reading(request))
        return request

    def _reading(self, request: ChangeRequest) -> Action:
        """Raises: NotAllowed — of a kind that there is none of here any more, which nobody can judge."""
        kind = self.kinds.get(request.content.kind)
        if kind is None:
            raise NotAllowed(Action.CHANGE_READ)
        return reading(kind)

    def _require_independent(self, member: str, request: ChangeRequest, now: datetime) -> None:
        """See that neither of the two made the other one of the staff, or gave them a role, just now.

        Raises: IllegalMove.
        """
        since, proposer = now - self._window(request), request.proposer
        if any(
            self._requests.was_raised(*pair, since=since) for pair in ((member, proposer), (proposer, member))
        ):
            raise IllegalMove(Obstacle.RAISED)

    def _window(self, request: ChangeRequest) -> timedelta:
        """How long a role got by the proposer's own request is no second person."""
        return max(self.delay, request.content.delay, timedelta(hours=1))

    def _record(self, kind: EventKind, request: ChangeRequest, by: str, now: datetime) -> None:
        subject = " ".join(filter(None, (request.id, request.content.kind, by)))
        self._events.record(Event(kind, now, subject=subject))


def _hash(content: Content) -> str:
    """Raises: BadPayload — nothing that JSON can say, or too much of it."""
    try:
        return content.hash
    except ValueError as error:
        raise BadPayload(Problem("", str(error))) from error


def _reason(why: str) -> str:
    """Raises: BadPayload — none, or too long a one."""
    text = why.strip()
    if not text or len(text) > MAX_WHY or not all(char.isprintable() or char == "\n" for char in text):
        raise BadPayload(Problem("why", f"Say why, in 1 to {MAX_WHY} characters."))
    return text
