"""Coming into the console and leaving it; and the one place where a page asks for a passkey to confirm something."""

from __future__ import annotations

import logging

import flask

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.authn.throttle import TooManyAttempts
from idp.governance.roles import Action
from idp.governance.staff import NotStaff
from idp.web import cookies, forms
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.console import ConsoleSignInPage
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("console_sign_in", __name__)
log = logging.getLogger(__name__)

MAX_DETAIL = 200
"""Characters of a refusal that go to the log: the library quotes what it was sent."""
TRANSACTION = "console"
"""Nobody is anywhere yet: the step token is bound to the browser alone."""


@blueprint.get(desk.SIGN_IN)
@access(Policy.PUBLIC)
def ask_passkey() -> flask.typing.ResponseReturnValue:
    """The page with the one button; for whoever is signed in, the way on."""
    back = desk.way_back(flask.request.args.get("next", ""))
    try:
        services().staff.sessions.acting(desk.cookie_value(), now=desk.now())
    except NotStaff:
        joined = _("You are one of the staff now. Sign in with your new passkey.")
        return page(_page(back, joined if "joined" in flask.request.args else None))
    return flask.redirect(back, 303)


@blueprint.post(f"{desk.SIGN_IN}/options")
@access(Policy.PUBLIC)
def ask_browser() -> flask.typing.ResponseReturnValue:
    """The question for the browser: the same for everybody, whoever they are (no enumeration)."""
    forms.require_step_token(TRANSACTION, forms.Step.CONSOLE_SIGN_IN)
    try:
        ceremony = services().staff.sessions.begin_sign_in(
            cookies.ensure_browser_value(), desk.seat().address, now=desk.now()
        )
    except TooManyAttempts:
        return flask.jsonify(problem=_("There were too many attempts. Wait a minute, then try again.")), 429
    return flask.jsonify(challenge=ceremony.challenge_id, options=ceremony.options)


@blueprint.post(desk.SIGN_IN)
@access(Policy.PUBLIC)
def take_passkey() -> flask.typing.ResponseReturnValue:
    """Check what the browser answered, and open a session that no cookie from before leads to."""
    forms.require_step_token(TRANSACTION, forms.Step.CONSOLE_SIGN_IN)
    form = flask.request.form
    back = desk.way_back(form.get("next", ""))
    try:
        value = services().staff.sessions.sign_in(
            cookies.ensure_browser_value(),
            form.get("challenge", ""),
            form.get("answer", ""),
            desk.seat(),
            before=desk.cookie_value(),
            now=desk.now(),
        )
    except PasskeyRefused as refused:
        log.info("refused", extra={"error": "staff_passkey", "detail": str(refused)[:MAX_DETAIL]})
        words = _("This passkey does not open the console. Try again, or use another one.")
        return page(_page(back, problem=Problem(words)), 400)
    return desk.keep_cookie(flask.make_response(flask.redirect(back, 303)), value)


@blueprint.post("/console/sign-out")
@access(Policy.STAFF, action=Action.SELF)
def sign_out() -> flask.typing.ResponseReturnValue:
    """End the session of this browser."""
    services().staff.sessions.sign_out(desk.cookie_value(), now=desk.now())
    return desk.keep_cookie(flask.make_response(flask.redirect(desk.SIGN_IN, 303)), None)


@blueprint.post("/console/confirm")
@access(Policy.STAFF, action=Action.SELF)
def confirm() -> flask.typing.ResponseReturnValue:
    """Ask for a passkey for what a form is about to do; what it counts for is checked when the form arrives."""
    return question(flask.request.form.get("context", ""))


def question(context: str) -> flask.typing.ResponseReturnValue:
    """The question for a passkey that confirms `context`, for the script of the page."""
    try:
        ceremony = services().staff.begin_confirmation(desk.acting(), context, now=desk.now())
    except PasskeyRefused:
        flask.abort(400)
    return flask.jsonify(challenge=ceremony.challenge_id, options=ceremony.options)


def _page(back: str, notice: str | None = None, problem: Problem | None = None) -> ConsoleSignInPage:
    token = forms.step_token(TRANSACTION, forms.Step.CONSOLE_SIGN_IN)
    return ConsoleSignInPage(token, back, notice, problem)
