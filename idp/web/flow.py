"""The way through a sign-in: from a request, or from a step just finished, to whatever comes next.

Every page comes back to `resume`. The decision is `idp.oidc.authorization.next_step`; here it is only carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import flask

from idp.authn.authenticators import Authenticator
from idp.authn.session import Presence, Session
from idp.federation.home_region import HomeUnavailable
from idp.foundation.identifiers import Kind, digest, is_kind, new_value
from idp.oidc.acr import AcrNames
from idp.oidc.authorization.arrival import ArrivedRequest
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
from idp.oidc.authorization.refusal import PageError, RedirectError
from idp.oidc.authorization.transaction import Transaction, TransactionPurpose, TransactionState
from idp.oidc.errors import InvalidRequestUri, LoginRequired, ProtocolError
from idp.oidc.parameters import Parameters
from idp.oidc.proofs import Method
from idp.oidc.vocabulary import AcrLevel
from idp.web import cookies, homes, presence, visiting
from idp.web.answer import respond
from idp.web.headers import allow_form_redirect
from idp.web.locale import current_language, prefer_locales
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
    arrived = services().arrivals.read(parameters, now=services().clock.now())
    examined = arrived.examined
    here = presence.current(examined.client, examined.display)
    step = decide(examined, here, Progress())
    if isinstance(step, Respond):
        assert here is not None
        return respond(examined, here, step, pushed_digest=arrived.pushed_digest)
    if isinstance(step, Refuse):
        if isinstance(step.error, LoginRequired) and (home := _silent_home(examined, here)):
            return _ask_silently(home, examined, arrived)
        _claim_for_refusal(arrived.pushed_digest)
        raise RedirectError(examined.target, step.error)
    transaction_id = _store(
        TransactionPurpose.AUTHORIZATION, arrived.parameters, "", pushed_digest=arrived.pushed_digest
    )
    return _show(step, transaction_id)


def _silent_home(examined: ExaminedRequest, here: Presence | None) -> str | None:
    """The region that may know the person though nothing can be shown: theirs, or the one last used in this browser."""
    if services().broker is None or examined.client.is_broker:
        return None
    if here is not None:
        return here.session.home_iss
    home = homes.last()
    return home.op if home else None


def _ask_silently(
    home: str, examined: ExaminedRequest, arrived: ArrivedRequest
) -> flask.typing.ResponseReturnValue:
    """Send the browser there and back without a page (prompt=none)."""
    broker, now = services().broker, services().clock.now()
    assert broker is not None
    transaction_id = _store(
        TransactionPurpose.AUTHORIZATION, arrived.parameters, "", pushed_digest=arrived.pushed_digest
    )
    try:
        address = broker.begin(transaction_id, home, current_language().tag, now, silently=True)
    except HomeUnavailable as error:
        services().stores.transactions.cancel(transaction_id, arrived.pushed_digest, now=now)
        raise RedirectError(examined.target, LoginRequired("the person is not signed in")) from error
    except RedirectError:
        services().stores.transactions.cancel(transaction_id, arrived.pushed_digest, now=now)
        raise
    return flask.redirect(address, 303)


def _claim_for_refusal(pushed_digest: bytes | None) -> None:
    # A refusal is an answer too: otherwise prompt=none could be asked again and again with one request.
    if pushed_digest is None:
        return
    if not services().stores.pushed_requests.consume(pushed_digest, now=services().clock.now()):
        raise PageError(InvalidRequestUri("the request_uri was used before"))


def begin_account_sign_in(*, for_change: bool = False) -> flask.typing.ResponseReturnValue:
    """Send somebody who opened an account page to sign in first, and back to that page afterwards.

    `for_change`: as strongly as changing what guards the account takes.
    """
    is_get = flask.request.method == "GET"
    return_path = flask.request.full_path.rstrip("?") if is_get else "/account"
    wishes = Parameters({FOR_CHANGE: ("1",)} if for_change else {})
    transaction_id = _store(TransactionPurpose.ACCOUNT, wishes, return_path)
    return _to("/login", transaction_id)


def begin_choosing_region(
    wishes: Mapping[str, tuple[str, ...]], return_path: str
) -> flask.typing.ResponseReturnValue:
    """Send somebody who is signed in here to the list of other regions, to go there from it."""
    return _to("/login/region", _store(TransactionPurpose.ACCOUNT, Parameters(wishes), return_path))


def open_transaction() -> Transaction:
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
    here = presence.current(examined.client, examined.display)
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
    now = services().clock.now()
    if not services().stores.transactions.cancel(transaction.id, transaction.pushed_digest, now=now):
        raise PageExpired
    raise RedirectError(examined.target, error)


def decide(examined: ExaminedRequest, here: Presence | None, progress: Progress) -> NextStep:
    """Ask the protocol what happens next. Raises: RedirectError — the id_token_hint is not ours."""
    acr: AcrNames = services().acr
    standing = here.standing if here else None
    agreed = Agreed(standing.agreed_scopes, standing.agreed_claims) if standing else Agreed()
    asked = examined.request
    return next_step(
        asked if here is None else replace(asked, scope=visiting.scope_for(asked.scope, here.session)),
        examined.client,
        progress,
        _signed_in(examined, here, progress),
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
    # Who comes from another region proves more there, and never a mixture of both.
    if here is None or here.session.home_iss is not None:
        return ()
    enrolled = services().stores.authenticators.of(here.session.account_id)
    now, proofs = services().clock.now(), here.session.proofs
    examined = examined_request(transaction)
    if examined is None:
        return _missing_for_change(transaction, here, enrolled)
    step = decide(examined, presence.current(examined.client, examined.display), progress_of(transaction))
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


def _signed_in(examined: ExaminedRequest, here: Presence | None, progress: Progress) -> SignedIn | None:
    if here is None:
        return None
    session, standing = here.session, here.standing
    return SignedIn(
        session_id=session.id,
        auth_time=session.auth_time,
        level=session.level,
        reachable=_reachable(examined, here, progress),
        subject=standing.subject if standing else None,
    )


def _reachable(examined: ExaminedRequest, here: Presence, progress: Progress) -> AcrLevel:
    wanted = wanted_level(examined.request, services().acr)
    if wanted is None or wanted <= here.session.level:
        # Nobody will ask, so the look-up is saved.
        return here.session.level
    if here.session.home_iss is not None:
        return _reachable_from_home(here.session, here.session.home_iss, progress)
    enrolled = services().stores.authenticators.of(here.session.account_id)
    return services().assurance.reachable(here.session.proofs, enrolled, now=services().clock.now())


def _reachable_from_home(session: Session, home_iss: str, progress: Progress) -> AcrLevel:
    broker = services().broker
    if broker is None or progress.session_id == session.id:
        # They were asked for more there just now, and this is what came of it.
        return session.level
    return max(session.level, broker.reachable(home_iss, services().clock.now()))


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
        case StepUp() | Enrol() if _is_from_elsewhere():
            return _to("/rp/again", transaction_id)
        case StepUp():
            return _to("/login/ways", transaction_id)
        case Enrol():
            return _to("/login/second-factor", transaction_id)
        case AskConsent():
            return _to("/consent", transaction_id)
        case Respond() | Refuse():
            raise AssertionError("answered before a page is chosen")


def _is_from_elsewhere() -> bool:
    here = presence.current()
    return here is not None and here.session.home_iss is not None


def _to(path: str, transaction_id: str) -> flask.typing.ResponseReturnValue:
    return flask.redirect(f"{path}?{urlencode({'transaction': transaction_id})}", 303)


def _store(
    purpose: TransactionPurpose,
    parameters: Parameters,
    return_path: str,
    *,
    pushed_digest: bytes | None = None,
) -> str:
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
