"""Which version of a mini-app is in force, as requests: its first one, a later one, an earlier one once more.

What is approved is one version, by the digest of every member of it: whoever edits it afterwards has to ask again.
"""

from __future__ import annotations

from datetime import datetime

from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, digest_of
from idp.governance.kinds import Effect, EffectLine, Inverse, Payload, Reach
from idp.registry import versions
from idp.registry.finding import BadSubmission
from idp.registry.life_cycle import AppRecord, Move, Standing
from idp.registry.submission import Submission
from idp.registry.submission_checks import errors_of
from idp.registry.submission_document import document_of, read_submission
from idp.wiring.governing.app_changes import (
    NO_SUCH_APP,
    OfApp,
    as_problems,
    as_refusal,
    decided_by,
    read_client_id,
)
from idp.wiring.governing.client_effects import in_use
from idp.wiring.governing.payloads import Reader

MOST_REVISIONS = 2**31


class PublishApp(OfApp):
    """The first version of a mini-app: from then on people can sign in to it."""

    name = "app.publish"
    _from = Standing.UNPUBLISHED

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        read = {
            "client_id": read_client_id(reader),
            "revision": reader.number("revision", 0, MOST_REVISIONS),
            "version": reader.text("version", longest=64),
        }
        reader.done()
        return read

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        record = self._record(payload)
        if record is None or record.candidate is None:
            return (NO_SUCH_APP,)
        if record.standing is not self._from or not record.can(Move.PUBLISH):
            return (
                problem(
                    "client_id",
                    "version-not-accepted",
                    N_("It has no version that a reviewer accepted for this."),
                ),
            )
        if (
            record.revision != payload["revision"]
            or versions.digest_of(record.candidate) != payload["version"]
        ):
            return (
                problem(
                    "version", "version-other", N_("This is not the version that the reviewer accepted.")
                ),
            )
        return as_problems(errors_of(self._parts.checks.findings(record.candidate)))

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
        with as_refusal():
            self._parts.standing.publish(record, decided_by(authority), now=now)
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
        return in_use(self._reached(payload, now))

    def inverse(self, payload: Payload) -> Inverse | None:
        record = self._record(payload)
        if record is None or record.in_force is None:
            return None
        return Inverse(
            "app.revert",
            {"client_id": record.client_id, "submission": document_of(record.in_force)},
        )


class RevertApp(OfApp):
    """An earlier version, put in force once more."""

    name = "app.revert"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        read = {"client_id": read_client_id(reader), "submission": reader.object("submission") or {}}
        reader.done()
        return read

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        record = self._record(payload)
        if record is None or record.standing is not Standing.PUBLISHED:
            return (problem("client_id", "app-not-published", N_("It is not published.")),)
        try:
            version = self._version(payload, record)
        except BadSubmission as error:
            return as_problems(error.findings)
        if version.client_id != record.client_id:
            return (
                problem("submission", "version-of-another", N_("This is a version of another mini-app.")),
            )
        if not self._parts.standing.was_in_force(record.client_id, versions.digest_of(version)):
            # Anything else would be a new version that nobody reviewed.
            return (
                problem(
                    "submission",
                    "version-never-in-force",
                    N_("This version was never in force: a new one goes through a review."),
                ),
            )
        return as_problems(errors_of(self._parts.checks.findings(version)))

    def base(self, payload: Payload) -> str:
        record = self._record(payload)
        return digest_of(versions.digest_of(record.in_force) if record and record.in_force else "")

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        record = self._must(payload)
        return _lines(record.in_force, self._version(payload, record))

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return in_use(self._reached(payload, now))

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        record = self._must(payload)
        with as_refusal():
            version = self._version(payload, record)
            self._parts.standing.revert(record, version, decided_by(authority), now=now)
        return record.client_id

    def inverse(self, payload: Payload) -> Inverse | None:
        record = self._record(payload)
        if record is None or record.in_force is None:
            return None
        return Inverse(self.name, {"client_id": record.client_id, "submission": document_of(record.in_force)})

    def _version(self, payload: Payload, record: AppRecord) -> Submission:
        return read_submission(payload["submission"], record.organisation)


def _lines(before: Submission | None, after: Submission) -> tuple[DiffLine, ...]:
    return tuple(
        DiffLine(each.member, each.before, each.after) for each in versions.differences(before, after)
    )
