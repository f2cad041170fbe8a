"""The broker's own addresses: where people come back to from their region, and are sent for a stronger proof.

What comes back is checked in the order in which it could hurt: whose browser, whose answer, once, and only then what it
says. Nothing that the other region wrote is shown or logged. Spec: RFC 9207 §2.4; RFC 9700 §4.4, §4.7.
"""

from __future__ import annotations

import logging

import flask

from idp.federation.home_region import HomeTrouble, HomeUnavailable
from idp.federation.upstream_answer import Arrived
from idp.federation.upstream_attempt import OpenAttempt, UnknownAttempt
from idp.foundation.identifiers import digest
from idp.oidc.authorization.refusal import PageError, RedirectError
from idp.oidc.authorization.response import error_uri
from idp.oidc.authorization.transaction import Transaction
from idp.oidc.errors import (
    AccessDenied,
    ConsentRequired,
    InteractionRequired,
    InvalidRequest,
    LoginRequired,
    ProtocolError,
    UnmetAuthenticationRequirements,
)
from idp.oidc.parameters import Parameters
from idp.oidc.vocabulary import Prompt
from idp.web import arrivals, cookies, flow, homes, joining, presence, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card
from idp.web.locale import current_language
from idp.web.login import steps
from idp.web.login.region_problem import trouble
from idp.web.pages.regions import HandoverPage
from idp.web.problems import OtherBrowser, PageExpired
from idp.web.region_words import region_name
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("rp", __name__)
log = logging.getLogger("idp.broker")

_SILENT_ERRORS: dict[str, type[ProtocolError]] = {
    "login_required": LoginRequired,
    "consent_required": ConsentRequired,
    "interaction_required": InteractionRequired,
    "account_selection_required": InteractionRequired,
}
"""What a region may answer where it must not show anything; said on to the mini-app in our own words."""
_ITS_OWN_FAULT = frozenset({"server_error", "temporarily_unavailable"})


@blueprint.get("/rp/callback")
@access(Policy.PROTOCOL)
def callback() -> flask.typing.ResponseReturnValue:
    """The answer of somebody's region. Spec: RFC 6749 §4.1.2; RFC 9207 §2."""
    parameters = _parameters()
    opened = _opened(parameters)
    transaction = transactions.pending(opened.transaction_id)
    try:
        answer = _answered(parameters, opened, transaction)
    except RedirectError as error:
        if _is_silent(transaction):
            raise
        return _back(error_uri(error, services().settings.issuer), opened, transaction)
    return _back(answer, opened, transaction) if isinstance(answer, str) else answer


@blueprint.get("/rp/onward")
@access(Policy.TRANSACTION)
def onward() -> flask.typing.ResponseReturnValue:
    """From the page after the way back to whatever comes next."""
    return flow.resume(transactions.current())


@blueprint.get("/rp/leave")
@access(Policy.PUBLIC)
def leave() -> flask.typing.ResponseReturnValue:
    """On to sign out in the person's own region too, for the browser that has just signed out here."""
    broker, browser = services().broker, cookies.browser_value()
    ticket, now = flask.request.args.get("ticket", ""), services().clock.now()
    address = broker.sign_outs.address(ticket, digest(browser), now=now) if broker and browser else None
    return flask.redirect(address or "/signed-out", 303)


@blueprint.get("/rp/signed-out")
@access(Policy.PUBLIC)
def signed_out() -> flask.typing.ResponseReturnValue:
    """Where a sign-out comes back to that went on in the person's own region. Spec: RP-Initiated Logout 1.0 §3."""
    broker, browser = services().broker, cookies.browser_value()
    state = flask.request.args.get("state", "")
    onward = broker.sign_outs.onward(state, digest(browser)) if broker and browser else None
    return flask.redirect(onward or "/signed-out", 303)


@blueprint.get("/rp/again")
@access(Policy.TRANSACTION)
def again() -> flask.typing.ResponseReturnValue:
    """Send somebody of another region back there, for as strong a proof as the mini-app wants."""
    transaction, here = transactions.current(), presence.current()
    broker, home = services().broker, here.session.home_iss if here else None
    if broker is None or home is None:
        return steps.to("/login", transaction)
    try:
        address = broker.begin(transaction.id, home, current_language().tag, services().clock.now())
    except HomeUnavailable as error:
        return trouble(transaction, error.why, homes.find(home))
    except RedirectError as error:
        return _refused(transaction, error.cause)
    return page(HandoverPage(app_card(transactions.examined_request(transaction)), _name(home), address))


def _parameters() -> Parameters:
    try:
        return Parameters.from_urlencoded(flask.request.query_string)
    except ProtocolError as error:
        raise PageError(error) from error


