"""The staff by API. Who is of the staff is changed by change requests (`staff.…`)."""

from __future__ import annotations

from typing import Any

from idp.governance.roles import Action, StaffRole
from idp.governance.staff import StaffMember, link_context
from idp.web.api import shapes
from idp.web.api.confirming import CONFIRMATION, QUESTION, confirmed, question
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


@api.get("/staff", Action.STAFF_READ, answer=shapes.thing({"items": shapes.many(shapes.thing(MEMBER))}))
def list_staff() -> Json:
    """List everybody of the staff, also those who are out of office."""
    return {"items": [member_document(one) for one in services().staff.members(now=now())]}


@api.get(
    "/staff/<staff_id>",
    Action.STAFF_READ,
    answer=shapes.thing({**MEMBER, "grants": shapes.many(GRANT)}),
)
def get_member(staff_id: str) -> Json:
    """Read one member, and which change gave each role."""
    found = _found(staff_id)
    grants = services().staff.grants_of(staff_id, now=now())
    return {
        **member_document(found),
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


@api.post("/staff/<staff_id>/link-question", Action.STAFF_PROPOSE, answer=QUESTION, status=201)
def begin_link(staff_id: str) -> Json:
    """Ask for a passkey to make the one-time link of somebody invited with."""
    return question(link_context(_found(staff_id).id))


@api.post(
    "/staff/<staff_id>/link",
    Action.STAFF_PROPOSE,
    body=shapes.thing(CONFIRMATION),
    answer=shapes.thing({"name": shapes.text(), "link": shapes.text(), "expires_at": shapes.moment()}),
    status=201,
)
def make_link(staff_id: str) -> Json:
    """Make the one-time link of somebody invited with a passkey, in place of any before. It is shown this once."""
    member = _found(staff_id)
    confirmed(link_context(member.id))
    link = services().staff.renew_link(member.id, by=acting().member.id, now=now())
    return {"name": link.member.name, "link": link.address, "expires_at": link.expires_at.isoformat()}


def _found(staff_id: str) -> StaffMember:
    """Raises: LookupError."""
    found = services().staff.find(staff_id, now=now())
    if found is None:
        raise LookupError(staff_id)
    return found


def member_document(one: StaffMember) -> dict[str, Any]:
    """A member as `MEMBER` has it."""
    return {
        "id": one.id,
        "name": one.name,
        "roles": sorted(role.value for role in one.roles),
        "organisation": one.organisation,
        "is_active": one.is_active,
        "created_at": one.created_at.isoformat(),
        "joined_at": one.joined_at.isoformat() if one.joined_at else None,
    }
