"""A member's own access by API: who they are, and their API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from idp.governance.roles import Action
from idp.governance.staff import LONGEST_NAME, LONGEST_TOKEN_LIFETIME, revocation_context, token_context
from idp.governance.staff_sessions import ApiToken
from idp.web.api import shapes
from idp.web.api.confirming import CONFIRMATION, QUESTION, confirmed, question
from idp.web.api.operation import Api, Json, body
from idp.web.api.staff import MEMBER, member_document
from idp.web.console.desk import acting, now
from idp.web.services import services

api = Api.named("myself")

TOKEN = shapes.thing(
    {
        "id": shapes.text(),
        "label": shapes.text(),
        "actions": shapes.many(shapes.word(Action)),
        "created_at": shapes.moment(),
        "expires_at": shapes.moment(),
        "last_used_at": shapes.maybe(shapes.moment()),
    }
)
REVOKED = shapes.thing({"revoked": shapes.truth()})
WISH = {
    "label": shapes.text(LONGEST_NAME, least=1),
    "actions": shapes.many(shapes.word(Action), len(Action)),
    "days": shapes.number(1, LONGEST_TOKEN_LIFETIME.days),
}


@api.get("/me", Action.SELF, answer=shapes.thing({**MEMBER, "may": shapes.many(shapes.word(Action))}))
def get_myself() -> Json:
    """Read who acts by this token, and what it may do."""
    here = acting()
    return {**member_document(here.member), "may": [action.value for action in Action if here.can(action)]}


@api.get("/me/tokens", Action.SELF, answer=shapes.thing({"items": shapes.many(TOKEN)}))
def list_tokens() -> Json:
    """List one's own API tokens in force."""
    return {
        "items": [
            {
                "id": one.id,
                "label": one.label,
                "actions": sorted(action.value for action in one.actions),
                "created_at": one.created_at.isoformat(),
                "expires_at": one.expires_at.isoformat(),
                "last_used_at": one.last_used_at.isoformat() if one.last_used_at else None,
            }
            for one in services().staff.tokens.of(acting(), now=now())
        ]
    }


@api.delete("/me/token", Action.SELF, answer=REVOKED)
def end_this_token() -> Json:
    """Revoke the API token that this is sent with, at once."""
    here = acting()
    return {"revoked": services().staff.tokens.revoke(here, here.session, now=now())}


@api.post("/me/tokens/<token_id>/revocation-question", Action.SELF, answer=QUESTION, status=201)
def begin_revoking_token(token_id: str) -> Json:
    """Ask for a passkey to revoke one of one's own API tokens with."""
    return question(revocation_context(_token(token_id).id))


@api.post("/me/tokens/<token_id>/revocation", Action.SELF, body=shapes.thing(CONFIRMATION), answer=REVOKED)
def revoke_token(token_id: str) -> Json:
    """Revoke one of one's own API tokens with a passkey: a stolen one ends no others."""
    one = _token(token_id)
    proof = confirmed(revocation_context(one.id))
    return {"revoked": services().staff.tokens.revoke(acting(), one.id, proof=proof, now=now())}


@api.post("/me/token-questions", Action.SELF, body=shapes.thing(WISH), answer=QUESTION, status=201)
def begin_token() -> Json:
    """Ask for a passkey to make an API token with, just like this one."""
    return question(_context(body()))


@api.post(
    "/me/tokens",
    Action.SELF,
    body=shapes.thing({**WISH, **CONFIRMATION}),
    answer=shapes.thing({"token": shapes.text()}),
    status=201,
)
def make_token() -> Json:
    """Make an API token with a passkey, for some of the actions of the one that asks. It is shown this once."""
    asked = body()
    proof = confirmed(_context(asked))
    lifetime = timedelta(days=asked["days"])
    made = services().staff.tokens.make(acting(), asked["label"], _actions(asked), lifetime, proof, now=now())
    return {"token": made}


def _token(token_id: str) -> ApiToken:
    """Raises: LookupError — none of one's own."""
    for one in services().staff.tokens.of(acting(), now=now()):
        if one.id == token_id:
            return one
    raise LookupError(token_id)


def _context(asked: dict[str, Any]) -> str:
    return token_context(asked["label"], _actions(asked), asked["days"])


def _actions(asked: dict[str, Any]) -> frozenset[Action]:
    return frozenset(map(Action, asked["actions"]))