def _opened(parameters: Parameters) -> OpenAttempt:
    """The attempt that this answers, in the browser in which it began, from the region that was asked."""
    broker, browser = services().broker, cookies.browser_value()
    if broker is None:
        flask.abort(404)
    try:
        state, issuer = parameters.required("state"), parameters.one("iss")
        return broker.open_attempt(state, issuer, digest(browser or ""), services().clock.now())
    except UnknownAttempt as error:
        raise (OtherBrowser() if error.is_other_browser else PageExpired()) from error
    except HomeUnavailable as error:
        # Somebody else's answer, or one without a name. The attempt stays open for the right one.
        log.warning("an answer came in the name of another region than %s", error.issuer)
        raise PageError(InvalidRequest("iss is not the region that was asked")) from error
    except ProtocolError as error:
        raise PageError(error) from error


def _answered(
    parameters: Parameters, opened: OpenAttempt, transaction: Transaction
) -> str | flask.typing.ResponseReturnValue:
    """An address to go on to, or a page. Raises: RedirectError, PageExpired."""
    broker, now = services().broker, services().clock.now()
    assert broker is not None
    try:
        error, code = parameters.one("error"), parameters.one("code")
        broker.use_up(opened, now)
        if error is not None or code is None:
            return _not_signed_in(error, opened, transaction)
        if joining.is_wanted(transaction):
            return joining.proved(opened, code, transaction)
        arrived = broker.arrivals.complete(opened, code, now)
    except UnknownAttempt as again:
        raise PageExpired(transactions.begin_again(transaction)) from again
    except HomeUnavailable as away:
        log.warning("region %s: %s %s", away.issuer, away.why, away.detail)
        if _is_silent(transaction):
            return _refused(transaction, LoginRequired("the person is not signed in"))
        return trouble(transaction, away.why, homes.find(away.issuer))
    except UnmetAuthenticationRequirements as unmet:
        return _refused(transaction, unmet)
    except ProtocolError as malformed:
        raise PageError(malformed) from malformed
    return _signed_in(arrived, opened, transaction)


def _signed_in(
    arrived: Arrived, opened: OpenAttempt, transaction: Transaction
) -> str | flask.typing.ResponseReturnValue:
    account = services().stores.accounts.find_by_id(arrived.account_id)
    if account is None or not account.is_active:
        return _refused(transaction, AccessDenied("the account is switched off"))
    # Session, what it is at home, and what was agreed there are one commit.
    with services().database.transaction():
        transaction = arrivals.keep(arrived, opened, transaction)
    broker, identity = services().broker, arrived.identity
    if broker and broker.sign_outs.catch_up(identity, now=services().clock.now()):
        over = LoginRequired if _is_silent(transaction) else AccessDenied
        return _refused(transaction, over("the person has signed out in their region meanwhile"))
    cookies.remember_home(identity.home_iss)
    # What may come next has a code in its address, and no page ever shows one.
    return (
        flow.resume(transaction) if _is_silent(transaction) else steps.address_of("/rp/onward", transaction)
    )


def _not_signed_in(
    error: str | None, opened: OpenAttempt, transaction: Transaction
) -> str | flask.typing.ResponseReturnValue:
    """What a refusal of the region means here. Of its words only the registered code counts."""
    home = opened.attempt.home_iss
    if _is_silent(transaction):
        cause = _SILENT_ERRORS.get(error or "", LoginRequired)
        return _refused(transaction, cause("the person's region would have to ask them something"))
    if error == "access_denied":
        # They changed their mind about this way; whether about signing in at all, they say there.
        if joining.is_wanted(transaction):
            return joining.PATH
        return steps.address_of("/login", transaction)
    if error == UnmetAuthenticationRequirements.code:
        return _refused(transaction, UnmetAuthenticationRequirements("the person could not prove as much"))
    why = HomeTrouble.DOWN if error in _ITS_OWN_FAULT else HomeTrouble.REFUSED
    log.warning("region %s signed nobody in: %s", home, why)
    return trouble(transaction, why, homes.find(home))


def _refused(transaction: Transaction, cause: ProtocolError) -> flask.typing.ResponseReturnValue:
    """End it and tell the mini-app; where there is none, the person. Raises: RedirectError, PageExpired."""
    examined = transactions.examined_request(transaction)
    if examined is None:
        raise PageError(cause)
    return flow.refuse(transaction, examined, cause)


def _back(address: str, opened: OpenAttempt, transaction: Transaction) -> flask.typing.ResponseReturnValue:
    # A page, because the form that was sent in the other region may lead by redirects to us and no further.
    app = app_card(transactions.examined_request(transaction))
    return page(HandoverPage(app, _name(opened.attempt.home_iss), address, is_back=True))


def _is_silent(transaction: Transaction) -> bool:
    examined = transactions.examined_request(transaction)
    return examined is not None and Prompt.NONE in examined.request.prompt


def _name(issuer: str) -> str:
    region = homes.find(issuer)
    return region_name(region) if region else issuer
