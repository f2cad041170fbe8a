"""The transaction that a page belongs to: begun in this browser, found by its id, and what has been done in it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import flask

from idp.foundation.identifiers import Kind, digest, is_kind, new_value
from idp.oidc.authorization.examine import ExaminedRequest, examine
from idp.oidc.authorization.next_step import Progress
from idp.oidc.authorization.transaction import Transaction, TransactionPurpose, TransactionState
from idp.oidc.parameters import Parameters
from idp.web import cookies
from idp.web.headers import allow_form_redirect
from idp.web.locale import prefer_locales
from idp.web.problems import OtherBrowser, PageExpired
from idp.web.services import services


def begin(
    purpose: TransactionPurpose,
    parameters: Parameters,
    return_path: str,
    *,
    pushed_digest: bytes | None = None,
) -> str:
    """Keep a request, or a visit to the account, until its pages are through; returns its id."""
    now = services().clock.now()
    transaction = Transaction(
        id=new_value(Kind.TRANSACTION, services().entropy),
        purpose=purpose,
        parameters=parameters,
        return_path=return_path,
        state=TransactionState.PENDING,
        browser_digest=digest(cookies.ensure_browser_value()),
        created_at=now,
        expires_at=now + services().settings.transaction_lifetime,
        pushed_digest=pushed_digest,
    )
    services().stores.transactions.add(transaction)
    return transaction.id


def current() -> Transaction:
    """The transaction that this page belongs to. Raises: PageExpired, OtherBrowser."""
    return pending(flask.request.values.get("transaction", ""))


def pending(transaction_id: str) -> Transaction:
    """A transaction that is pending, in time, and begun in this browser. Raises: PageExpired, OtherBrowser."""
    found = (
        services().stores.transactions.find(transaction_id)
        if is_kind(Kind.TRANSACTION, transaction_id)
        else None
    )
    if found is None:
        raise PageExpired
    browser = cookies.browser_value()
    if browser is None or digest(browser) != found.browser_digest:
        raise OtherBrowser
    if found.state is not TransactionState.PENDING or found.expires_at <= services().clock.now():
        raise PageExpired(begin_again(found))
    return found


def begin_again(transaction: Transaction) -> str | None:
    """A local address that starts the same sign-in afresh; the request is examined anew there.

    None where only the app can: a pushed request counts once, and its address is its own.
    """
    if transaction.purpose is TransactionPurpose.ACCOUNT:
        return transaction.return_path
    if transaction.pushed_digest is not None:
        return None
    return f"/authorize?{urlencode(transaction.parameters.pairs())}"


def examined_request(transaction: Transaction) -> ExaminedRequest | None:
    """The mini-app's request, examined again; None when the person only visits their account.

    Raises: PageError, RedirectError — the registration changed meanwhile.
    """
    if transaction.purpose is TransactionPurpose.ACCOUNT:
        return None
    examined = examine(transaction.parameters, services().clients)
    # Also when the page is only shown: its form's answer may lead straight back to the app.
    allow_form_redirect(examined.target.uri)
    prefer_locales(examined.request.ui_locales)
    return examined


def progress_of(transaction: Transaction) -> Progress:
    """What has been done within the transaction."""
    return Progress(transaction.session_id, transaction.consented)


def proved(transaction: Transaction, session_id: str) -> Transaction:
    """Remember that the person proved themselves within this transaction; returns it as it is now."""
    services().stores.transactions.set_session(transaction.id, session_id)
    is_same = transaction.session_id == session_id
    return replace(
        transaction, session_id=session_id, proved=None, consented=transaction.consented and is_same
    )


def agreed(transaction: Transaction) -> Transaction:
    """Remember that the person agreed within this transaction; returns it as it is now."""
    services().stores.transactions.set_consented(transaction.id)
    return replace(transaction, consented=True)
