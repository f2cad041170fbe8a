"""Code devices: set up, replaced, and set right again when the button was pressed too often."""

from __future__ import annotations

import flask

from idp.authn.authenticators import LABEL_LENGTH
from idp.authn.factors.codes import WrongCode
from idp.authn.factors.hotp import EnrolmentOver, KeyRefused
from idp.authn.throttle import TooManyAttempts
from idp.foundation.events import EventKind
from idp.web import forms, notices
from idp.web.access import Policy, access
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.one_time_codes import HotpEnrolPage, HotpResyncPage
from idp.web.presence import permit, required
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("account_hotp", __name__)

PATH = "/account/security/hotp"


@blueprint.get(PATH)
@access(Policy.RECENTLY_SIGNED_IN)
def ask() -> flask.typing.ResponseReturnValue:
    """Ask for the key on the device's paper."""
    return page(_page())


@blueprint.post(PATH)
@access(Policy.RECENTLY_SIGNED_IN)
def take() -> flask.typing.ResponseReturnValue:
    """First the key, then two codes in a row that show it to be right."""
    enrolment = flask.request.form.get("enrolment", "")
    return _confirm(enrolment) if enrolment else _take_key()


@blueprint.get(f"{PATH}/resync")
@access(Policy.RECENTLY_SIGNED_IN)
def ask_resync() -> flask.typing.ResponseReturnValue:
    """Ask for two codes in a row."""
    if not services().hotp.is_enrolled(required().session.account_id):
        return flask.redirect(PATH, 303)
    return page(HotpResyncPage(forms.csrf_token()))


@blueprint.post(f"{PATH}/resync")
@access(Policy.RECENTLY_SIGNED_IN)
def resync() -> flask.typing.ResponseReturnValue:
    """Find the device's counter again."""
    here, now = required(), services().clock.now()
    try:
        services().hotp.resynchronise(permit(), _codes(), flask.request.remote_addr or "", now=now)
    except WrongCode:
        return page(HotpResyncPage(forms.csrf_token(), Problem(_not_in_a_row(), "code")), 400)
    except TooManyAttempts as error:
        return page(HotpResyncPage(forms.csrf_token(), Problem(wait_words(error, now), "code")), 429)
    notices.changed(here.session.account_id, EventKind.HOTP_RESYNCHRONISED, keep_session=here.session.id)
    return flask.redirect("/account/security?hotp-resynchronised", 303)


def _take_key() -> flask.typing.ResponseReturnValue:
    here, typed = required(), flask.request.form.get("key", "")
    try:
        sealed = services().hotp.begin(
            here.session.account_id, here.session.id, typed, now=services().clock.now()
        )
    except KeyRefused:
        words = _("That is not the key of a code device. Check it against the paper and type it again.")
        return page(_page(problem=Problem(words, "key")), 400)
    return page(_page(sealed))


def _confirm(sealed: str) -> flask.typing.ResponseReturnValue:
    here, now, label = required(), services().clock.now(), _label()
    try:
        with services().database.transaction():
            services().hotp.confirm(permit(), here.session.id, sealed, _codes(), label=label, now=now)
            notices.changed(
                here.session.account_id, EventKind.HOTP_ENROLLED, label, keep_session=here.session.id
            )
    except WrongCode:
        return page(_page(sealed, Problem(_not_in_a_row(), "code")), 400)
    except EnrolmentOver:
        return flask.redirect(PATH, 303)
    return flask.redirect("/account/security?hotp-enrolled", 303)


def _codes() -> tuple[str, str]:
    return flask.request.form.get("code", ""), flask.request.form.get("next_code", "")


def _label() -> str:
    return " ".join(flask.request.form.get("label", "").split())[:LABEL_LENGTH]


def _not_in_a_row() -> str:
    return _(
        "Those are not two codes in a row of this device. Press its button twice and enter both codes in order."
    )


def _page(enrolment: str = "", problem: Problem | None = None) -> HotpEnrolPage:
    return HotpEnrolPage(
        csrf_token=forms.csrf_token(),
        enrolment=enrolment,
        label=_label(),
        has_device=services().hotp.is_enrolled(required().session.account_id),
        problem=problem,
    )
