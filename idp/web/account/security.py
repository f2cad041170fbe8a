"""What guards the account: password, authenticator app, recovery codes. Every change needs a recent sign-in."""

from __future__ import annotations

import flask

from idp.authn.factors.codes import WrongCode
from idp.authn.factors.totp import EnrolmentOver, TotpEnrolment
from idp.authn.session import Presence
from idp.foundation.events import EventKind
from idp.web import forms, homes, notices
from idp.web.access import Policy, access
from idp.web.account.authenticators import line_of
from idp.web.account.enrolments import addable
from idp.web.account.guard import guard_of
from idp.web.account.history import latest
from idp.web.cards import in_language
from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext
from idp.web.pages.common import Problem
from idp.web.pages.security import RecoveryCodesPage, SecurityPage, TotpEnrolPage
from idp.web.presence import permit, required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_security", __name__)


LATEST = 3
"""Lines of the history on this page."""
_NOTICES = {
    "password-changed": lazy_gettext("Your password was changed. Every other browser was signed out."),
    "removed": lazy_gettext("It was removed and does not work any more. Every other browser was signed out."),
    "totp-enrolled": lazy_gettext("Your authenticator app is set up. Your recovery codes go on working."),
    "text-messages-on": lazy_gettext("From now on we send a code to your telephone when you sign in."),
    "hotp-enrolled": lazy_gettext("Your code device is set up."),
    "hotp-resynchronised": lazy_gettext("Your code device works again."),
    "gesture-set-up": lazy_gettext("Your pattern is set up in this browser."),
}
"""What was just done, by the word in the address."""


@blueprint.get("/account/security")
@access(Policy.SIGNED_IN)
def security() -> flask.typing.ResponseReturnValue:
    """Everything at one glance."""
    account_id = required().session.account_id
    enrolled = services().stores.authenticators.of(account_id)
    codes_left = services().stores.credentials.count_recovery_codes(account_id)
    return page(
        SecurityPage(
            csrf_token=forms.csrf_token(),
            guard=guard_of(enrolled, codes_left),
            authenticators=tuple(line_of(one, enrolled) for one in enrolled),
            addable=addable(enrolled),
            recovery_codes_left=codes_left,
            latest=latest(account_id, LATEST),
            notice=_notice(),
            has_regions=homes.is_joined(),
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
    """Enrol with the app's first code, and hand out recovery codes to who has none."""
    here, now = required(), services().clock.now()
    sealed = flask.request.form.get("enrolment", "")
    try:
        services().second_factor.enrol_totp(
            permit(), here.session.id, sealed, flask.request.form.get("code", ""), now=now
        )
    except WrongCode:
        return _ask_again(here, sealed)
    except EnrolmentOver:
        return flask.redirect("/account/security/totp", 303)
    _changed(EventKind.TOTP_ENROLLED, here)
    if services().stores.credentials.count_recovery_codes(permit().account_id):
        # Those on paper go on working: nobody asked for others.
        return flask.redirect("/account/security?totp-enrolled", 303)
    return _new_recovery_codes(here)


@blueprint.post("/account/security/recovery-codes")
@access(Policy.RECENTLY_SIGNED_IN)
def make_recovery_codes() -> flask.typing.ResponseReturnValue:
    """New codes in the place of the old ones."""
    here = required()
    return _new_recovery_codes(here)


def _changed(kind: EventKind, here: Presence) -> None:
    notices.changed(here.session.account_id, kind, keep_session=here.session.id)


def _new_recovery_codes(here: Presence) -> flask.typing.ResponseReturnValue:
    with services().database.transaction():
        codes = services().recovery_codes.renew(permit(), now=services().clock.now())
        _changed(EventKind.RECOVERY_CODES_MADE, here)
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
    return next((str(words) for sign, words in _NOTICES.items() if sign in flask.request.args), None)
