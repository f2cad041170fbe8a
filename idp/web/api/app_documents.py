"""What a mini-app looks like by API: the shapes, and what is said in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from idp.registry.app_store import Appeal, AppLine, MoveDone
from idp.registry.finding import Finding, Rule, Severity
from idp.registry.life_cycle import AppRecord, Move, Stage, Standing
from idp.registry.submission_document import document_of
from idp.web.api import shapes
from idp.web.api.operation import Json
from idp.web.console.app_service import apps
from idp.web.console.desk import acting, now

FINDING = shapes.thing(
    {
        "rule": shapes.word(Rule),
        "severity": shapes.word(Severity),
        "field": shapes.text(),
        "value": shapes.text(),
        "code": shapes.text(),
        "detail": shapes.text(),
    }
)
FINDINGS = shapes.thing({"findings": shapes.many(FINDING)})
LINE = {
    "client_id": shapes.text(),
    "name": shapes.texts_by_name(),
    "organisation": shapes.text(),
    "standing": shapes.word(Standing),
    "stage": shapes.word(Stage),
    "since": shapes.moment(),
}
STEP = shapes.thing(
    {
        "revision": shapes.number(),
        "move": shapes.word(Move),
        "at": shapes.moment(),
        "staff_id": shapes.maybe(shapes.text()),
        "note": shapes.text(100_000),
    }
)
APPEAL = shapes.thing(
    {
        "at": shapes.moment(),
        "appealed_by": shapes.maybe(shapes.text()),
        "suspended_by": shapes.maybe(shapes.text()),
        "text": shapes.text(),
        "answer": shapes.text(),
        "answered_by": shapes.maybe(shapes.text()),
        "answered_at": shapes.maybe(shapes.moment()),
    }
)
APP = shapes.thing(
    {
        "client_id": shapes.text(),
        "organisation": shapes.text(),
        "standing": shapes.word(Standing),
        "stage": shapes.word(Stage),
        "revision": shapes.number(),
        "since": shapes.moment(),
        "candidate": shapes.maybe(shapes.anything()),
        "in_force": shapes.maybe(shapes.anything()),
        "returned_for": shapes.text(100_000),
        "reason": shapes.text(),
        "published_at": shapes.maybe(shapes.moment()),
        "retires_at": shapes.maybe(shapes.moment()),
        "moves": shapes.many(shapes.word(Move)),
    }
)


def line(one: AppLine) -> dict[str, Any]:
    """A mini-app as `LINE` has it."""
    return {
        "client_id": one.client_id,
        "name": one.name,
        "organisation": one.organisation,
        "standing": one.standing.value,
        "stage": one.stage.value,
        "since": one.since.isoformat(),
    }


def whole(one: AppRecord) -> Json:
    """A mini-app as `APP` has it."""
    return {
        "client_id": one.client_id,
        "organisation": one.organisation,
        "standing": one.standing.value,
        "stage": one.stage.value,
        "revision": one.revision,
        "since": one.since.isoformat(),
        "candidate": document_of(one.candidate) if one.candidate else None,
        "in_force": document_of(one.in_force) if one.in_force else None,
        "returned_for": one.returned_for,
        "reason": one.reason,
        "published_at": one.published_at.isoformat() if one.published_at else None,
        "retires_at": one.retires_at.isoformat() if one.retires_at else None,
        "moves": [move.value for move in Move if one.can(move)],
    }


def findings_of(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """What the checks found, each as `FINDING` has it."""
    return [
        {
            "rule": one.rule.value,
            "severity": one.severity.value,
            "field": one.field,
            "value": one.value,
            "code": one.detail.code if one.detail else "",
            "detail": str(one.detail or ""),
        }
        for one in found
    ]


def step(one: MoveDone) -> dict[str, Any]:
    """Something that was done with a mini-app, as `STEP` has it."""
    return {
        "revision": one.revision,
        "move": one.move.value,
        "at": one.at.isoformat(),
        "staff_id": one.staff_id,
        "note": one.note,
    }


def appeal_document(one: Appeal) -> dict[str, Any]:
    """An appeal as `APPEAL` has it."""
    return {
        "at": one.at.isoformat(),
        "appealed_by": _told(one.appealed_by),
        "suspended_by": _told(one.suspended_by),
        "text": one.text,
        "answer": one.answer,
        "answered_by": _told(one.answered_by),
        "answered_at": one.answered_at.isoformat() if one.answered_at else None,
    }


def _told(staff_id: str | None) -> str | None:
    return apps().told(acting(), staff_id, now=now())
