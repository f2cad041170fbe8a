"""The code from the counter: two officers agreed, the person enters it and goes straight on."""

from __future__ import annotations

import flask

from idp.authn.factors.codes import WrongCode
from idp.authn.throttle import TooManyAttempts
from idp.web import forms
from idp.web.access import Policy, access
from idp.web.locale import gettext as _
from idp.web.login.identifier import MAX_USERNAME
from idp.web.login.steps import address
from idp.web.pages.common import Problem
from idp.web.pages.recover import RecoverCounterPage
from idp.web.recover import holding
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("recover_counter", __name__)


@blueprint.get("/recover/counter")
@access(Policy.PUBLIC)
def ask() -> flask.typing.ResponseReturnValue:
    """The two fields."""
    return page(_page())


@blueprint.post("/recover/counter")
@access(Policy.PUBLIC)
def take() -> flask.typing.ResponseReturnValue:
    """Use the code up. There is no waiting: two people have looked."""
    holding.require_token(forms.Step.RECOVER_COUNTER)
    form, now = flask.request.form, services().clock.now()
    username = form.get("username", "").strip()[:MAX_USERNAME]
    try:
        taken = services().counter_visits.take_over(username, form.get("code", ""), address(), now=now)
    except WrongCode:
        words = _("The name or the code is not right, or the code is older than 10 minutes.")
        return page(_page(username, Problem(words, "code")), 400)
    except TooManyAttempts as error:
        return page(_page(username, Problem(wait_words(error, now), "code")), 429)
    holding.keep(taken.value)
    return flask.redirect("/recover/finish", 303)


def _page(username: str = "", problem: Problem | None = None) -> RecoverCounterPage:
    return RecoverCounterPage(holding.token(forms.Step.RECOVER_COUNTER), username, problem)
