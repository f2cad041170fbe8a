"""The staff, for the staff: who there is, since when with which role, and the one-time link of who was invited."""

from __future__ import annotations

import logging

import flask

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.governance.roles import MATRIX, Action
from idp.governance.staff import BadMember, BeingSetUp, RoleGrant, StaffMember, link_context
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.framing import frame, has_page
from idp.web.console.sign_in import MAX_DETAIL
from idp.web.console.words import ROLES, action_words, role_words
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.console_staff import LinkPage, MemberLine, MemberPage, RoleLine, StaffPage
from idp.web.pages.hub import Mark
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("console_staff", __name__)
log = logging.getLogger(__name__)

PATH = "/console/staff"
PROPOSALS = "/console/changes/new"
BEGINNING = "bootstrap"


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.STAFF_READ)
def show() -> flask.typing.ResponseReturnValue:
    """Everybody, also those who are out of office."""
    members = services().staff.members(now=desk.now())
    invite = f"{PROPOSALS}/staff.invite"
    may_invite = desk.acting().can(Action.STAFF_PROPOSE) and has_page(invite)
    return page(
        StaffPage(
            frame(PATH), tuple(map(_line, members)), services().governed(), invite if may_invite else None
        )
    )


@blueprint.get(f"{PATH}/<staff_id>")
@access(Policy.STAFF, action=Action.STAFF_READ)
def show_member(staff_id: str) -> flask.typing.ResponseReturnValue:
    """One member."""
    return page(_page(_found(staff_id)))


@blueprint.post(f"{PATH}/link")
@access(Policy.STAFF, action=Action.STAFF_PROPOSE)
def make_link() -> flask.typing.ResponseReturnValue:
    """Make the one-time link of somebody invited, in place of any before, and show it this once."""
    member = _found(flask.request.form.get("member", ""))
    try:
        desk.confirmed(link_context(member.id))
        link = services().staff.renew_link(member.id, by=desk.acting().member.id, now=desk.now())
    except PasskeyRefused as refused:
        log.info("refused", extra={"error": "staff_passkey", "detail": str(refused)[:MAX_DETAIL]})
        return page(_page(member, Problem(_("That did not work with this passkey. Try again."))), 400)
    except BeingSetUp:
        words = _(
            "The first two administrators get their links from the command “idp admin bootstrap” alone."
        )
        return page(_page(member, Problem(words)), 409)
    except BadMember:
        return page(_page(member, Problem(_("A link is for somebody who has not joined yet."))), 409)
    return page(LinkPage(frame(PATH), member.name, link.address, link.expires_at))


def _found(staff_id: str) -> StaffMember:
    member = services().staff.find(staff_id, now=desk.now())
    if member is None:
        flask.abort(404)
    return member


def _page(member: StaffMember, problem: Problem | None = None) -> MemberPage:
    may_propose = desk.acting().can(Action.STAFF_PROPOSE)
    waits = member.joined_at is None and member.deactivated_at is None
    return MemberPage(
        frame=frame(PATH),
        member=_line(member),
        roles=tuple(map(_role, services().staff.grants_of(member.id, now=desk.now()))),
        can_make_link=may_propose and waits and services().governed(),
        propose=_proposals(member) if may_propose and member.deactivated_at is None else (),
        problem=problem,
    )


def _proposals(member: StaffMember) -> tuple[tuple[str, str], ...]:
    kinds = (
        ("staff.roles", _("Propose other roles")),
        ("staff.break_glass", _("Propose break-glass for an hour")),
        ("staff.deactivate", _("Propose to put them out of office")),
    )
    return tuple(
        (f"{PROPOSALS}/{kind}?member={member.id}", label)
        for kind, label in kinds
        if has_page(f"{PROPOSALS}/{kind}") and (member.is_active or kind != "staff.break_glass")
    )


def _line(member: StaffMember) -> MemberLine:
    state, mark, since = _("In office"), Mark.GOOD, member.joined_at or member.created_at
    if member.deactivated_at is not None:
        state, mark, since = _("Out of office"), Mark.NOTHING, member.deactivated_at
    elif member.joined_at is None:
        state, mark = _("Has not joined yet"), Mark.WAITING
    return MemberLine(
        member.id, member.name, role_words(member.roles), member.organisation or "", state, mark, since
    )


def _role(grant: RoleGrant) -> RoleLine:
    by = "" if grant.by == BEGINNING else grant.by
    actions = action_words(MATRIX[grant.role])
    return RoleLine(str(ROLES[grant.role]), grant.granted_at, by, grant.expires_at, actions)
