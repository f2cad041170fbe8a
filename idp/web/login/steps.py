"""What the sign-in pages share: opening the transaction, counting wrong answers, being done."""

from __future__ import annotations

from urllib.parse import urlencode

import flask

from idp.authn.assurance import Proof
from idp.foundation.events import Event, EventKind
from idp.oidc.authorization.transaction import Transaction
from idp.web import flow, forms, presence
from idp.web.problems import TooManyWrongAnswers
from idp.web.services import services

MAX_WRONG_ANSWERS = 6
"""A sign-in dies with its sixth wrong answer; the throttle counts across sign-ins."""


def open_for(step: forms.Step) -> Transaction:
    """The transaction of a form sent from `step`. Raises: PageExpired, OtherBrowser, CrossSiteForm."""
    transaction = flow.open_transaction()
    forms.require_step_token(transaction.id, step)
    return transaction


def to(path: str, transaction: Transaction) -> flask.typing.ResponseReturnValue:
    """Go on to another page of the same sign-in."""
    return flask.redirect(f"{path}?{urlencode({'transaction': transaction.id})}", 303)


def signed_in(transaction: Transaction, account_id: str, methods: frozenset[str]) -> Transaction:
    """Everything owed is proved: open the session. The caller makes it one commit with what it proved."""
    session = presence.sign_in(account_id, Proof.of(methods))
    return flow.proved(transaction, session.id)


def count_wrong_answer(transaction: Transaction, account_id: str | None) -> None:
    """`account_id` is whose sign-in was guessed at, for the audit trail alone.

    Raises: TooManyWrongAnswers — this was the last one.
    """
    now = services().clock.now()
    services().stores.events.record(Event(EventKind.SIGN_IN_REFUSED, now, account_id=account_id))
    if services().stores.transactions.count_wrong_answer(transaction.id) >= MAX_WRONG_ANSWERS:
        services().stores.transactions.cancel(transaction.id, now=now)
        raise TooManyWrongAnswers(flow.begin_again(transaction))


def address() -> str:
    """The client's network address, as far as it may be believed (`idp.web.proxy`)."""
    return flask.request.remote_addr or ""
