"""What the sign-in pages share: opening the transaction, counting wrong answers, being done."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import flask

from idp.authn.authenticators import Use
from idp.foundation.events import Event, EventKind
from idp.oidc.authorization.transaction import Proved, Transaction
from idp.oidc.proofs import Method, Proof, merged
from idp.web import cookies, counting, flow, forms, presence, sessions, stepping_up, transactions
from idp.web.login import offers
from idp.web.problems import PageExpired, TooManyWrongAnswers
from idp.web.services import services
from idp.web.sessions import MAX_USER_AGENT

MAX_WRONG_ANSWERS = 6
"""A sign-in dies with its sixth wrong answer; the throttle counts across sign-ins."""


class NoLongerUsable(Exception):
    """This authenticator was suspended or removed, or its account is switched off: pages answer as to a wrong one."""


def open_for(step: forms.Step) -> Transaction:
    """The transaction of a form sent from `step`. Raises: PageExpired, OtherBrowser, CrossSiteForm."""
    transaction = transactions.current()
    forms.require_step_token(transaction.id, step)
    return transaction


def to(path: str, transaction: Transaction) -> flask.typing.ResponseReturnValue:
    """Go on to another page of the same sign-in."""
    return flask.redirect(address_of(path, transaction), 303)


def address_of(path: str, transaction: Transaction, **more: str) -> str:
    """The local address of another page of the same sign-in."""
    return f"{path}?{urlencode({'transaction': transaction.id, **more})}"


def whose(transaction: Transaction) -> str:
    """The account that a further proof is for: what came first was right just now, or its owner steps up.

    Raises: PageExpired — neither, so there is nothing to continue.
    """
    if transaction.proved is not None:
        return transaction.proved.account_id
    here = presence.current()
    if here is None or not stepping_up.missing(transaction):
        raise PageExpired(transactions.begin_again(transaction))
    return here.session.account_id


def proved(
    transaction: Transaction, account_id: str, proof: Proof, authenticator_id: str = ""
) -> flask.typing.ResponseReturnValue:
    """The one way in which a factor's page ends: keep what was proved, then go wherever that leads.

    `authenticator_id` is empty for what is not enrolled as one (a recovery code).
    Raises: NoLongerUsable — and nothing is kept; PageExpired — a proof that needs another one came alone.
    """
    with services().database.transaction():
        transaction = keep(transaction, account_id, proof, authenticator_id)
    return go_on(transaction)


def keep(transaction: Transaction, account_id: str, proof: Proof, authenticator_id: str) -> Transaction:
    """The first half of `proved`, for a caller who makes it one commit with something else."""
    if authenticator_id:
        use = Use(proof.at, address(), flask.request.headers.get("User-Agent", "")[:MAX_USER_AGENT])
        if not services().stores.authenticators.use(account_id, authenticator_id, use):
            raise NoLongerUsable
    here = presence.current()
    if here is not None and here.session.account_id == account_id and stepping_up.missing(transaction):
        session = sessions.step_up(here, merged(here.session.proofs, proof))
        # A step-up proves less than a sign-in: a wish to prove everything again stays open (prompt=login, max_age).
        return transactions.proved(transaction, session.id) if transaction.session_id else transaction
    return _sign_in(transaction, account_id, proof)


def go_on(transaction: Transaction) -> flask.typing.ResponseReturnValue:
    """The second half of `proved`, once it is committed."""
    if transaction.proved:
        return to("/login/ways", transaction)
    return to("/login/passkey-offer", transaction) if offers.is_due(transaction) else flow.resume(transaction)


def _sign_in(transaction: Transaction, account_id: str, proof: Proof) -> Transaction:
    before, now = transaction.proved, services().clock.now()
    shown = merged(before.proofs if before and before.account_id == account_id else (), proof)
    if not services().assurance.opens(shown, now=now):
        raise PageExpired(transactions.begin_again(transaction))
    if services().assurance.owed(shown, services().stores.authenticators.of(account_id)):
        waiting = Proved(account_id, shown)
        services().stores.transactions.set_proved(transaction.id, waiting)
        return replace(transaction, proved=waiting)
    cookies.remember_way(_way(shown))
    session = sessions.sign_in(account_id, merged(_earlier(account_id), *shown))
    return transactions.proved(transaction, session.id)


def _earlier(account_id: str) -> tuple[Proof, ...]:
    """What the same person proved in this browser before; the policy says for how long it counts."""
    here = presence.current()
    return here.session.proofs if here is not None and here.session.account_id == account_id else ()


def _way(shown: tuple[Proof, ...]) -> Method:
    return shown[0].method


def count_wrong_answer(transaction: Transaction, account_id: str | None) -> None:
    """`account_id` is whose sign-in was guessed at, for the audit trail alone.

    Raises: TooManyWrongAnswers — this was the last one.
    """
    now = services().clock.now()
    counting.answered_wrong(transaction)
    services().stores.events.record(
        Event(EventKind.SIGN_IN_REFUSED, now, account_id=account_id, subject=address())
    )
    if services().stores.transactions.count_wrong_answer(transaction.id) >= MAX_WRONG_ANSWERS:
        services().stores.transactions.cancel(transaction.id, now=now)
        raise TooManyWrongAnswers(transactions.begin_again(transaction))


def address() -> str:
    """The client's network address, as far as it may be believed (`idp.web.proxy`)."""
    return flask.request.remote_addr or ""
