"""The staff by API, and what each member looks after of their own: sessions and tokens.

Who is of the staff is changed by change requests (`staff.…`). What takes a passkey is done on the console: a new token,
the one-time link of somebody invited.
"""

from __future__ import annotations

from typing import Any

import flask

from idp.governance.roles import Action, StaffRole
from idp.governance.staff import StaffMember
from idp.web.api import shapes
from idp.web.api.operation import Api, Json
from idp.web.console.desk import acting, now
from idp.web.services import services

api = Api.named("staff")

MEMBER = {
    "id": shapes.text(),
    "name": shapes.text(),
    "roles": shapes.many(shapes.word(StaffRole)),
    "organisation": shapes.maybe(shapes.text()),
    "is_active": shapes.truth(),
    "created_at": shapes.moment(),
    "joined_at": shapes.maybe(shapes.moment()),
}
GRANT = shapes.thing(
    {
        "role": shapes.word(StaffRole),
        "granted_at": shapes.moment(),
        "expires_at": shapes.maybe(shapes.moment()),
        "by": shapes.text(),
    }
)
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


@api.get("/staff", Action.STAFF_READ, answer=shapes.thing({"items": shapes.many(shapes.thing(MEMBER))}))
def list_staff() -> Json:
    """List everybody of the staff, also those who are out of office."""
    return {"items": [_member(one) for one in services().staff.members(now=now())]}


@api.get(
    "/staff/<staff_id>",
    Action.STAFF_READ,
    answer=shapes.thing({**MEMBER, "grants": shapes.many(GRANT)}),
)
def get_member(staff_id: str) -> Json:
    """Read one member, and which change gave each role."""
    found = services().staff.find(staff_id, now=now())
    if found is None:
        raise LookupError(staff_id)
    grants = services().staff.grants_of(staff_id, now=now())
    return {
        **_member(found),
        "grants": [
            {
                "role": grant.role.value,
                "granted_at": grant.granted_at.isoformat(),
                "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
                "by": grant.by,
            }
            for grant in grants
        ],
    }


@api.get("/me", Action.SELF, answer=shapes.thing({**MEMBER, "may": shapes.many(shapes.word(Action))}))
def get_myself() -> Json:
    """Read who acts by this token, and what it may do."""
    here = acting()
    return {**_member(here.member), "may": [action.value for action in Action if here.can(action)]}


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


@api.delete("/me/tokens/<token_id>", Action.SELF, answer=shapes.thing({"revoked": shapes.truth()}))
def revoke_token(token_id: str) -> Json:
    """Revoke one of one's own API tokens, at once."""
    if not services().staff.tokens.revoke(acting(), token_id, now=now()):
        flask.abort(404)
    return {"revoked": True}


def _member(one: StaffMember) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "roles": sorted(role.value for role in one.roles),
        "organisation": one.organisation,
        "is_active": one.is_active,
        "created_at": one.created_at.isoformat(),
        "joined_at": one.joined_at.isoformat() if one.joined_at else None,
    }
