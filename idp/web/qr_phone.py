"""On the phone: take the scanned code, ask what must be asked, have a passkey agree, or stop it.

Spec: RFC 10027 §6: the person sees who asks, where and since when, and says No as easily as Yes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import flask

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.authn.factors.qr_code import CodeTooOld, NotACode
from idp.authn.factors.qr_values import (
    Approved,
    Claimed,
    Matched,
    NotApprovable,
    Over,
    Phone,
    QrSignIn,
    Scanner,
    Used,
    WrongNumber,
)
from idp.authn.session import Presence
from idp.authn.throttle import TooManyAttempts, network_of
from idp.foundation.events import Event, EventKind
from idp.foundation.identifiers import digest
from idp.web import cookies, forms, passkey_alarms, presence
from idp.web.access import Policy, access
from idp.web.cards import card_of
from idp.web.device_words import device_words
from idp.web.locale import gettext as _
from idp.web.locale import ngettext
from idp.web.login import steps
from idp.web.pages.qr import QrAsked, QrDonePage, QrLandingPage, QrNumberPage, QrPasskeyPage, QrStoppedPage
from idp.web.presence import required
from idp.web.qr_problems import QrProblem
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("qr_phone", __name__)

CONFIRM = "/qr/confirm"


@blueprint.get("/qr")
@access(Policy.PUBLIC)
def land() -> flask.typing.ResponseReturnValue:
    """Where the phone's camera leads. Who is not signed in signs in first and scans again: the code is gone by then."""
    is_signed_in = presence.current() is not None
    return page(QrLandingPage(is_signed_in, forms.csrf_token() if is_signed_in else ""))


@blueprint.post("/qr")
@access(Policy.SIGNED_IN)
def claim() -> flask.typing.ResponseReturnValue:
    """Make the sign-in this phone's to decide."""
    here, now = required(), services().clock.now()
    try:
        sign_in = services().qr_sign_ins.claim(flask.request.form.get("code", ""), _scanner(here), now=now)
    except (NotApprovable, NotACode, CodeTooOld, TooManyAttempts) as error:
        raise QrProblem(error, now) from error
    return _to(sign_in.id)


@blueprint.get(CONFIRM)
@access(Policy.SIGNED_IN)
def ask() -> flask.typing.ResponseReturnValue:
    """Whatever is to be asked next."""
    here, sign_in = _mine()
    asked, token = _asked(here, sign_in), forms.csrf_token()
    match sign_in.state:
        case Claimed():
            return page(QrNumberPage(asked, token, sign_in.id))
        case Matched():
            return page(_passkey_page(here, sign_in, asked, token))
        case Approved() | Used():
            return page(QrDonePage(asked, token, sign_in.id, is_used=isinstance(sign_in.state, Used)))
    raise AssertionError("of_phone gives no other state")


@blueprint.post("/qr/number")
@access(Policy.SIGNED_IN)
def take_number() -> flask.typing.ResponseReturnValue:
    """Compare the number. A wrong one ends it."""
    here, sign_in = _mine()
    now = services().clock.now()
    try:
        services().qr_sign_ins.match(sign_in.id, _phone(here), flask.request.form.get("number", ""), now=now)
    except WrongNumber as error:
        _record(EventKind.SIGN_IN_REFUSED, here, now)
        raise QrProblem(error, now) from error
    except Over as error:
        raise QrProblem(error, now) from error
    return _to(sign_in.id)


@blueprint.post("/qr/approve")
@access(Policy.SIGNED_IN)
def approve() -> flask.typing.ResponseReturnValue:
    """Check the passkey's answer to this question about this sign-in, and agree."""
    here, sign_in = _mine()
    form, now = flask.request.form, services().clock.now()
    refused = {"problem": _("Your passkey could not be checked. Load the page again and try once more.")}
    try:
        with passkey_alarms.raised():
            shown = services().passkeys.complete_approval(
                here.session.account_id,
                _context(here, sign_in),
                form.get("challenge", ""),
                form.get("answer", ""),
                now=now,
            )
        services().qr_sign_ins.approve(sign_in.id, _phone(here), shown.proof, shown.authenticator_id, now=now)
    except (PasskeyRefused, NotApprovable):
        _record(EventKind.SIGN_IN_REFUSED, here, now)
        return refused, 400
    return {"next": f"{CONFIRM}?sign_in={sign_in.id}"}


@blueprint.post("/qr/deny")
@access(Policy.SIGNED_IN)
def deny() -> flask.typing.ResponseReturnValue:
    """No."""
    here, now = required(), services().clock.now()
    try:
        services().qr_sign_ins.deny(flask.request.form.get("sign_in", ""), _phone(here), now=now)
    except Over as error:
        raise QrProblem(error, now) from error
    _record(EventKind.QR_DENIED, here, now)
    return flask.redirect("/qr/stopped", 303)


@blueprint.get("/qr/stopped")
@access(Policy.SIGNED_IN)
def stopped() -> flask.typing.ResponseReturnValue:
    """After a No: what it means, and where to look when somebody else began it."""
    return page(QrStoppedPage())


def _mine() -> tuple[Presence, QrSignIn]:
    """The person, and the sign-in that this session claimed. Raises: QrProblem."""
    here, now = required(), services().clock.now()
    sign_in_id = flask.request.values.get("sign_in", "")
    try:
        return here, services().qr_sign_ins.of_phone(sign_in_id, _phone(here), now=now)
    except Over as error:
        raise QrProblem(error, now) from error


def _scanner(here: Presence) -> Scanner:
    return Scanner(_phone(here), digest(cookies.ensure_browser_value()), here.session.proofs)


def _phone(here: Presence) -> Phone:
    return Phone(here.session.account_id, here.session.id)


def _context(here: Presence, sign_in: QrSignIn) -> str:
    """What the passkey agrees to: this sign-in, for this mini-app, asked in this session."""
    return f"sign in by scanning: {sign_in.id} {sign_in.client_id or 'account'} {here.session.id}"


def _passkey_page(here: Presence, sign_in: QrSignIn, asked: QrAsked, token: str) -> QrPasskeyPage:
    ceremony = services().passkeys.begin_approval(
        here.session.account_id, _context(here, sign_in), now=services().clock.now()
    )
    return QrPasskeyPage(asked, token, sign_in.id, ceremony.challenge_id, ceremony.options)


def _asked(here: Presence, sign_in: QrSignIn) -> QrAsked:
    client = services().clients.find_by_id(sign_in.client_id) if sign_in.client_id else None
    return QrAsked(
        app=card_of(client) if client else None,
        person_name=here.owner.name,
        device=device_words(sign_in.user_agent),
        address=sign_in.address,
        is_same_network=network_of(sign_in.address) == network_of(steps.address()),
        begun_at=sign_in.created_at,
        begun_ago=_ago(services().clock.now() - sign_in.created_at),
    )


def _ago(passed: timedelta) -> str:
    minutes = passed // timedelta(minutes=1)
    if minutes < 1:
        return _("less than a minute ago")
    return ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes)


def _record(kind: EventKind, here: Presence, now: datetime) -> None:
    services().stores.events.record(Event(kind, now, account_id=here.session.account_id))


def _to(sign_in_id: str) -> flask.typing.ResponseReturnValue:
    return flask.redirect(f"{CONFIRM}?sign_in={sign_in_id}", 303)
