"""After a password: would you like a passkey? Seldom asked, skipped with one press, and the task goes on either way."""

from __future__ import annotations

import flask

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.authn.session import Presence
from idp.oidc.authorization.transaction import Transaction
from idp.web import flow, forms, presence, transactions
from idp.web.access import Policy, access
from idp.web.account import passkeys
from idp.web.cards import app_card
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.passkeys import PasskeyOfferPage
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("login_passkey_offer", __name__)


@blueprint.get("/login/passkey-offer")
@access(Policy.TRANSACTION)
def offer() -> flask.typing.ResponseReturnValue:
    """Show it, and remember that it was shown."""
    transaction = transactions.current()
    here = _here(transaction)
    if here is None:
        return flow.resume(transaction)
    services().stores.passkey_offers.note(here.session.account_id, now=services().clock.now())
    return page(_page(transaction))


@blueprint.post("/login/passkey-offer")
@access(Policy.TRANSACTION)
def answer() -> flask.typing.ResponseReturnValue:
    """Skip it, or enrol what the browser made. Whatever comes of it, the sign-in goes on."""
    transaction = transactions.current()
    forms.require_step_token(transaction.id, forms.Step.PASSKEY_OFFER)
    here = _here(transaction)
    if here is None:
        return flow.resume(transaction)
    if "skip" in flask.request.form:
        services().stores.passkey_offers.skip(here.session.account_id)
        return flow.resume(transaction)
    try:
        passkeys.enrol(here)
    except PasskeyRefused:
        words = _("The passkey could not be added. You can try again, or skip it for now.")
        return page(_page(transaction, Problem(words)), 400)
    return flow.resume(transaction)


def _here(transaction: Transaction) -> Presence | None:
    """Whoever signed in within this transaction, while they may change what guards their account."""
    here = presence.current()
    if here is None or transaction.session_id != here.session.id or not presence.is_recent(here):
        return None
    return here


def _page(transaction: Transaction, problem: Problem | None = None) -> PasskeyOfferPage:
    return PasskeyOfferPage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.PASSKEY_OFFER),
        csrf_token=forms.csrf_token(),
        problem=problem,
    )
