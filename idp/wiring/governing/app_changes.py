"""What about a mini-app takes two people: publishing it, changing it, suspending, restoring and retiring it.

Kinds of change request (`idp.governance.kinds`) over the life cycle. What is approved is one version, by the digest of
every member of it: whoever edits it afterwards has to ask again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import (
    CannotApply,
    ChangeKind,
    Effect,
    EffectLine,
    Inverse,
    Payload,
    Problem,
    Reach,
)
from idp.governance.roles import Action
from idp.registry import versions
from idp.registry.app_store import OvertakenMove, UnknownApp
from idp.registry.finding import BadSubmission, Finding
from idp.registry.life_cycle import AppRecord, Move, Standing, WrongMove
from idp.registry.reasons import MAX_LENGTH
from idp.registry.submission import Submission
from idp.registry.submission_checks import errors_of
from idp.registry.submission_document import document_of, read_submission
from idp.wiring.governing.app_standing import AppParts
from idp.wiring.governing.payloads import Reader

LONGEST_DRAIN_DAYS = 365
MOST_REVISIONS = 2**31


class _OfApp(ChangeKind):
    """What all of them share: the payload names one mini-app."""

    action = Action.APP_PROPOSE

    def __init__(self, parts: AppParts) -> None:
        self._parts = parts

    def subject(self, payload: Payload) -> str:
        return str(payload["client_id"])

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def _record(self, payload: Payload) -> AppRecord | None:
        try:
            return self._parts.standing.find(str(payload["client_id"]))
        except UnknownApp:
            return None

    def _must(self, payload: Payload) -> AppRecord:
        record = self._record(payload)
        if record is None:
            raise CannotApply(_no_such_app())
        return record

    def _standing_base(self, payload: Payload) -> str:
        """Another suspension than the one that was looked at is another matter."""
        return digest_of(self._parts.standing.revision_of(str(payload["client_id"])))

    def _reached(self, payload: Payload, now: datetime) -> tuple[int, int, int]:
        return self._parts.endings.live(str(payload["client_id"]), now=now)


class PublishApp(_OfApp):
    """The first version of a mini-app: from then on people can sign in to it."""

    name = "app.publish"
    _from = Standing.UNPUBLISHED

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        read = {
            "client_id": _client_id(reader),
            "revision": reader.number("revision", 0, MOST_REVISIONS),
            "version": reader.text("version", longest=64),
        }
        reader.done()
        return read

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        record = self._record(payload)
        if record is None or record.candidate is None:
            return (_no_such_app(),)
        if record.standing is not self._from or not record.can(Move.PUBLISH):
            return (Problem("client_id", "It has no version that a reviewer accepted for this."),)
        if (
            record.revision != payload["revision"]
            or versions.digest_of(record.candidate) != payload["version"]
        ):
            return (Problem("version", "This is not the version that the reviewer accepted."),)
        return _as_problems(errors_of(self._parts.checks.findings(record.candidate)))

    def base(self, payload: Payload) -> str:
        record = self._record(payload)
        candidate = record.candidate if record else None
        version = versions.digest_of(candidate) if candidate else ""
        return digest_of([record.revision if record else 0, version])

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        record = self._must(payload)
        return _lines(record.in_force, record.candidate) if record.candidate else ()

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.APPS_ADDED),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        record = self._must(payload)
        with _as_refusal():
            self._parts.standing.publish(record, _decided_by(authority), now=now)
        return record.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(
            "app.suspend", {"client_id": payload["client_id"], "reason": "Its publication was undone."}
        )


class ChangeApp(PublishApp):
    """A later version that people or the protocol would notice: addresses, keys, claims, profile, names."""

    name = "app.change"
    _from = Standing.PUBLISHED

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        _, _, people = self._reached(payload, now)
        return (EffectLine(Reach.PEOPLE_REACHED, people),)

    def inverse(self, payload: Payload) -> Inverse | None:
        record = self._record(payload)
        if record is None or record.in_force is None:
            return None
        return Inverse(
            "app.revert",
            {"client_id": record.client_id, "submission": document_of(record.in_force)},
        )


class RevertApp(_OfApp):
    """An earlier version, put in force once more."""

    name = "app.revert"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        read = {"client_id": _client_id(reader), "submission": reader.object("submission") or {}}
        reader.done()
        return read

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        record = self._record(payload)
        if record is None or record.standing is not Standing.PUBLISHED:
            return (Problem("client_id", "It is not published."),)
        try:
            version = self._version(payload, record)
        except BadSubmission as error:
            return _as_problems(error.findings)
        if version.client_id != record.client_id:
            return (Problem("submission", "This is a version of another mini-app."),)
        if not self._parts.standing.was_in_force(record.client_id, versions.digest_of(version)):
            # Anything else would be a new version that nobody reviewed.
            return (
                Problem("submission", "This version was never in force: a new one goes through a review."),
            )
        return _as_problems(errors_of(self._parts.checks.findings(version)))

    def base(self, payload: Payload) -> str:
        record = self._record(payload)
        return digest_of(versions.digest_of(record.in_force) if record and record.in_force else "")

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        record = self._must(payload)
        return _lines(record.in_force, self._version(payload, record))

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        _, _, people = self._reached(payload, now)
        return (EffectLine(Reach.PEOPLE_REACHED, people),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        record = self._must(payload)
        with _as_refusal():
            version = self._version(payload, record)
            self._parts.standing.revert(record, version, _decided_by(authority), now=now)
        return record.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        record = self._record(payload)
        if record is None or record.in_force is None:
            return None
        return Inverse(self.name, {"client_id": record.client_id, "submission": document_of(record.in_force)})

    def _version(self, payload: Payload, record: AppRecord) -> Submission:
        return read_submission(payload["submission"], record.organisation)


class SuspendApp(_OfApp):
    """Off at once, with a reason that its owner reads and can appeal against."""

    name = "app.suspend"
    alone = Action.APP_SUSPEND

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        read = {"client_id": _client_id(reader), "reason": reader.text("reason", longest=MAX_LENGTH)}
        reader.done()
        return read

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        record = self._record(payload)
        if record is None or not record.can(Move.SUSPEND):
            return (Problem("client_id", "It is not published."),)
        return ()

    def direction(self, payload: Payload) -> Direction:
        return Direction.RESTRICTS

    def base(self, payload: Payload) -> str:
        return self._standing_base(payload)

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("standing", str(self._must(payload).standing), str(Standing.SUSPENDED)),)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        grants, sessions, people = self._reached(payload, now)
        return (
            EffectLine(Reach.APPS_CUT_OFF),
            EffectLine(Reach.GRANTS_ENDED, grants),
            EffectLine(Reach.SESSIONS_ENDED, sessions),
            EffectLine(Reach.PEOPLE_REACHED, people),
        )

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        record = self._must(payload)
        with _as_refusal():
            self._parts.standing.suspend(record, authority.proposer, str(payload["reason"]), now=now)
        return record.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse("app.restore", {"client_id": payload["client_id"]})


class RestoreApp(_OfApp):
    """On again, after a suspension."""

    name = "app.restore"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        read = {"client_id": _client_id(reader)}
        reader.done()
        return read

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        record = self._record(payload)
        if record is None or record.in_force is None or not record.can(Move.RESTORE):
            return (Problem("client_id", "It is not suspended."),)
        return _as_problems(errors_of(self._parts.checks.findings(record.in_force)))

    def base(self, payload: Payload) -> str:
        return self._standing_base(payload)

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("standing", str(self._must(payload).standing), str(Standing.PUBLISHED)),)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.APPS_ADDED),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        record = self._must(payload)
        with _as_refusal():
            self._parts.standing.restore(record, _decided_by(authority), now=now)
        return record.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(
            "app.suspend", {"client_id": payload["client_id"], "reason": "Its restoration was undone."}
        )


class RetireApp(_OfApp):
    """For good, by the staff of the region: of a mini-app whose owner is gone, for instance."""

    name = "app.retire"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        read = {
            "client_id": _client_id(reader),
            "days": reader.number("days", 0, LONGEST_DRAIN_DAYS),
            "reason": reader.text("reason", longest=MAX_LENGTH),
        }
        reader.done()
        return read

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        record = self._record(payload)
        if record is None or not record.can(Move.RETIRE):
            return (Problem("client_id", "It is neither published nor suspended."),)
        return ()

    def direction(self, payload: Payload) -> Direction:
        return Direction.RESTRICTS

    def base(self, payload: Payload) -> str:
        return self._standing_base(payload)

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("standing", str(self._must(payload).standing), str(Standing.RETIRING)),)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        grants, sessions, people = self._reached(payload, now)
        return (
            EffectLine(Reach.APPS_CUT_OFF),
            EffectLine(Reach.GRANTS_ENDED, grants),
            EffectLine(Reach.SESSIONS_ENDED, sessions),
            EffectLine(Reach.PEOPLE_REACHED, people),
        )

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        record = self._must(payload)
        until = now + timedelta(days=int(payload["days"]))
        with _as_refusal():
            self._parts.standing.retire(
                record, _decided_by(authority), until, str(payload["reason"]), now=now
            )
        return record.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        return None


def app_kinds(parts: AppParts) -> tuple[ChangeKind, ...]:
    """Every kind of change about mini-apps."""
    return tuple(
        kind(parts) for kind in (PublishApp, ChangeApp, RevertApp, SuspendApp, RestoreApp, RetireApp)
    )


@contextmanager
def _as_refusal() -> Iterator[None]:
    """What the life cycle refuses, as change requests say it."""
    try:
        yield
    except BadSubmission as error:
        raise CannotApply(*_as_problems(errors_of(error.findings))) from error
    except (WrongMove, OvertakenMove, UnknownApp) as error:
        raise CannotApply(Problem("client_id", f"It cannot be done now: {error}.")) from error


def _decided_by(authority: Authority) -> str:
    return authority.approver or authority.proposer


def _lines(before: Submission | None, after: Submission) -> tuple[DiffLine, ...]:
    return tuple(
        DiffLine(each.member, each.before, each.after) for each in versions.differences(before, after)
    )


def _as_problems(findings: Iterable[Finding]) -> tuple[Problem, ...]:
    return tuple(
        Problem(finding.field, f"{finding.rule}: {finding.detail or finding.value}") for finding in findings
    )


def _no_such_app() -> Problem:
    return Problem("client_id", "There is no such mini-app.")


def _client_id(reader: Reader) -> str:
    return reader.text("client_id", longest=64)
