"""What guards the account: password, authenticator app, recovery codes. Every change needs a recent sign-in."""

from __future__ import annotations

import flask

from idp.authn.factors.codes import WrongCode
from idp.authn.factors.totp import EnrolmentOver, TotpEnrolment
from idp.authn.session import Presence
from idp.foundation.events import Event, EventKind
from idp.web import forms
from idp.web.access import Policy, access
from idp.web.cards import in_language
from idp.web.locale import gettext as _
from idp.web.pages import Problem, RecoveryCodesPage, SecurityPage, TotpEnrolPage
from idp.web.presence import required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_security", __name__)


@blueprint.get("/account/security")
@access(Policy.SIGNED_IN)
def security() -> flask.typing.ResponseReturnValue:
    """Everything at one glance."""
    here = required()
    credentials = services().stores.credentials
    totp = credentials.find_totp(here.session.account_id)
    password = credentials.find_password(here.session.account_id)
    return page(
        SecurityPage(
            csrf_token=forms.csrf_token(),
            has_totp=totp is not None,
            totp_confirmed_at=totp.confirmed_at if totp else None,
            recovery_codes_left=credentials.count_recovery_codes(here.session.account_id),
            password_changed_at=password.changed_at if password else None,
            notice=_notice(),
        )
    )


@blueprint.get("/account/security/totp")
@access(Policy.RECENTLY_SIGNED_IN)
def show_enrolment() -> flask.typing.ResponseReturnValue:
    """Draw a seed and show it, once."""
    here = required()
    enrolment = services().totp.begin(
        here.session.account_id, here.session.id, **_labels(here), now=services().clock.now()
    )
    return page(_enrolment_page(enrolment))


@blueprint.post("/account/security/totp")
@access(Policy.RECENTLY_SIGNED_IN)
def confirm_enrolment() -> flask.typing.ResponseReturnValue:
    """Enrol with the app's first code, and hand out recovery codes for the day the telephone is lost."""
    here, now = required(), services().clock.now()
    account_id, sealed = here.session.account_id, flask.request.form.get("enrolment", "")
    try:
        services().second_factor.enrol_totp(
            account_id, here.session.id, sealed, flask.request.form.get("code", ""), now=now
        )
    except WrongCode:
        return _ask_again(here, sealed)
    except EnrolmentOver:
        return flask.redirect("/account/security/totp", 303)
    _changed(EventKind.TOTP_ENROLLED, here)
    return _new_recovery_codes(here)


@blueprint.post("/account/security/totp/remove")
@access(Policy.RECENTLY_SIGNED_IN)
def remove_totp() -> flask.typing.ResponseReturnValue:
    """Remove the app and the recovery codes that stood in for it."""
    here = required()
    if services().stores.credentials.remove_totp(here.session.account_id):
        _changed(EventKind.TOTP_REMOVED, here)
    return flask.redirect("/account/security?totp-removed", 303)


@blueprint.post("/account/security/recovery-codes")
@access(Policy.RECENTLY_SIGNED_IN)
def make_recovery_codes() -> flask.typing.ResponseReturnValue:
    """New codes in the place of the old ones."""
    here = required()
    if not here.owner.has_totp:
        # Without an app they would stand in for nothing.
        return flask.redirect("/account/security", 303)
    return _new_recovery_codes(here)


def _changed(kind: EventKind, here: Presence) -> None:
    """Note the change and sign out every other browser: whoever sits there did not make it (ASVS 7.4.3)."""
    now, account_id = services().clock.now(), here.session.account_id
    services().stores.events.record(Event(kind, now, account_id=account_id))
    services().stores.sessions.end_all(account_id, keep=here.session.id, now=now)


def _new_recovery_codes(here: Presence) -> flask.typing.ResponseReturnValue:
    now = services().clock.now()
    codes = services().recovery_codes.renew(here.session.account_id, now=now)
    services().stores.events.record(
        Event(EventKind.RECOVERY_CODES_MADE, now, account_id=here.session.account_id)
    )
    return page(RecoveryCodesPage(forms.csrf_token(), codes))


def _ask_again(here: Presence, sealed: str) -> flask.typing.ResponseReturnValue:
    now = services().clock.now()
    try:
        enrolment = services().totp.resume(
            here.session.account_id, here.session.id, sealed, **_labels(here), now=now
        )
    except EnrolmentOver:
        return flask.redirect("/account/security/totp", 303)
    words = _("That code is not right. Wait for the next one and enter it.")
    return page(_enrolment_page(enrolment, Problem(words, "code")), 400)


def _enrolment_page(enrolment: TotpEnrolment, problem: Problem | None = None) -> TotpEnrolPage:
    return TotpEnrolPage(
        csrf_token=forms.csrf_token(),
        qr_svg=services().draw_qr(enrolment.otpauth_uri),
        secret_base32=enrolment.secret_base32,
        otpauth_uri=enrolment.otpauth_uri,
        enrolment=enrolment.sealed,
        problem=problem,
    )


def _labels(here: Presence) -> dict[str, str]:
    """What the authenticator app calls this account."""
    return {"issuer": in_language(services().settings.region_name), "account": here.owner.username}


def _notice() -> str | None:
    if "password-changed" in flask.request.args:
        return _("Your password was changed. Every other browser was signed out.")
    if "totp-removed" in flask.request.args:
        return _("The authenticator app was turned off.")
    return None
