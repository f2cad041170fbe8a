"""Change requests by API: the same steps as on the console, taken by the same desk.

Approving, reviewing and suspending alone take a passkey besides the token: they are in `decisions`.
"""

from __future__ import annotations

from idp.governance.change_listing import MOST_A_PAGE, ChangeFilters, Place
from idp.governance.change_request import MAX_WHY, ChangeRequest, State
from idp.governance.kinds import reading
from idp.governance.roles import Action
from idp.web.api import shapes
from idp.web.api.change_documents import CHANGE, DRAFT, LINE, draft_document, line, whole
from idp.web.api.operation import Api, Json, body, query
from idp.web.console.desk import acting, now
from idp.web.services import services

api = Api.named("changes")

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
        "items": [line(one) for one in found.requests if _may_read(one)],
        "next": str(found.next) if found.next else None,
    }


@api.get("/changes/<change_id>", Action.CHANGE_READ, answer=CHANGE)
def get_change(change_id: str) -> Json:
    """Read one change request: what would be different, whom it would reach, what happened."""
    return whole(services().changes.read(acting(), change_id))


@api.post("/change-drafts", Action.CHANGE_READ, body=shapes.thing(WANTED), answer=DRAFT)
def draft_change() -> Json:
    """Say what a change would do, without asking for it."""
    asked = body()
    draft = services().changes.draft(acting(), asked["kind"], asked["payload"], now=now())
    return draft_document(draft)


@api.post(
    "/changes", Action.CHANGE_READ, body=shapes.thing({**WANTED, "why": WHY}), answer=CHANGE, status=201
)
def propose_change() -> Json:
    """Ask for a change. The kind says which action that takes."""
    asked = body()
    made = services().changes.propose(acting(), asked["kind"], asked["payload"], asked["why"], now=now())
    return whole(made)


@api.post("/changes/<change_id>/refusal", Action.CHANGE_APPROVE, body=WITH_REASON, answer=CHANGE)
def refuse_change(change_id: str) -> Json:
    """Do not agree, and say why."""
    return whole(services().changes.refuse(acting(), change_id, body()["why"], now=now()))


@api.post("/changes/<change_id>/cancellation", Action.CHANGE_READ, body=WITH_REASON, answer=CHANGE)
def cancel_change(change_id: str) -> Json:
    """Call a request off, until it is applied: whoever made it, and whoever may cancel."""
    return whole(services().changes.cancel(acting(), change_id, body()["why"], now=now()))


@api.post("/changes/<change_id>/roll-back", Action.CHANGE_READ, body=WITH_REASON, answer=CHANGE, status=201)
def roll_back_change(change_id: str) -> Json:
    """Propose the opposite of a request that was applied."""
    return whole(services().changes.roll_back(acting(), change_id, body()["why"], now=now()))


def _may_read(one: ChangeRequest) -> bool:
    kind = services().changes.kinds.get(one.content.kind)
    return kind is not None and acting().can(reading(kind))
