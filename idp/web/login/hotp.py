"""A further proof: a code of the code device."""

from __future__ import annotations

import flask

from idp.authn.factors.codes import WrongCode
from idp.authn.factors.hotp import ID
from idp.authn.throttle import TooManyAttempts
from idp.oidc.authorization.transaction import Transaction
from idp.web import forms, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card
from idp.web.locale import gettext as _
from idp.web.login import steps, ways
from idp.web.pages.common import Problem
from idp.web.pages.one_time_codes import HotpPage
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("login_hotp", __name__)


@blueprint.get("/login/hotp")
@access(Policy.TRANSACTION)
def ask() -> flask.typing.ResponseReturnValue:
    """Ask for the six digits."""
    transaction = transactions.current()
    steps.whose(transaction)
    return page(_page(transaction))


@blueprint.post("/login/hotp")
@access(Policy.TRANSACTION)
def take() -> flask.typing.ResponseReturnValue:
    """Check the six digits and use up their counter."""
    transaction = steps.open_for(forms.Step.HOTP)
    account_id, now = steps.whose(transaction), services().clock.now()
    try:
        proof = services().hotp.check(
            account_id, flask.request.form.get("code", ""), steps.address(), now=now
        )
        return steps.proved(transaction, account_id, proof, ID)
    except (WrongCode, steps.NoLongerUsable):
        steps.count_wrong_answer(transaction, account_id)
        words = _(
            "That code is not right or was used already. Press the button again and enter the new code."
        )
        return page(_page(transaction, Problem(words, "code")), 400)
    except TooManyAttempts as error:
        return page(_page(transaction, Problem(wait_words(error, now), "code")), 429)


def _page(transaction: Transaction, problem: Problem | None = None) -> HotpPage:
    return HotpPage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.HOTP),
        has_other_ways=ways.has_others(transaction),
        problem=problem,
    )
