"""Carrying approved requests out: exactly once, and never by halves.

What a kind does and the note that it was done are one transaction. A process that dies in between has done nothing,
and the next round does it; of two at once one does, and the other finds it done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from idp.foundation.events import Event, EventKind
from idp.foundation.sentence import N_, Sentence, kept, problem
from idp.governance.change_moves import Lapse, moved
from idp.governance.change_request import (
    LIFETIME,
    ChangeRequest,
    IllegalMove,
    Obstacle,
    State,
    authority_of,
)
from idp.governance.kinds import CannotApply, ChangeKind, NotNow, Payload, Problems
from idp.storage.changes import ChangeRepository
from idp.storage.db import Database
from idp.storage.events import EventRepository
from idp.storage.second_people import SecondPeople

AT_ONCE = 20
"""Requests looked at in one round; the next goes on."""
TRY_AGAIN = timedelta(minutes=1)
"""How long a request is left alone that could not be applied just now."""
TAMPERED = problem(
    "",
    "tampered",
    N_("It is not any more what was approved: the database was written to by somebody else."),
)
GONE = problem("", "not-in-office", N_("Whoever proposed or approved it is not in office any more."))

log = logging.getLogger("idp.changes")


class _Stale(Exception):
    """What it would change has changed."""


class Applying:
    """The carrying out of change requests."""

    def __init__(
        self,
        database: Database,
        requests: ChangeRepository,
        kinds: Mapping[str, ChangeKind],
        events: EventRepository,
    ) -> None:
        self._db, self._requests, self._kinds, self._events = database, requests, kinds, events
        self._people = SecondPeople(database)
        self._again: dict[str, datetime] = {}

    def carry_out(self, request: ChangeRequest, *, now: datetime) -> ChangeRequest:
        """Apply an approved request whose time has come; how it is afterwards.

        It may be stale, failed or still waiting then. Raises: StorageError — nothing was done.
        """
        try:
            self._do(request, now)
        except _Stale:
            self._lapse(request, State.STALE, Obstacle.STALE.value, now)
        except Problems as error:
            self._lapse(request, State.FAILED, kept(one.sentence for one in error.problems), now)
        except NotNow as error:
            self._wait(request, error.sentence, now)
        return self.known(request.id)

    def alone(self, request: ChangeRequest, *, now: datetime) -> ChangeRequest:
        """Apply an emergency that nobody approved, and keep it; how it is then.

        Raises: CannotApply, NotNow; IllegalMove — overtaken within this moment.
        """
        kind = self._kinds[request.content.kind]
        gathered = kind.gather(request.content.payload, now=now)
        try:
            with self._all_or_nothing(kind):
                self._requests.add(request)
                self._change(kind, request, gathered, now)
                self.record(EventKind.CHANGE_MADE_ALONE, request, request.proposer, now)
        except _Stale:
            raise IllegalMove(Obstacle.STALE) from None
        kind.afterwards(request.content.payload, now=now)
        return self.known(request.id)

    def due(self, *, now: datetime) -> None:
        """Apply what waited long enough. What fails is told to the log, holds up no other, and is tried again."""
        for request_id in self._requests.due(AT_ONCE, now=now):
            if now < self._again.get(request_id, now):
                continue
            self._again.pop(request_id, None)
            try:
                self.carry_out(self.known(request_id), now=now)
            except Exception:
                # Nothing was done; whatever it is must not keep other approved changes from happening.
                log.exception("a change could not be applied", extra={"detail": request_id})
                self._again[request_id] = now + TRY_AGAIN

    def known(self, request_id: str) -> ChangeRequest:
        """Raises: LookupError — there is none."""
        request = self._requests.find(request_id)
        if request is None:
            raise LookupError(request_id)
        return request

    def require_current(self, request: ChangeRequest, *, now: datetime) -> None:
        """See that it would still do what was looked at. Raises: IllegalMove — stale, or decided; CannotApply."""
        try:
            self._look(self._kinds[request.content.kind], request, now)
        except _Stale:
            self._require_undecided(request)
            raise IllegalMove(Obstacle.STALE) from None
        except CannotApply:
            self._require_undecided(request)
            raise

    def lapse_if_stale(self, request: ChangeRequest, *, now: datetime) -> None:
        """Close a request that was overtaken."""
        if self._kinds[request.content.kind].base(request.content.payload) != request.content.base:
            self._lapse(request, State.STALE, Obstacle.STALE.value, now)

    def is_as_left(self, request: ChangeRequest) -> bool:
        """Whether what an applied request changed is still as it left it, by nobody else's word."""
        left_as = self._requests.left_as(request)
        return left_as is not None and left_as == self._kinds[request.content.kind].base(
            request.content.payload
        )

    def record(self, kind: EventKind, request: ChangeRequest, by: str, now: datetime) -> None:
        """Write a step of a request into the audit trail."""
        subject = " ".join(filter(None, (request.id, request.content.kind, by)))
        self._events.record(Event(kind, now, subject=subject))

    def _do(self, request: ChangeRequest, now: datetime) -> None:
        kind = self._kinds[request.content.kind]
        if request.content.hash != request.content_hash:
            raise CannotApply(TAMPERED)
        gathered = kind.gather(request.content.payload, now=now)
        with self._all_or_nothing(kind):
            is_ours = self._change(kind, request, gathered, now)
            if is_ours:
                self.record(EventKind.CHANGE_APPLIED, request, "", now)
        if is_ours:
            kind.afterwards(request.content.payload, now=now)

    def _require_undecided(self, request: ChangeRequest) -> None:
        """What speaks against a request may be that it was just applied: then that is what to say."""
        if self.known(request.id).state not in (request.state, State.STALE):
            raise IllegalMove(Obstacle.OVER) from None

    @contextmanager
    def _all_or_nothing(self, kind: ChangeKind) -> Iterator[None]:
        try:
            with self._db.transaction():
                yield
        except BaseException:
            kind.undone()
            raise

    def _change(self, kind: ChangeKind, request: ChangeRequest, gathered: Payload, now: datetime) -> bool:
        """Within the transaction: claim it, do it, say what came of it. False: somebody else did."""
        self._requests.hold(request.content.subject)
        if self.known(request.id).state is not request.state:
            return False
        # Before it is noted as applied: some kinds find what is in force by what was applied last.
        self._look(kind, request, now)
        inverse = kind.inverse(request.content.payload)
        if not self._requests.carry_out(request, inverse, now=now):
            return False
        outcome = kind.apply(gathered, authority_of(request), now=now)
        # Whoever reviews an emergency is asked about what it did, and not about what others did since.
        left_as = kind.base(request.content.payload) if request.is_emergency else None
        self._requests.say(request.id, outcome, left_as)
        return True

    def _look(self, kind: ChangeKind, request: ChangeRequest, now: datetime) -> None:
        payload = request.content.payload
        if kind.base(payload) != request.content.base:
            raise _Stale
        if self._people.has_left(request):
            raise CannotApply(GONE)
        if problems := kind.check(payload, now=now):
            raise CannotApply(*problems)

    def _lapse(self, request: ChangeRequest, into: State, why: str, now: datetime) -> None:
        after = moved(request, Lapse(into, why), now=now)
        with self._db.transaction():
            if self._requests.close(request, after):
                self.record(EventKind.CHANGE_CAME_TO_NOTHING, after, str(into), now)

    def _wait(self, request: ChangeRequest, sentence: Sentence, now: datetime) -> None:
        self._again[request.id] = now + TRY_AGAIN
        log.warning("a change waits for what cannot be had just now", extra={"detail": str(sentence)})
        if request.approval is not None and now >= request.approval.effective_at + LIFETIME:
            self._lapse(request, State.FAILED, kept((sentence,)), now)
