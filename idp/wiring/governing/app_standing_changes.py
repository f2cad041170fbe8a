"""Whether a mini-app is there for citizens, as requests: suspending, restoring and retiring it."""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import Effect, EffectLine, Inverse, Payload, Reach
from idp.governance.roles import Action
from idp.registry.life_cycle import Move, Standing
from idp.registry.reasons import MAX_LENGTH
from idp.registry.submission_checks import errors_of
from idp.wiring.governing.app_changes import OfApp, as_problems, as_refusal, decided_by, read_client_id
from idp.wiring.governing.client_effects import cut_off
from idp.wiring.governing.payloads import Reader

LONGEST_DRAIN_DAYS = 365


class _OfStanding(OfApp):
    """Those after which a mini-app stands somewhere else."""

    _to: Standing

    def base(self, payload: Payload) -> str:
        """Another suspension than the one that was looked at is another matter."""
        return digest_of(self._parts.standing.revision_of(self.subject(payload)))

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("standing", str(self._must(payload).standing), str(self._to)),)


class _Ending(_OfStanding):
    """Those after which nobody can sign in to it."""

    def direction(self, payload: Payload) -> Direction:
        return Direction.RESTRICTS

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return cut_off(self._reached(payload, now))


class SuspendApp(_Ending):
    """Off at once, with a reason that its owner reads and can appeal against."""

    name = "app.suspend"
    alone = Action.APP_SUSPEND
    _to = Standing.SUSPENDED

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        read = {"client_id": read_client_id(reader), "reason": reader.text("reason", longest=MAX_LENGTH)}
        reader.done()
        return read

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        record = self._record(payload)
        if record is None or not record.can(Move.SUSPEND):
            return (problem("client_id", "app-not-published", N_("It is not published.")),)
        return ()

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        record = self._must(payload)
        with as_refusal():
            self._parts.standing.suspend(record, authority.proposer, str(payload["reason"]), now=now)
        return record.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(RestoreApp.name, {"client_id": payload["client_id"]})


class RestoreApp(_OfStanding):
    """On again, after a suspension."""

    name = "app.restore"
    _to = Standing.PUBLISHED

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        read = {"client_id": read_client_id(reader)}
        reader.done()
        return read

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        record = self._record(payload)
        if record is None or record.in_force is None or not record.can(Move.RESTORE):
            return (problem("client_id", "app-not-suspended", N_("It is not suspended.")),)
        return as_problems(errors_of(self._parts.checks.findings(record.in_force)))

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.APPS_ADDED),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        record = self._must(payload)
        with as_refusal():
            self._parts.standing.restore(record, decided_by(authority), now=now)
        return record.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        reason = "Its restoration was undone."
        return Inverse(SuspendApp.name, {"client_id": payload["client_id"], "reason": reason})


class RetireApp(_Ending):
    """For good, by the staff of the region: of a mini-app whose owner is gone, for instance."""

    name = "app.retire"
    _to = Standing.RETIRING

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        read = {
            "client_id": read_client_id(reader),
            "days": reader.number("days", 0, LONGEST_DRAIN_DAYS),
            "reason": reader.text("reason", longest=MAX_LENGTH),
        }
        reader.done()
        return read

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        record = self._record(payload)
        if record is None or not record.can(Move.RETIRE):
            return (problem("client_id", "app-not-in-use", N_("It is neither published nor suspended.")),)
        return ()

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        record, reason = self._must(payload), str(payload["reason"])
        until = now + timedelta(days=int(payload["days"]))
        with as_refusal():
            self._parts.standing.retire(record, decided_by(authority), until, reason, now=now)
        return record.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        return None
