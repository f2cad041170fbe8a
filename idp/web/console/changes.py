"""Change requests: the list, one of them, and every step that a second person takes."""

from __future__ import annotations

import logging
from collections.abc import Callable

import flask

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.governance.change_request import ChangeRequest, IllegalMove, context_of
from idp.governance.kinds import NotNow, Problems
from idp.governance.roles import Action
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.change_list import changes_page
from idp.web.console.change_pages import change_page
from idp.web.console.change_words import OBSTACLES
from idp.web.console.sign_in import MAX_DETAIL
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.render import page
from idp.web.sentences import in_one, words
from idp.web.services import services

blueprint = flask.Blueprint("console_changes", __name__)
log = logging.getLogger(__name__)

PATH = "/console/changes"


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.CHANGE_READ)
def show_all() -> flask.typing.ResponseReturnValue:
    """Requests, newest first, narrowed by state, kind, subject and who proposed them."""
    return page(changes_page(flask.request.args))


@blueprint.get(f"{PATH}/<change_id>")
@access(Policy.STAFF, action=Action.CHANGE_READ)
def show(change_id: str) -> flask.typing.ResponseReturnValue:
    """One request."""
    return page(change_page(_found(change_id), notice=_notice()))


@blueprint.post(f"{PATH}/<change_id>/approve")
@access(Policy.STAFF, action=Action.CHANGE_APPROVE)
def approve(change_id: str) -> flask.typing.ResponseReturnValue:
    """Agree, with a passkey unlocked for exactly this content."""
    content_hash = flask.request.form.get("content_hash", "")

    def step(request: ChangeRequest) -> ChangeRequest:
        proof = desk.confirmed(context_of(request, "approve"))
        return services().changes.approve(desk.acting(), request.id, content_hash, proof, now=desk.now())

    return _take(change_id, step, "approved")


@blueprint.post(f"{PATH}/<change_id>/review")
@access(Policy.STAFF, action=Action.CHANGE_APPROVE)
def review(change_id: str) -> flask.typing.ResponseReturnValue:
    """Say whether an emergency suspension was right."""
    is_right = flask.request.form.get("right") == "yes"

    def step(request: ChangeRequest) -> ChangeRequest:
        proof = desk.confirmed(context_of(request, "review"))
        return services().changes.review(
            desk.acting(), request.id, proof, is_right=is_right, why=_why(), now=desk.now()
        )

    return _take(change_id, step, "reviewed")


@blueprint.post(f"{PATH}/<change_id>/refuse")
@access(Policy.STAFF, action=Action.CHANGE_APPROVE)
def refuse(change_id: str) -> flask.typing.ResponseReturnValue:
    """Do not agree, and say why."""
    return _take(change_id, _with_reason(services().changes.refuse), "refused")


@blueprint.post(f"{PATH}/<change_id>/cancel")
@access(Policy.STAFF, action=Action.CHANGE_READ)
def cancel(change_id: str) -> flask.typing.ResponseReturnValue:
    """Call it off: whoever made it, and whoever may cancel; the desk knows."""
    return _take(change_id, _with_reason(services().changes.cancel), "cancelled")


@blueprint.post(f"{PATH}/<change_id>/roll-back")
@access(Policy.STAFF, action=Action.CHANGE_READ)
def roll_back(change_id: str) -> flask.typing.ResponseReturnValue:
    """Propose the opposite; whether this role may is for the desk to say."""
    return _take(change_id, _with_reason(services().changes.roll_back), "proposed")


def _with_reason(step: Callable[..., ChangeRequest]) -> Callable[[ChangeRequest], ChangeRequest]:
    """A step of the desk that takes a reason, and no passkey."""
    return lambda request: step(desk.acting(), request.id, _why(), now=desk.now())


def _take(
    change_id: str, step: Callable[[ChangeRequest], ChangeRequest], word: str
) -> flask.typing.ResponseReturnValue:
    """Take a step and show what came of it; the request as it is, with a sentence, when it was refused."""
    request = _found(change_id)
    try:
        after = step(request)
    except PasskeyRefused as refused:
        log.info("refused", extra={"error": "staff_passkey", "detail": str(refused)[:MAX_DETAIL]})
        return _again(request, Problem(_("That did not work with this passkey. Try again.")), 400)
    except IllegalMove as illegal:
        return _again(request, Problem(str(OBSTACLES[illegal.obstacle])), 409)
    except Problems as wrong:
        if any(one.field == "why" for one in wrong.problems):
            return _again(request, Problem(_("Say why, in at most 1000 characters.")), 400)
        return _again(request, Problem(in_one(wrong.problems)), 409)
    except NotNow as failure:
        return _again(request, Problem(words(failure.sentence)), 503)
    return flask.redirect(f"{PATH}/{after.id}?done={word}", 303)


def _again(request: ChangeRequest, problem: Problem, status: int) -> flask.typing.ResponseReturnValue:
    return page(change_page(services().changes.find(request.id), problem=problem), status)


def _found(change_id: str) -> ChangeRequest:
    try:
        return services().changes.read(desk.acting(), change_id)
    except LookupError:
        flask.abort(404)


def _why() -> str:
    return flask.request.form.get("why", "")


def _notice() -> str | None:
    words = {
        "proposed": _("It is proposed. Somebody else has to approve it."),
        "approved": _("You approved it."),
        "refused": _("You refused it."),
        "cancelled": _("It is cancelled."),
        "reviewed": _("Your review is noted."),
        "alone": _("It is done. Somebody else has to review it within a day."),
    }
    return words.get(flask.request.args.get("done", ""))
