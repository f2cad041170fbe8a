"""Joining the staff: a one-time link, a passkey, and the link is worth nothing any more."""

from __future__ import annotations

import logging

import flask

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.governance.staff import LinkOver
from idp.web import cookies, forms
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.sign_in import MAX_DETAIL, TRANSACTION
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.console import ConsoleJoinPage
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("console_join", __name__)
log = logging.getLogger(__name__)

PATH = "/console/join"


@blueprint.get(PATH)
@access(Policy.PUBLIC)
def show() -> flask.typing.ResponseReturnValue:
    """The page is the same for every link, and for none: what a link carries never reaches us with a GET."""
    return page(_page())


@blueprint.post(f"{PATH}/options")
@access(Policy.PUBLIC)
def ask_browser() -> flask.typing.ResponseReturnValue:
    """The question for the browser that makes the first passkey of whoever the link invites."""
    forms.require_step_token(TRANSACTION, forms.Step.CONSOLE_JOIN)
    try:
        ceremony = services().staff.passkeys.begin_joining(
            flask.request.form.get("link", ""), cookies.ensure_browser_value(), now=desk.now()
        )
    except LinkOver:
        return flask.jsonify(problem=_over()), 410
    return flask.jsonify(challenge=ceremony.challenge_id, options=ceremony.options)


@blueprint.post(PATH)
@access(Policy.PUBLIC)
def join() -> flask.typing.ResponseReturnValue:
    """Take the passkey; of two who come with one link at once, one joins."""
    forms.require_step_token(TRANSACTION, forms.Step.CONSOLE_JOIN)
    form = flask.request.form
    try:
        services().staff.passkeys.join(
            form.get("link", ""),
            cookies.ensure_browser_value(),
            form.get("challenge", ""),
            form.get("answer", ""),
            now=desk.now(),
        )
    except LinkOver:
        return page(_page(Problem(_over())), 410)
    except PasskeyRefused as refused:
        log.info("refused", extra={"error": "staff_passkey", "detail": str(refused)[:MAX_DETAIL]})
        words = _("The passkey could not be added. Open the link once more, and try again.")
        return page(_page(Problem(words)), 400)
    return flask.redirect(f"{desk.SIGN_IN}?joined", 303)


def _over() -> str:
    return _("This link is incomplete, was used, or is too old. Ask an administrator for a new one.")


def _page(problem: Problem | None = None) -> ConsoleJoinPage:
    return ConsoleJoinPage(forms.step_token(TRANSACTION, forms.Step.CONSOLE_JOIN), problem)
