"""On the screen: show a code, tell the page's script how things stand, and sign in once the phone has agreed.

Nothing is decided here: `idp.authn.factors.qr` knows the moves. The page asks by POST, so that no address anywhere
carries the sign-in's id.
"""

from __future__ import annotations

import flask

from idp.authn.factors.qr_values import (
    Approved,
    Cancelled,
    Claimed,
    Denied,
    Expired,
    Matched,
    Over,
    QrSignIn,
    Screen,
    Used,
    Waiting,
    screen_of,
)
from idp.authn.throttle import TooManyAttempts
from idp.foundation.events import Event, EventKind
from idp.oidc.authorization.transaction import Transaction
from idp.web import cookies, forms, telling, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card
from idp.web.locale import gettext as _
from idp.web.login import steps
from idp.web.pages.common import Problem
from idp.web.pages.qr import QrPage
from idp.web.qr_problems import start_words
from idp.web.render import page
from idp.web.services import services
from idp.web.sessions import MAX_USER_AGENT

blueprint = flask.Blueprint("login_qr", __name__)

LANDING = "/qr"
"""Where a scanned code leads. The code itself is in the fragment, which no server and no log ever sees."""


@blueprint.get("/login/qr")
@access(Policy.TRANSACTION)
def show() -> flask.typing.ResponseReturnValue:
    """The page. Its script asks for a code; opening the page makes none."""
    return page(_page(transactions.current()))


@blueprint.post("/login/qr/begin")
@access(Policy.TRANSACTION)
def begin() -> flask.typing.ResponseReturnValue:
    """A new code, in place of the one before."""
    transaction, now = steps.open_for(forms.Step.QR), services().clock.now()
    examined = transactions.examined_request(transaction)
    try:
        sign_in = services().qr_sign_ins.begin(
            _screen(transaction),
            examined.client.client_id if examined else None,
            steps.address(),
            flask.request.headers.get("User-Agent", "")[:MAX_USER_AGENT],
            now=now,
        )
    except TooManyAttempts as error:
        return {"problem": start_words(error, now)}, 429
    return {"sign_in": sign_in.id, **_standing(sign_in)}


@blueprint.post("/login/qr/state")
@access(Policy.TRANSACTION)
def state() -> flask.typing.ResponseReturnValue:
    """How things stand, and the code of this moment."""
    transaction = steps.open_for(forms.Step.QR)
    try:
        return _standing(services().qr_sign_ins.of_screen(_sign_in(), _screen(transaction)))
    except Over:
        return {"state": "over"}


@blueprint.post("/login/qr")
@access(Policy.TRANSACTION)
def finish() -> flask.typing.ResponseReturnValue:
    """The phone agreed: open a session of this browser's own."""
    transaction = steps.open_for(forms.Step.QR)
    over = Problem(_("The code is no longer good. A new one is shown below."))
    try:
        # Used up and committed before anything follows from it.
        approved = services().qr_sign_ins.use(_sign_in(), _screen(transaction), now=services().clock.now())
        return _signed_in(transaction, approved)
    except (Over, steps.NoLongerUsable):
        return page(_page(transaction, over), 400)


@blueprint.post("/login/qr/cancel")
@access(Policy.TRANSACTION)
def take_another_way() -> flask.typing.ResponseReturnValue:
    """Stop it, wherever it stands, and go back to the other ways."""
    transaction = steps.open_for(forms.Step.QR)
    services().qr_sign_ins.cancel(_sign_in(), _screen(transaction), now=services().clock.now())
    return steps.to("/login", transaction)


def _signed_in(transaction: Transaction, approved: Approved) -> flask.typing.ResponseReturnValue:
    account_id, now = approved.phone.account_id, services().clock.now()
    with services().database.transaction():
        transaction = steps.keep(transaction, account_id, approved.proof, approved.authenticator_id)
        services().stores.events.record(
            Event(EventKind.SIGNED_IN_BY_QR, now, account_id=account_id, subject=transaction.session_id)
        )
        # Elsewhere than on the two devices: whoever was talked into a Yes learns of it in their own time.
        telling.tell(account_id, EventKind.SIGNED_IN_BY_QR)
    return steps.go_on(transaction)


def _standing(sign_in: QrSignIn) -> dict[str, str]:
    now = services().clock.now()
    match sign_in.state_at(now):
        case Waiting():
            address = f"{services().settings.issuer}{LANDING}#{services().qr_sign_ins.code(sign_in, now=now)}"
            return {"state": "waiting", "drawing": services().draw_qr(address)}
        case Claimed():
            return {"state": "claimed", "number": services().qr_sign_ins.number(sign_in)}
        case Matched():
            return {"state": "matched"}
        case Approved():
            return {"state": "approved"}
        case Denied():
            return {"state": "denied"}
        case Expired():
            return {"state": "expired"}
        case Cancelled() | Used():
            return {"state": "over"}


def _sign_in() -> str:
    return flask.request.form.get("sign_in", "")


def _screen(transaction: Transaction) -> Screen:
    return screen_of(transaction.id, cookies.ensure_browser_value())


def _page(transaction: Transaction, problem: Problem | None = None) -> QrPage:
    return QrPage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.QR),
        problem=problem,
    )
