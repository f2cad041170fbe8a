"""Who carries a trust mark of ours, as requests: giving one, and taking it back."""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.federation.issuing import MARK_LIFETIME
from idp.federation.roll import HeldMark
from idp.federation.statement_claims import StatementError
from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import Effect, EffectLine, Inverse, Payload, Reach
from idp.wiring.governing.mark_changes import OfMarks, explained, read_entity, read_type
from idp.wiring.governing.payloads import Reader, sentence_of
from idp.wiring.publishing.mark_issuer import MarkRefused


class MarkIssue(OfMarks):
    """Give an entity a mark."""

    name = "mark.issue"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "type": read_type(reader),
            "entity": read_entity(reader),
            "days": reader.number("days", 1, MARK_LIFETIME.days),
        }
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        try:
            self._make(payload, now)
        except (MarkRefused, StatementError) as error:
            return (Problem("type", sentence_of(error)),)
        return ()

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def base(self, payload: Payload) -> str:
        return digest_of(len(self._ours(payload)))

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (
            DiffLine("mark_bearer", "", payload["entity"]),
            DiffLine("days", "", str(payload["days"])),
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return ()

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with explained():
            given = self._make(payload, now)
        self._store.add_mark(given)
        self._record(f"{payload['type']} given to {payload['entity']}", authority, now)
        return given.token

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(MarkRevoke.name, {"type": payload["type"], "entity": payload["entity"], "reason": ""})

    def _make(self, payload: Payload, now: datetime) -> HeldMark:
        """Raises: MarkRefused, StatementError."""
        lifetime = timedelta(days=payload["days"])
        given = self._entities.marks.make(payload["type"], payload["entity"], lifetime, now=now)
        self._require_publishable(marks=(given,))
        return given


class MarkRevoke(OfMarks):
    """Take back every mark of a type that we gave an entity."""

    name = "mark.revoke"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "type": read_type(reader),
            "entity": read_entity(reader),
            "reason": reader.text("reason", longest=200, default=""),
        }
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        return (
            ()
            if self._ours(payload)
            else (problem("entity", "mark-unknown", N_("There is no such mark to take back.")),)
        )

    def direction(self, payload: Payload) -> Direction:
        return Direction.RESTRICTS

    def base(self, payload: Payload) -> str:
        """A mark given in between is taken back too."""
        return digest_of(bool(self._ours(payload)))

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (
            DiffLine("mark_bearer", payload["entity"], ""),
            *((DiffLine("reason", "", payload["reason"]),) if payload["reason"] else ()),
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.MARKS_ENDED, len(self._ours(payload))),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        count = self._store.revoke_marks(
            self._entities.marks.issuer, payload["type"], payload["entity"], payload["reason"], now=now
        )
        self._record(f"{payload['type']} taken from {payload['entity']}", authority, now)
        return str(count)

    def inverse(self, payload: Payload) -> Inverse | None:
        """A mark that was taken back stays so; a new one is a new one."""
        days = MARK_LIFETIME.days
        return Inverse(MarkIssue.name, {"type": payload["type"], "entity": payload["entity"], "days": days})
