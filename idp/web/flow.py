"""The way through a sign-in: from a request, or from a step just finished, to whatever comes next.

Every page comes back to `resume`. The decision is `idp.oidc.authorization.next_step`; here it is only carried out.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import flask

from idp.authn.authenticators import Authenticator
from idp.authn.session import Presence
from idp.foundation.identifiers import Kind, digest, is_kind, new_value
from idp.oidc.acr import AcrNames
from idp.oidc.authorization.examine import ExaminedRequest, examine
from idp.oidc.authorization.next_step import (
    Agreed,
    AskConsent,
    Enrol,
    NextStep,
    Progress,
    Refuse,
    Respond,
    SignedIn,
    SignIn,
    StepUp,
    next_step,
    wanted_level,
)
from idp.oidc.authorization.refusal import RedirectError
from idp.oidc.authorization.transaction import Transaction, TransactionPurpose, TransactionState
from idp.oidc.errors import ProtocolError
from idp.oidc.parameters import Parameters
from idp.oidc.proofs import Method
from idp.oidc.vocabulary import AcrLevel
from idp.web import cookies, presence
from idp.web.answer import respond
from idp.web.headers import allow_form_redirect
from idp.web.locale import prefer_locales
from idp.web.problems import OtherBrowser, PageExpired
from idp.web.services import services

FOR_CHANGE = "for_change"
"""Marks the transaction of somebody on the way to change what guards their account."""

_NEVER_PERMIT = frozenset({Method.FACE, Method.VOICE})
"""What never leads to a permit, so that nobody is asked for it in vain."""


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


def begin_account_sign_in(*, for_change: bool = False) -> flask.typing.ResponseReturnValue:
    """Send somebody who opened an account page to sign in first, and back to that page afterwards.

    `for_change`: as strongly as changing what guards the account takes.
    """
    is_get = flask.request.method == "GET"
    return_path = flask.request.full_path.rstrip("?") if is_get else "/account"
    wishes = Parameters({FOR_CHANGE: ("1",)} if for_change else {})
    transaction_id = _store(TransactionPurpose.ACCOUNT, wishes, return_path)
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
        transaction, session_id=session_id, proved=None, consented=transaction.consented and is_same
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
    step = decide(examined, here, progress_of(transaction))
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
        _signed_in(examined, here),
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


def missing(transaction: Transaction) -> tuple[Authenticator, ...]:
    """What the signed-in person may use to become as strong as wanted. Empty: there is no step-up to be made."""
    here = presence.current()
    if here is None:
        return ()
    enrolled = services().stores.authenticators.of(here.session.account_id)
    now, proofs = services().clock.now(), here.session.proofs
    examined = examined_request(transaction)
    if examined is None:
        return _missing_for_change(transaction, here, enrolled)
    step = decide(examined, presence.current(examined.client), progress_of(transaction))
    if not isinstance(step, StepUp):
        return ()
    return services().assurance.missing(proofs, enrolled, step.wanted, now=now)


def progress_of(transaction: Transaction) -> Progress:
    """What has been done within the transaction."""
    return Progress(transaction.session_id, transaction.consented)


def _missing_for_change(
    transaction: Transaction, here: Presence, enrolled: tuple[Authenticator, ...]
) -> tuple[Authenticator, ...]:
    is_wanted = (
        transaction.session_id == here.session.id and transaction.parameters.one(FOR_CHANGE) is not None
    )
    if not is_wanted or presence.is_recent(here):
        return ()
    fresh = {proof.method for proof in here.session.proofs if presence.is_fresh(proof)}
    return tuple(
        one
        for one in enrolled
        if one.is_active and one.method not in fresh and one.method not in _NEVER_PERMIT
    )


def _signed_in(examined: ExaminedRequest, here: Presence | None) -> SignedIn | None:
    if here is None:
        return None
    session, standing = here.session, here.standing
    return SignedIn(
        session_id=session.id,
        auth_time=session.auth_time,
        level=session.level,
        reachable=_reachable(examined, here),
        subject=standing.subject if standing else None,
    )


def _reachable(examined: ExaminedRequest, here: Presence) -> AcrLevel:
    wanted = wanted_level(examined.request, services().acr)
    if wanted is None or wanted <= here.session.level:
        # Nobody will ask, so the look-up is saved.
        return here.session.level
    enrolled = services().stores.authenticators.of(here.session.account_id)
    return services().assurance.reachable(here.session.proofs, enrolled, now=services().clock.now())


def _resume_account(transaction: Transaction) -> flask.typing.ResponseReturnValue:
    here = presence.current()
    if here is None or transaction.session_id != here.session.id:
        return _to("/login", transaction.id)
    if missing(transaction):
        return _to("/login/ways", transaction.id)
    if not services().stores.transactions.finish(transaction.id, now=services().clock.now()):
        raise PageExpired
    return flask.redirect(transaction.return_path, 303)


def _show(step: NextStep, transaction_id: str) -> flask.typing.ResponseReturnValue:
    match step:
        case SignIn():
            return _to("/login", transaction_id)
        case StepUp():
            return _to("/login/ways", transaction_id)
        case Enrol():
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
