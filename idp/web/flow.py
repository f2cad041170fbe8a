"""The way through a sign-in: from a request, or from a step just finished, to whatever comes next.

Every page comes back to `resume`. The decision is `idp.oidc.authorization.next_step`; here it is only carried out.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import flask

from idp.authn.session import Presence
from idp.foundation.identifiers import Kind, digest, is_kind, new_value
from idp.oidc.acr import AcrNames
from idp.oidc.authorization.examine import ExaminedRequest, examine
from idp.oidc.authorization.next_step import (
    Agreed,
    AskConsent,
    EnrolSecondFactor,
    NextStep,
    Progress,
    Refuse,
    Respond,
    SignedIn,
    SignIn,
    StepUp,
    next_step,
)
from idp.oidc.authorization.refusal import RedirectError
from idp.oidc.authorization.transaction import Transaction, TransactionPurpose, TransactionState
from idp.oidc.errors import ProtocolError
from idp.oidc.parameters import Parameters
from idp.web import cookies, presence
from idp.web.answer import respond
from idp.web.headers import allow_form_redirect
from idp.web.locale import prefer_locales
from idp.web.problems import OtherBrowser, PageExpired
from idp.web.services import services


def begin(parameters: Parameters) -> flask.typing.ResponseReturnValue:
    """Answer a fresh authorization request: with a code at once where nothing needs asking, else with a page.

    Raises: PageError, RedirectError.
    """
    examined = examine(parameters, services().clients)
    here = presence.current(examined.client)
    step = decide(examined, here, Progress())
    if isinstance(step, Respond):
        assert here is not None
        return respond(examined, here, step)
    if isinstance(step, Refuse):
        raise RedirectError(examined.target, step.error)
    transaction_id = _store(TransactionPurpose.AUTHORIZATION, parameters, "")
    return _show(step, transaction_id)


def begin_account_sign_in() -> flask.typing.ResponseReturnValue:
    """Send somebody who opened an account page to sign in first, and back to that page afterwards."""
    is_get = flask.request.method == "GET"
    return_path = flask.request.full_path.rstrip("?") if is_get else "/account"
    transaction_id = _store(TransactionPurpose.ACCOUNT, Parameters({}), return_path)
    return _to("/login", transaction_id)


def open_transaction() -> Transaction:
    """The transaction that this page belongs to: pending, in time, and begun in this browser.

    Raises: PageExpired, OtherBrowser.
    """
    transaction_id = flask.request.values.get("transaction", "")
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


def begin_again(transaction: Transaction) -> str:
    """A local address that starts the same sign-in afresh; the request is examined anew there."""
    if transaction.purpose is TransactionPurpose.ACCOUNT:
        return transaction.return_path
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


def proved(transaction: Transaction, session_id: str) -> Transaction:
    """Remember that the person proved themselves within this transaction; returns it as it is now."""
    services().stores.transactions.set_session(transaction.id, session_id)
    is_same = transaction.session_id == session_id
    return replace(
        transaction, session_id=session_id, first_factor=None, consented=transaction.consented and is_same
    )


def agreed(transaction: Transaction) -> Transaction:
    """Remember that the person agreed within this transaction; returns it as it is now."""
    services().stores.transactions.set_consented(transaction.id)
    return replace(transaction, consented=True)


def resume(transaction: Transaction) -> flask.typing.ResponseReturnValue:
    """Go on after a step was finished."""
    examined = examined_request(transaction)
    if examined is None:
        return _resume_account(transaction)
    here = presence.current(examined.client)
    step = decide(examined, here, Progress(transaction.session_id, transaction.consented))
    if isinstance(step, Refuse):
        return refuse(transaction, examined, step.error)
    if isinstance(step, Respond):
        assert here is not None
        return respond(examined, here, step, transaction)
    return _show(step, transaction.id)


def refuse(
    transaction: Transaction, examined: ExaminedRequest, error: ProtocolError
) -> flask.typing.ResponseReturnValue:
    """End the transaction and tell the mini-app why."""
    if not services().stores.transactions.cancel(transaction.id, now=services().clock.now()):
        raise PageExpired
    raise RedirectError(examined.target, error)


def decide(examined: ExaminedRequest, here: Presence | None, progress: Progress) -> NextStep:
    """Ask the protocol what happens next. Raises: RedirectError — the id_token_hint is not ours."""
    acr: AcrNames = services().acr
    standing = here.standing if here else None
    agreed = Agreed(standing.agreed_scopes, standing.agreed_claims) if standing else Agreed()
    return next_step(
        examined.request,
        examined.client,
        progress,
        _signed_in(here),
        agreed,
        acr,
        now=services().clock.now(),
        hinted_subject=_hinted_subject(examined),
    )


def _hinted_subject(examined: ExaminedRequest) -> str | None:
    """Spec: OpenID Connect Core §3.1.2.1 (id_token_hint), §3.1.2.2 (aud need not be checked, but the issuer must)."""
    hint = examined.request.id_token_hint
    if hint is None:
        return None
    try:
        return str(services().verifier.id_token_hint(hint)["sub"])
    except ProtocolError as error:
        raise RedirectError(examined.target, error) from error


def _signed_in(here: Presence | None) -> SignedIn | None:
    if here is None:
        return None
    session, standing = here.session, here.standing
    return SignedIn(
        session_id=session.id,
        auth_time=session.auth_time,
        level=session.level,
        has_second_factor=here.owner.has_totp,
        subject=standing.subject if standing else None,
    )


def _resume_account(transaction: Transaction) -> flask.typing.ResponseReturnValue:
    here = presence.current()
    if here is None or transaction.session_id != here.session.id:
        return _to("/login", transaction.id)
    if not services().stores.transactions.finish(transaction.id, now=services().clock.now()):
        raise PageExpired
    return flask.redirect(transaction.return_path, 303)


def _show(step: NextStep, transaction_id: str) -> flask.typing.ResponseReturnValue:
    match step:
        case SignIn():
            return _to("/login", transaction_id)
        case StepUp():
            return _to("/login/totp", transaction_id)
        case EnrolSecondFactor():
            return _to("/login/second-factor", transaction_id)
        case AskConsent():
            return _to("/consent", transaction_id)
        case Respond() | Refuse():
            raise AssertionError("answered before a page is chosen")


def _to(path: str, transaction_id: str) -> flask.typing.ResponseReturnValue:
    return flask.redirect(f"{path}?{urlencode({'transaction': transaction_id})}", 303)


def _store(purpose: TransactionPurpose, parameters: Parameters, return_path: str) -> str:
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
    )
    services().stores.transactions.add(transaction)
    return transaction.id
