"""Step two: the password."""

from __future__ import annotations

from dataclasses import replace

import flask

from idp.accounts.names import normalise_identifier
from idp.authn.sign_in import WrongCredentials
from idp.authn.throttle import TooManyAttempts
from idp.oidc.authorization.transaction import Transaction
from idp.oidc.proofs import Method, Proof, Property
from idp.web import forms, presence, stepping_up, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card
from idp.web.locale import gettext as _
from idp.web.login import steps
from idp.web.pages.common import Problem
from idp.web.pages.sign_in import PasswordPage
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("login_password", __name__)


@blueprint.get("/login/password")
@access(Policy.TRANSACTION)
def ask_password() -> flask.typing.ResponseReturnValue:
    """Show the field, for every identifier, known or not."""
    transaction = _named_transaction(transactions.current())
    if not transaction.username:
        return steps.to("/login", transaction)
    return page(_page(transaction))


@blueprint.post("/login/password")
@access(Policy.TRANSACTION)
def take_password() -> flask.typing.ResponseReturnValue:
    """Check the password; then sign in, or go on to whatever else guards the account."""
    transaction = _named_transaction(steps.open_for(forms.Step.PASSWORD))
    if not transaction.username:
        return steps.to("/login", transaction)
    password, now = flask.request.form.get("password", ""), services().clock.now()
    try:
        account_id = services().password_sign_in.prove(
            transaction.username, password, steps.address(), now=now
        )
        transaction = _keep(transaction, account_id)
    except (WrongCredentials, steps.NoLongerUsable):
        steps.count_wrong_answer(transaction, _named(transaction.username))
        words = _("The user name or the password is not right. Check both and try again.")
        return page(_page(transaction, Problem(words, "password")), 400)
    except TooManyAttempts as error:
        return page(_page(transaction, Problem(wait_words(error, now), "password")), 429)
    return steps.go_on(transaction)


def _keep(transaction: Transaction, account_id: str) -> Transaction:
    """Everything that follows from a right password is one commit."""
    proof = Proof(Method.PASSWORD, services().clock.now(), frozenset({Property.KNOWLEDGE}))
    with services().database.transaction():
        services().password_sign_in.forgive(transaction.username, steps.address())
        return steps.keep(transaction, account_id, proof, Method.PASSWORD)


def _named_transaction(transaction: Transaction) -> Transaction:
    """With the name filled in where we know it: of somebody who is signed in and adds the password to that."""
    if transaction.username or not stepping_up.missing(transaction):
        return transaction
    here = presence.required()
    services().stores.transactions.set_username(transaction.id, here.owner.username)
    return replace(transaction, username=here.owner.username)


def _named(username: str) -> str | None:
    """Whose account that is, if anybody's; looked up either way, so that both cost the same."""
    account = services().stores.accounts.find_by_identifier(normalise_identifier(username))
    return account.id if account else None


def _page(transaction: Transaction, problem: Problem | None = None) -> PasswordPage:
    return PasswordPage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.PASSWORD),
        username=transaction.username,
        problem=problem,
    )
