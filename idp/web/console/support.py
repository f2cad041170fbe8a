"""Helping citizens: see how an account stands, with a reason that its owner can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from idp.authn.authenticators import Authenticator
from idp.authn.throttle import TooManyAttempts
from idp.governance.roles import Action
from idp.web.access import Policy, access
from idp.web.authenticator_words import kind_of
from idp.web.console import desk
from idp.web.console.event_titles import event_title
from idp.web.console.framing import frame
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.console_support import LookedAt, LookedLine, SupportPage, WayInLine
from idp.web.pages.hub import Mark
from idp.web.render import page
from idp.web.services import services

if TYPE_CHECKING:
    from idp.wiring.governing.support_desk import Looked, SupportDesk

blueprint = flask.Blueprint("console_support", __name__)

PATH = "/console/support"


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.ACCOUNT_SUPPORT)
def show() -> flask.typing.ResponseReturnValue:
    """Ask whose account it is, and why."""
    return page(SupportPage(frame(PATH)))


@blueprint.post(PATH)
@access(Policy.STAFF, action=Action.ACCOUNT_SUPPORT)
def look() -> flask.typing.ResponseReturnValue:
    """Show how the account stands. Its owner is told."""
    identifier, reason = flask.request.form.get("identifier", ""), flask.request.form.get("reason", "")
    try:
        found = support().look(desk.acting(), identifier, reason, now=desk.now())
    except TooManyAttempts:
        return _again(
            identifier, reason, Problem(_("You looked too often. Wait a while."), "identifier"), 429
        )
    except LookupError:
        return _again(identifier, reason, Problem(_("Nobody signs in with this."), "identifier"), 404)
    except ValueError:
        return _again(identifier, reason, Problem(_("Say why, in at most 200 characters."), "reason"), 400)
    return page(SupportPage(frame(PATH), identifier, reason, _looked(found)))


def support() -> SupportDesk:
    """The desk of support: 404 at a hub, which has no citizens."""
    found = services().support
    if found is None:
        flask.abort(404)
    return found


def _again(identifier: str, reason: str, problem: Problem, status: int) -> flask.typing.ResponseReturnValue:
    return page(SupportPage(frame(PATH), identifier, reason, problem=problem), status)


def _looked(found: Looked) -> LookedAt:
    state, mark = (_("In use"), Mark.GOOD) if found.is_active else (_("Switched off"), Mark.BAD)
    return LookedAt(
        name=found.name,
        username=found.username,
        state=state,
        mark=mark,
        created_at=found.created_at,
        ways=tuple(map(_way, found.authenticators)),
        events=tuple(LookedLine(event_title(one.kind), one.at) for one in found.events),
    )


def _way(one: Authenticator) -> WayInLine:
    state, mark = (_("In use"), Mark.GOOD) if one.is_active else (_("Suspended"), Mark.WAITING)
    return WayInLine(kind_of(one), state, mark, one.last_used_at)
