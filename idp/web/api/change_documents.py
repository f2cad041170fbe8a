"""What a change request looks like by API: the shapes, and what is said in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from idp.governance.change_request import MAX_PAYLOAD_BYTES, ChangeRequest, DiffLine, Direction, State
from idp.governance.kinds import Effect, Reach, Told
from idp.web.api import shapes
from idp.web.api.operation import Json
from idp.web.api.problems import problem_members
from idp.web.console.desk import now
from idp.web.services import services

if TYPE_CHECKING:
    from idp.wiring.governing.change_drafts import Draft

LINE = {
    "id": shapes.text(),
    "kind": shapes.text(),
    "subject": shapes.text(),
    "direction": shapes.word(Direction),
    "state": shapes.word(State),
    "proposed_by": shapes.text(),
    "proposed_at": shapes.moment(),
}
DIFF = shapes.many(
    shapes.thing(
        {
            "field": shapes.text(),
            "before": shapes.text(MAX_PAYLOAD_BYTES),
            "after": shapes.text(MAX_PAYLOAD_BYTES),
        }
    )
)
TOLD = shapes.thing(
    {
        "regions": shapes.number(),
        "silent": shapes.number(),
        "since": shapes.maybe(shapes.moment()),
        "until": shapes.maybe(shapes.moment()),
        "most": shapes.number(),
        "most_by": shapes.text(),
    }
)
EFFECT = shapes.many(
    shapes.thing(
        {
            "reach": shapes.word(Reach),
            "count": shapes.number(),
            "is_at_least": shapes.truth(),
            "told": shapes.maybe(TOLD),
        }
    )
)
"""`told` says whose word a number is that nobody here can count; null: counted here, and where `is_at_least`, not to
the end."""
PROBLEMS = shapes.many(
    shapes.thing({"field": shapes.text(), "code": shapes.text(), "sentence": shapes.text()})
)
CHANGE = shapes.thing(
    {
        **LINE,
        "why": shapes.text(),
        "payload": shapes.anything(),
        "content_hash": shapes.text(64),
        "diff": DIFF,
        "effect": EFFECT,
        "problems": PROBLEMS,
        "is_emergency": shapes.truth(),
        "approved_by": shapes.maybe(shapes.text()),
        "effective_at": shapes.maybe(shapes.moment()),
        "expires_at": shapes.moment(),
        "review_due_at": shapes.maybe(shapes.moment()),
        "applied_at": shapes.maybe(shapes.moment()),
        "waits_for_witnesses": shapes.truth(),
        "outcome": shapes.text(),
        "closed_by": shapes.text(),
        "closed_at": shapes.maybe(shapes.moment()),
        "closed_why": shapes.text(),
        "rolls_back": shapes.maybe(shapes.text()),
        "page": shapes.text(),
    }
)
DRAFT = shapes.thing(
    {
        "kind": shapes.text(),
        "subject": shapes.text(),
        "direction": shapes.word(Direction),
        "payload": shapes.anything(),
        "content_hash": shapes.text(64),
        "delay_seconds": shapes.number(),
        "diff": DIFF,
        "effect": EFFECT,
    }
)


def line(one: ChangeRequest) -> dict[str, Any]:
    """A request as `LINE` has it."""
    return {
        "id": one.id,
        "kind": one.content.kind,
        "subject": one.content.subject,
        "direction": one.content.direction.value,
        "state": one.state_at(now()).value,
        "proposed_by": one.proposer,
        "proposed_at": one.proposed_at.isoformat(),
    }


def whole(one: ChangeRequest) -> Json:
    """A request as `CHANGE` has it."""
    changes = services().changes
    return {
        **line(one),
        "why": one.why,
        "payload": one.content.payload,
        "content_hash": one.content_hash,
        "diff": _diff(one.diff),
        "effect": effect_members(changes.effect(one, now=now())),
        "problems": [problem_members(wrong) for wrong in changes.problems(one, now=now())],
        "is_emergency": one.is_emergency,
        "approved_by": one.approval.by if one.approval else None,
        "effective_at": one.approval.effective_at.isoformat() if one.approval else None,
        "expires_at": one.expires_at.isoformat(),
        "review_due_at": one.review_due_at.isoformat() if one.review_due_at else None,
        "applied_at": one.applied_at.isoformat() if one.applied_at else None,
        "waits_for_witnesses": changes.is_held_up(one),
        "outcome": one.outcome,
        "closed_by": one.closed_by,
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
        "closed_why": one.why_closed,
        "rolls_back": one.rolls_back,
        "page": f"{services().settings.issuer}/console/changes/{one.id}",
    }


def draft_document(draft: Draft) -> Json:
    """A change that somebody thinks of asking for, as `DRAFT` has it."""
    return {
        "kind": draft.content.kind,
        "subject": draft.content.subject,
        "direction": draft.content.direction.value,
        "payload": draft.content.payload,
        "content_hash": draft.hash,
        "delay_seconds": int(draft.content.delay.total_seconds()),
        "diff": _diff(draft.diff),
        "effect": effect_members(draft.effect),
    }


def _diff(lines: Iterable[DiffLine]) -> list[Mapping[str, str]]:
    return [{"field": each.field, "before": each.before, "after": each.after} for each in lines]


def effect_members(lines: Effect) -> list[Mapping[str, Any]]:
    """Whom a change would reach, as `EFFECT` has it."""
    return [
        {
            "reach": each.reach.value,
            "count": each.count,
            "is_at_least": each.is_at_least,
            "told": None if each.told is None else _told(each.told),
        }
        for each in lines
    ]


def _told(one: Told) -> Mapping[str, Any]:
    return {
        "regions": one.regions,
        "silent": one.silent,
        "since": one.since.isoformat() if one.since else None,
        "until": one.until.isoformat() if one.until else None,
        "most": one.most,
        "most_by": one.most_by,
    }
