"""The way through a sign-in: from a request, or from a step just finished, to whatever comes next.

Every page comes back to `resume`. The decision is `idp.oidc.authorization.next_step`; here it is only carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import flask

from idp.oidc.authorization.examine import ExaminedRequest
from idp.oidc.authorization.next_step import (
    AskConsent,
    Enrol,
    NextStep,
    Progress,
    Refuse,
    Respond,
    SignIn,
    StepUp,
)
from idp.oidc.authorization.refusal import PageError, RedirectError
from idp.oidc.authorization.transaction import Transaction, TransactionPurpose
from idp.oidc.errors import InvalidRequestUri, LoginRequired, ProtocolError
from idp.oidc.parameters import Parameters
from idp.web import presence, transactions
from idp.web.answer import respond
from idp.web.deciding import decide
from idp.web.problems import PageExpired
from idp.web.services import services
from idp.web.silent_home import ask_silently, silent_home
from idp.web.stepping_up import FOR_CHANGE, missing


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
        if isinstance(step.error, LoginRequired) and (home := silent_home(examined, here)):
            return ask_silently(home, examined, arrived)
        _claim_for_refusal(arrived.pushed_digest)
        raise RedirectError(examined.target, step.error)
    transaction_id = transactions.begin(
        TransactionPurpose.AUTHORIZATION, arrived.parameters, "", pushed_digest=arrived.pushed_digest
    )
    return _show(step, transaction_id)


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
    transaction_id = transactions.begin(TransactionPurpose.ACCOUNT, wishes, return_path)
    return _to("/login", transaction_id)


def begin_choosing_region(
    wishes: Mapping[str, tuple[str, ...]], return_path: str
) -> flask.typing.ResponseReturnValue:
    """Send somebody who is signed in here to the list of other regions, to go there from it."""
    transaction_id = transactions.begin(TransactionPurpose.ACCOUNT, Parameters(wishes), return_path)
    return _to("/login/region", transaction_id)


def resume(transaction: Transaction) -> flask.typing.ResponseReturnValue:
    """Go on after a step was finished."""
    examined = transactions.examined_request(transaction)
    if examined is None:
        return _resume_account(transaction)
    here = presence.current(examined.client, examined.display)
    step = decide(examined, here, transactions.progress_of(transaction))
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
