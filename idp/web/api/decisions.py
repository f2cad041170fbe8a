"""What takes one person and a passkey, by API: approving, reviewing, suspending alone. See `confirming`."""

from __future__ import annotations

from typing import Any

from idp.governance.change_request import MAX_WHY, context_of
from idp.governance.roles import Action
from idp.web.api import shapes
from idp.web.api.change_documents import CHANGE, whole
from idp.web.api.changes import WANTED, WHY
from idp.web.api.confirming import CONFIRMATION, QUESTION, confirmed, question
from idp.web.api.operation import Api, Json, body
from idp.web.console.desk import acting, now
from idp.web.services import services

api = Api.named("decisions")


@api.post("/changes/<change_id>/approval-question", Action.CHANGE_APPROVE, answer=QUESTION, status=201)
def begin_approval(change_id: str) -> Json:
    """Ask for a passkey to approve a change with, just as it stands."""
    return question(_context(change_id, "approve"))


@api.post(
    "/changes/<change_id>/approval",
    Action.CHANGE_APPROVE,
    body=shapes.thing({"content_hash": shapes.text(64), **CONFIRMATION}),
    answer=CHANGE,
)
def approve_change(change_id: str) -> Json:
    """Agree to a change that somebody else proposed, with a passkey. `content_hash` says what was looked at."""
    proof = confirmed(_context(change_id, "approve"))
    return whole(services().changes.approve(acting(), change_id, body()["content_hash"], proof, now=now()))


@api.post("/changes/<change_id>/review-question", Action.CHANGE_APPROVE, answer=QUESTION, status=201)
def begin_review(change_id: str) -> Json:
    """Ask for a passkey to review with what one person did alone."""
    return question(_context(change_id, "review"))


@api.post(
    "/changes/<change_id>/review",
    Action.CHANGE_APPROVE,
    body=shapes.thing({"is_right": shapes.truth(), "why": shapes.text(MAX_WHY), **CONFIRMATION}),
    answer=CHANGE,
)
def review_change(change_id: str) -> Json:
    """Say with a passkey whether what one person did alone was right; if not, why, and ending it is proposed."""
    proof, said = confirmed(_context(change_id, "review")), body()
    return whole(
        services().changes.review(
            acting(), change_id, proof, is_right=said["is_right"], why=said["why"], now=now()
        )
    )


@api.post("/suspension-questions", Action.CHANGE_READ, body=shapes.thing(WANTED), answer=QUESTION, status=201)
def begin_suspension() -> Json:
    """Ask for a passkey to suspend with, alone, in an emergency. The kind says which action that takes."""
    return question(_alone(body()))


@api.post(
    "/suspensions",
    Action.CHANGE_READ,
    body=shapes.thing({**WANTED, "why": WHY, **CONFIRMATION}),
    answer=CHANGE,
    status=201,
)
def suspend_alone() -> Json:
    """Suspend alone with a passkey, at once. Somebody else reviews it within a day."""
    asked = body()
    proof = confirmed(_alone(asked))
    return whole(
        services().changes.suspend_now(
            acting(), asked["kind"], asked["payload"], asked["why"], proof, now=now()
        )
    )


def _context(change_id: str, purpose: str) -> str:
    """Raises: LookupError; NotAllowed."""
    return context_of(services().changes.read(acting(), change_id, Action.CHANGE_APPROVE), purpose)


def _alone(asked: dict[str, Any]) -> str:
    """Raises: what `ChangeDesk.draft_alone` does."""
    draft = services().changes.draft_alone(acting(), asked["kind"], asked["payload"], now=now())
    return draft.alone_context
