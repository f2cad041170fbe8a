"""Signing in with a passkey: without a user name, after another factor, or to step up."""

from __future__ import annotations

import logging

import flask

from idp.authn.factors.passkey_options import encode
from idp.authn.factors.passkey_values import PasskeyRefused, Shown, UnknownPasskey
from idp.foundation.identifiers import digest
from idp.oidc.authorization.transaction import Transaction
from idp.web import cookies, forms, passkey_alarms, stepping_up, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card
from idp.web.locale import gettext as _
from idp.web.login import steps
from idp.web.pages.common import Problem
from idp.web.pages.passkeys import PasskeyPage
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("login_passkey", __name__)
log = logging.getLogger(__name__)

MAX_DETAIL = 200
"""Characters of a refusal that go to the log: the library quotes what it was sent."""


@blueprint.get("/login/passkey")
@access(Policy.TRANSACTION)
def ask_passkey() -> flask.typing.ResponseReturnValue:
    """The page with the one button."""
    return page(_page(transactions.current()))


@blueprint.post("/login/passkey/options")
@access(Policy.TRANSACTION)
def ask_browser() -> flask.typing.ResponseReturnValue:
    """The question for the browser. Before we know who it is, the same for everybody (no enumeration)."""
    transaction = _opened()
    ceremony = services().passkeys.begin_sign_in(
        _bound_to(transaction), _asked(transaction), now=services().clock.now()
    )
    return flask.jsonify(challenge=ceremony.challenge_id, options=ceremony.options)


@blueprint.post("/login/passkey")
@access(Policy.TRANSACTION)
def take_passkey() -> flask.typing.ResponseReturnValue:
    """Check what the browser answered; then sign in, or go on to what is still missing."""
    transaction = _opened()
    try:
        shown = _checked(transaction)
        return steps.proved(transaction, shown.account_id, shown.proof, shown.authenticator_id)
    except UnknownPasskey as error:
        forget = encode(error.credential_id) if error.is_ours else None
        return _refuse(transaction, error, _unknown_words(error), forget)
    except (PasskeyRefused, steps.NoLongerUsable) as error:
        words = _("That did not work with this passkey. Try again, or choose another way to sign in.")
        return _refuse(transaction, error, words)


def _opened() -> Transaction:
    transaction = transactions.current()
    # The first page asks too, for the passkeys that the browser offers at the user name.
    forms.require_any_step(transaction.id)
    return transaction


def _checked(transaction: Transaction) -> Shown:
    form = flask.request.form
    with passkey_alarms.raised():
        return services().passkeys.complete_sign_in(
            form.get("challenge", ""),
            _bound_to(transaction),
            form.get("answer", ""),
            now=services().clock.now(),
        )


def _asked(transaction: Transaction) -> str | None:
    """Who is asked: whoever proved something already, else anybody."""
    return steps.whose(transaction) if _is_further(transaction) else None


def _is_further(transaction: Transaction) -> bool:
    return transaction.proved is not None or bool(stepping_up.missing(transaction))


def _bound_to(transaction: Transaction) -> bytes:
    return digest(f"{transaction.id} {cookies.ensure_browser_value()}")


def _unknown_words(error: UnknownPasskey) -> str:
    if error.is_ours:
        return _("This passkey is no longer in use here. Choose another one, or another way to sign in.")
    return _("This passkey does not belong to an account of this region. Choose another one, or another way.")


def _refuse(
    transaction: Transaction, error: Exception, words: str, forget: str | None = None
) -> flask.typing.ResponseReturnValue:
    log.info("refused", extra={"error": "passkey", "detail": str(error)[:MAX_DETAIL]})
    steps.count_wrong_answer(transaction, None)
    return page(_page(transaction, Problem(words), forget), 400)


def _page(transaction: Transaction, problem: Problem | None = None, forget: str | None = None) -> PasskeyPage:
    return PasskeyPage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.PASSKEY),
        is_further=_is_further(transaction),
        rp_id=services().passkeys.rp.id,
        forget=forget,
        problem=problem,
    )
