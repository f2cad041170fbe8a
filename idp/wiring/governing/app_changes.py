"""What about a mini-app takes two people, as requests: what all of `app.*` share, in a region.

Kinds of change request (`idp.governance.kinds`) over the life cycle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from idp.foundation.sentence import N_, Problem, Sentence, problem
from idp.governance.change_request import Authority, Direction
from idp.governance.kinds import CannotApply, ChangeKind, Payload
from idp.governance.roles import Action
from idp.registry.app_store import OvertakenMove, UnknownApp
from idp.registry.finding import BadSubmission, Finding
from idp.registry.life_cycle import AppRecord, WrongMove
from idp.registry.submission_checks import errors_of
from idp.storage.reach import ClientReach
from idp.wiring.governing.app_standing import AppParts
from idp.wiring.governing.payloads import Reader

NO_SUCH_APP = problem("client_id", "app-unknown", N_("There is no such mini-app."))


class OfApp(ChangeKind):
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
            raise CannotApply(NO_SUCH_APP)
        return record

    def _reached(self, payload: Payload, now: datetime) -> ClientReach:
        return self._parts.reach.of_client(self.subject(payload), now=now)


@contextmanager
def as_refusal() -> Iterator[None]:
    """What the life cycle refuses, as change requests say it."""
    try:
        yield
    except BadSubmission as error:
        raise CannotApply(*as_problems(errors_of(error.findings))) from error
    except (WrongMove, OvertakenMove, UnknownApp) as error:
        raise CannotApply(
            problem(
                "client_id",
                "app-moved-on",
                N_("It has moved on meanwhile, and stands where this cannot be done."),
            )
        ) from error


def decided_by(authority: Authority) -> str:
    """Whose word moves the mini-app."""
    return authority.approver or authority.proposer


def as_problems(findings: Iterable[Finding]) -> tuple[Problem, ...]:
    """What the rules found, as change requests say it."""
    return tuple(
        Problem(
            finding.field,
            finding.detail
            or Sentence(
                "finding",
                N_("The rule “%(rule)s” is not kept: “%(value)s”."),
                {"rule": finding.rule, "value": finding.value},
            ),
        )
        for finding in findings
    )


def read_client_id(reader: Reader) -> str:
    """Which mini-app it is about."""
    return reader.text("client_id", longest=64)
