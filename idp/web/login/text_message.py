"""A further proof: a code by text message. It is sent when the person asks for it, never because a page was opened."""

from __future__ import annotations

from urllib.parse import urlencode

import flask

from idp.authn.challenges import ChallengePurpose
from idp.authn.factors.codes import WrongCode
from idp.authn.factors.text_message import ID, NoNumber
from idp.authn.message_codes import CodeOver
from idp.authn.messages import Channel
from idp.authn.throttle import TooManyAttempts
from idp.oidc.authorization.transaction import Transaction
from idp.web import binding, forms, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card
from idp.web.locale import gettext as _
from idp.web.login import steps, ways
from idp.web.message_words import ask_again_words, code_words, ending_of
from idp.web.pages.common import Problem
from idp.web.pages.one_time_codes import TextMessagePage
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("login_text_message", __name__)

PATH = "/login/text-message"


@blueprint.get(PATH)
@access(Policy.TRANSACTION)
def ask() -> flask.typing.ResponseReturnValue:
    """Offer to send a code, or ask for the one that was sent."""
    transaction = transactions.current()
    return page(_page(transaction, steps.whose(transaction), _challenge()))


@blueprint.post(f"{PATH}/send")
@access(Policy.TRANSACTION)
def send() -> flask.typing.ResponseReturnValue:
    """Send a code; it takes the place of the one before."""
    transaction = steps.open_for(forms.Step.TEXT_MESSAGE)
    account_id, now = steps.whose(transaction), services().clock.now()
    card = app_card(transactions.examined_request(transaction))
    words = code_words(Channel.SMS, ChallengePurpose.TEXT_MESSAGE_SIGN_IN, card.name if card else "")
    try:
        challenge = services().text_messages.begin_sign_in(
            account_id, binding.asker(transaction.id), words, instead_of=_challenge(), now=now
        )
    except NoNumber:
        return page(_page(transaction, account_id, ""), 400)
    except TooManyAttempts as error:
        problem = Problem(ask_again_words(error, now))
        return page(_page(transaction, account_id, _challenge(), problem), 429)
    query = urlencode({"transaction": transaction.id, "challenge": challenge})
    return flask.redirect(f"{PATH}?{query}", 303)


@blueprint.post(PATH)
@access(Policy.TRANSACTION)
def take() -> flask.typing.ResponseReturnValue:
    """Check the code and use it up."""
    transaction = steps.open_for(forms.Step.TEXT_MESSAGE)
    account_id, now = steps.whose(transaction), services().clock.now()
    code, asker = flask.request.form.get("code", ""), binding.asker(transaction.id)
    try:
        proof = services().text_messages.check(account_id, _challenge(), code, asker, now=now)
        return steps.proved(transaction, account_id, proof, ID)
    except WrongCode:
        steps.count_wrong_answer(transaction, account_id)
        problem = Problem(_("That code is not right. Check the newest message and enter it again."), "code")
        return page(_page(transaction, account_id, _challenge(), problem), 400)
    except (CodeOver, NoNumber, steps.NoLongerUsable):
        problem = Problem(_("That code has expired or was used already. Ask for a new one."))
        return page(_page(transaction, account_id, "", problem), 400)
    except TooManyAttempts as error:
        problem = Problem(wait_words(error, now), "code")
        return page(_page(transaction, account_id, _challenge(), problem), 429)


def _challenge() -> str:
    return flask.request.values.get("challenge", "")


def _page(
    transaction: Transaction, account_id: str, challenge: str, problem: Problem | None = None
) -> TextMessagePage:
    return TextMessagePage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.TEXT_MESSAGE),
        number=_number(account_id),
        challenge=challenge,
        has_other_ways=ways.has_others(transaction),
        problem=problem,
    )


def _number(account_id: str) -> str:
    """The end of the number that codes go to; empty when none can be sent."""
    if not services().post.can_send(Channel.SMS):
        return ""
    try:
        return ending_of(services().text_messages.number_of(account_id))
    except NoNumber:
        return ""
