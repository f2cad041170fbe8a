"""Whose account? The same answer for everybody: what is different goes to a mailbox or a telephone."""

from __future__ import annotations

import flask

from idp.accounts.names import is_forbidden
from idp.authn.throttle import TooManyAttempts
from idp.web import forms
from idp.web.access import Policy, access
from idp.web.locale import gettext as _
from idp.web.login.identifier import MAX_USERNAME
from idp.web.login.steps import address
from idp.web.pages.common import Problem
from idp.web.pages.recover import RecoverPage
from idp.web.recover import holding
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("recover", __name__)


@blueprint.get("/recover")
@access(Policy.PUBLIC)
def ask() -> flask.typing.ResponseReturnValue:
    """The one field; or straight on to where a recovery of this browser waits."""
    recovery = holding.current()
    if recovery is not None and recovery.is_open and recovery.anchors and "again" not in flask.request.args:
        return flask.redirect(holding.place_of(recovery), 303)
    return page(RecoverPage(holding.token(forms.Step.RECOVER)))


@blueprint.post("/recover")
@access(Policy.PUBLIC)
def take() -> flask.typing.ResponseReturnValue:
    """Begin, whether or not anybody has this name."""
    holding.require_token(forms.Step.RECOVER)
    username, now = flask.request.form.get("username", "").strip(), services().clock.now()
    if not 0 < len(username) <= MAX_USERNAME or any(map(is_forbidden, username)):
        return _again(username, _("Enter your user name, e-mail address or telephone number."), 400)
    try:
        begun = services().account_recovery.begin(username, address(), now=now)
    except TooManyAttempts as error:
        return _again(username, wait_words(error, now), 429)
    holding.keep(begun.value)
    return flask.redirect("/recover/anchors", 303)


def _again(username: str, words: str, status: int) -> flask.typing.ResponseReturnValue:
    problem = Problem(words, "username")
    return page(RecoverPage(holding.token(forms.Step.RECOVER), username[:MAX_USERNAME], problem), status)
