"""The voice, as an extra sign beside another factor. Yes or no; never how like, and never worth a level."""

from __future__ import annotations

import flask

from idp.authn.factors.voice import AUTHENTICATOR_ID, Question
from idp.authn.factors.voice_values import LONGEST_ANSWER, NotEnrolled, OtherVoice, QuestionOver, Unheard
from idp.authn.throttle import TooManyAttempts
from idp.oidc.authorization.transaction import Transaction
from idp.oidc.proofs import Method
from idp.web import forms, transactions
from idp.web.access import Policy, access
from idp.web.binding import bound_to
from idp.web.cards import app_card
from idp.web.headers import allow_device
from idp.web.locale import gettext as _
from idp.web.login import steps, ways
from idp.web.pages.common import Problem
from idp.web.pages.voice import VoicePage
from idp.web.render import page
from idp.web.services import services
from idp.web.voice_forms import fault_words, let_recordings_in, recording, seconds, spoken_digits, voices
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("login_voice", __name__)
blueprint.url_value_preprocessor(let_recordings_in)


@blueprint.get("/login/voice")
@access(Policy.TRANSACTION)
def ask_voice() -> flask.typing.ResponseReturnValue:
    """Show fresh digits; the microphone starts when the person says so."""
    voices()
    transaction = transactions.current()
    return page(_page(transaction, steps.whose(transaction)))


@blueprint.post("/login/voice")
@access(Policy.TRANSACTION)
def take_recording() -> flask.typing.ResponseReturnValue:
    """Was it them, saying these digits? Every answer, right or wrong, uses the digits up."""
    voices()
    transaction = steps.open_for(forms.Step.VOICE)
    account_id, now = steps.whose(transaction), services().clock.now()
    try:
        proof = voices().verify(
            account_id,
            flask.request.form.get("challenge", ""),
            recording("recording"),
            bound_to(transaction.id),
            steps.address(),
            now=now,
        )
        return steps.proved(transaction, account_id, proof, AUTHENTICATOR_ID)
    except (OtherVoice, steps.NoLongerUsable):
        steps.count_wrong_answer(transaction, account_id)
        words = _("We could not recognise you. Here are new digits: read just these, or choose another way.")
    except Unheard as error:
        words = fault_words(error.fault)
    except (QuestionOver, NotEnrolled):
        words = _("Those digits have expired or were used already. Here are new ones.")
    except TooManyAttempts as error:
        return page(_page(transaction, account_id, Problem(wait_words(error, now))), 429)
    return page(_page(transaction, account_id, Problem(words)), 400)


def _page(transaction: Transaction, account_id: str, problem: Problem | None = None) -> VoicePage:
    allow_device("microphone")
    question = _question(transaction, account_id)
    others = [line for line in ways.further(transaction) if line.method is not Method.VOICE]
    return VoicePage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.VOICE),
        challenge=question.id if question else "",
        digits=spoken_digits(question.digits, question.spoken) if question else None,
        seconds=seconds(LONGEST_ANSWER),
        other_ways_href=steps.address_of("/login/ways", transaction) + "&all" if others else None,
        problem=problem,
    )


def _question(transaction: Transaction, account_id: str) -> Question | None:
    """Fresh digits; None for somebody whose voice is not set up, suspended, or of another engine."""
    try:
        return voices().ask(account_id, bound_to(transaction.id), now=services().clock.now())
    except NotEnrolled:
        return None
