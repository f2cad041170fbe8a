"""Change requests by API: the same steps as on the console, taken by the same desk.

Approving, reviewing and suspending alone take a passkey, and browsers show one to our own pages alone: `page` says
where. A token that somebody stole can so ask for much and decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from idp.governance.change_listing import MOST_A_PAGE, ChangeFilters, Place
from idp.governance.change_request import (
    MAX_PAYLOAD_BYTES,
    MAX_WHY,
    ChangeRequest,
    DiffLine,
    Direction,
    State,
)
from idp.governance.kinds import Effect, reading
from idp.governance.roles import Action
from idp.web.api import shapes
from idp.web.api.operation import Api, Json, body, query
from idp.web.console.desk import acting, now
from idp.web.services import services

api = Api.named("changes")

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
EFFECT = shapes.many(shapes.thing({"reach": shapes.text(), "count": shapes.number()}))
PROBLEMS = shapes.many(shapes.thing({"field": shapes.text(), "sentence": shapes.text()}))
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
WHY = shapes.text(MAX_WHY, least=1)
WITH_REASON = shapes.thing({"why": WHY})
WANTED = {"kind": shapes.text(100), "payload": shapes.anything()}


@api.get("/change-kinds", Action.CHANGE_READ, answer=shapes.thing({"kinds": shapes.many(shapes.anything())}))
def list_change_kinds() -> Json:
    """List the kinds of changes that there are here, and what it takes to ask for each."""
    return {
        "kinds": [
            {
                "kind": kind.name,
                "action": kind.action.value,
                "alone": kind.alone.value if kind.alone else None,
            }
            for kind in services().changes.kinds.values()
        ]
    }


@api.get(
    "/changes",
    Action.CHANGE_READ,
    query={
        "state": shapes.word(State),
        "kind": shapes.text(100),
        "subject": shapes.text(500),
        "proposer": shapes.text(100),
        "after": shapes.text(200),
        "limit": shapes.number(1, MOST_A_PAGE),
    },
    answer=shapes.page_of(shapes.thing(LINE)),
)
def list_changes() -> Json:
    """List change requests, newest first."""
    asked = query()
    state = asked.get("state")
    filters = ChangeFilters(
        State(state) if state else None, asked.get("kind"), asked.get("subject"), asked.get("proposer")
    )
    found = services().changes.page(
        filters, Place.parse(asked.get("after", "")), asked.get("limit", MOST_A_PAGE)
    )
    return {
        "items": [_line(one) for one in found.requests if _may_read(one)],
        "next": str(found.next) if found.next else None,
    }


@api.get("/changes/<change_id>", Action.CHANGE_READ, answer=CHANGE)
def get_change(change_id: str) -> Json:
    """Read one change request: what would be different, whom it would reach, what happened."""
    return _whole(services().changes.read(acting(), change_id))


@api.post("/change-drafts", Action.CHANGE_READ, body=shapes.thing(WANTED), answer=DRAFT)
def draft_change() -> Json:
    """Say what a change would do, without asking for it."""
    asked = body()
    draft = services().changes.draft(acting(), asked["kind"], asked["payload"], now=now())
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


@api.post(
    "/changes", Action.CHANGE_READ, body=shapes.thing({**WANTED, "why": WHY}), answer=CHANGE, status=201
)
def propose_change() -> Json:
    """Ask for a change. The kind says which action that takes."""
    asked = body()
    made = services().changes.propose(acting(), asked["kind"], asked["payload"], asked["why"], now=now())
    return _whole(made)


@api.post("/changes/<change_id>/refusal", Action.CHANGE_APPROVE, body=WITH_REASON, answer=CHANGE)
def refuse_change(change_id: str) -> Json:
    """Do not agree, and say why."""
    return _whole(services().changes.refuse(acting(), change_id, body()["why"], now=now()))


@api.post("/changes/<change_id>/cancellation", Action.CHANGE_READ, body=WITH_REASON, answer=CHANGE)
def cancel_change(change_id: str) -> Json:
    """Call a request off, until it is applied: whoever made it, and whoever may cancel."""
    return _whole(services().changes.cancel(acting(), change_id, body()["why"], now=now()))


@api.post("/changes/<change_id>/roll-back", Action.CHANGE_READ, body=WITH_REASON, answer=CHANGE, status=201)
def roll_back_change(change_id: str) -> Json:
    """Propose the opposite of a request that was applied."""
    return _whole(services().changes.roll_back(acting(), change_id, body()["why"], now=now()))


def _may_read(one: ChangeRequest) -> bool:
    kind = services().changes.kinds.get(one.content.kind)
    return kind is not None and acting().can(reading(kind))


def _line(one: ChangeRequest) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.content.kind,
        "subject": one.content.subject,
        "direction": one.content.direction.value,
        "state": one.state_at(now()).value,
        "proposed_by": one.proposer,
        "proposed_at": one.proposed_at.isoformat(),
    }


def _whole(one: ChangeRequest) -> Json:
    changes = services().changes
    return {
        **_line(one),
        "why": one.why,
        "payload": one.content.payload,
        "content_hash": one.content_hash,
        "diff": _diff(one.diff),
        "effect": effect_members(changes.effect(one, now=now())),
        "problems": [
            {"field": wrong.field, "sentence": wrong.sentence} for wrong in changes.problems(one, now=now())
        ],
        "is_emergency": one.is_emergency,
        "approved_by": one.approval.by if one.approval else None,
        "effective_at": one.approval.effective_at.isoformat() if one.approval else None,
        "expires_at": one.expires_at.isoformat(),
        "review_due_at": one.review_due_at.isoformat() if one.review_due_at else None,
        "applied_at": one.applied_at.isoformat() if one.applied_at else None,
        "outcome": one.outcome,
        "closed_by": one.closed_by,
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
        "closed_why": one.closed_why,
        "rolls_back": one.rolls_back,
        "page": f"{services().settings.issuer}/console/changes/{one.id}",
    }


def _diff(lines: Iterable[DiffLine]) -> list[Mapping[str, str]]:
    return [{"field": line.field, "before": line.before, "after": line.after} for line in lines]


def effect_members(lines: Effect) -> list[Mapping[str, Any]]:
    """Whom a change would reach, as `EFFECT` has it."""
    return [{"reach": line.reach.value, "count": line.count} for line in lines]
