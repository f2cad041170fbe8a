"""Step three, when enrolled or asked for: a code of the authenticator app, or a recovery code."""

from __future__ import annotations

from collections.abc import Callable

import flask

from idp.authn.sign_in import WrongCode
from idp.authn.throttle import TooManyAttempts
from idp.oidc.authorization.transaction import Transaction
from idp.oidc.proofs import Method, Proof, Property
from idp.web import forms, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card
from idp.web.locale import gettext as _
from idp.web.login import steps, ways
from idp.web.pages.common import Problem
from idp.web.pages.sign_in import RecoveryCodePage, SecondFactorNeededPage, TotpPage
from idp.web.problems import PageExpired
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("login_second_factor", __name__)

FactorPage = TotpPage | RecoveryCodePage


@blueprint.get("/login/totp")
@access(Policy.TRANSACTION)
def ask_totp() -> flask.typing.ResponseReturnValue:
    """Ask for the six digits."""
    transaction = transactions.current()
    steps.whose(transaction)
    return page(_totp_page(transaction))


@blueprint.post("/login/totp")
@access(Policy.TRANSACTION)
def take_totp() -> flask.typing.ResponseReturnValue:
    """Check the six digits and use up their time step."""
    transaction = steps.open_for(forms.Step.TOTP)
    words = _("That code is not right or was used already. Wait for the next one and enter it.")
    proof = Proof(Method.TOTP, services().clock.now(), frozenset({Property.POSSESSION}))
    return _take(transaction, services().second_factor.check_totp, proof, _totp_page, words)


@blueprint.get("/login/recovery-code")
@access(Policy.TRANSACTION)
def ask_recovery_code() -> flask.typing.ResponseReturnValue:
    """For somebody without their telephone."""
    transaction = transactions.current()
    steps.whose(transaction)
    return page(_recovery_page(transaction))


@blueprint.post("/login/recovery-code")
@access(Policy.TRANSACTION)
def take_recovery_code() -> flask.typing.ResponseReturnValue:
    """Check a recovery code and use it up."""
    transaction = steps.open_for(forms.Step.RECOVERY_CODE)
    words = _("That recovery code is not right or was used already. Try another one.")
    proof = Proof(Method.RECOVERY_CODE, services().clock.now(), frozenset({Property.RECOVERY}))
    return _take(transaction, services().second_factor.check_recovery_code, proof, _recovery_page, words)


@blueprint.get("/login/second-factor")
@access(Policy.TRANSACTION)
def explain_second_factor() -> flask.typing.ResponseReturnValue:
    """The app insists on a second factor and the person has none."""
    transaction = transactions.current()
    card = app_card(transactions.examined_request(transaction))
    if card is None:
        raise PageExpired(transactions.begin_again(transaction))
    token = forms.step_token(transaction.id, forms.Step.SECOND_FACTOR_NEEDED)
    return page(SecondFactorNeededPage(card, transaction.id, token))


def _take(
    transaction: Transaction,
    check: Callable[..., None],
    proof: Proof,
    again: Callable[[Transaction, Problem], FactorPage],
    wrong_words: str,
) -> flask.typing.ResponseReturnValue:
    account_id = steps.whose(transaction)
    authenticator_id = proof.method if proof.method is Method.TOTP else ""
    try:
        check(account_id, flask.request.form.get("code", ""), steps.address(), now=proof.at)
        return steps.proved(transaction, account_id, proof, authenticator_id)
    except (WrongCode, steps.NoLongerUsable):
        steps.count_wrong_answer(transaction, account_id)
        return page(again(transaction, Problem(wrong_words, "code")), 400)
    except TooManyAttempts as error:
        return page(again(transaction, Problem(wait_words(error, proof.at), "code")), 429)


def _totp_page(transaction: Transaction, problem: Problem | None = None) -> TotpPage:
    return TotpPage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.TOTP),
        has_other_ways=ways.has_others(transaction),
        problem=problem,
    )


def _recovery_page(transaction: Transaction, problem: Problem | None = None) -> RecoveryCodePage:
    return RecoveryCodePage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.RECOVERY_CODE),
        problem=problem,
    )
