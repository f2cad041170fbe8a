"""Setting up the face check, and deleting it: after a separate consent, from a strong session, never under 14."""

from __future__ import annotations

import flask

from idp.authn.challenges import ChallengePurpose
from idp.authn.factors.face import AUTHENTICATOR_ID, FILING_NEAR
from idp.authn.factors.face_values import Asked, CaptureOver, NotRecognised
from idp.authn.session import Presence
from idp.foundation.events import Event, EventKind
from idp.oidc.proofs import Property
from idp.web import face_consent, forms, notices
from idp.web.access import Policy, access
from idp.web.binding import bound_to
from idp.web.face_frames import asked, begun, faces, let_frames_in, look
from idp.web.headers import allow_device
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.face import FaceCapturePage, FaceSettingsPage
from idp.web.presence import is_fresh, permit, required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_face", __name__)
blueprint.url_value_preprocessor(let_frames_in)

HOME = "/account/security/face"


@blueprint.get(HOME)
@access(Policy.RECENTLY_SIGNED_IN)
def show() -> flask.typing.ResponseReturnValue:
    """What is kept and how to delete it; or what there is to agree to."""
    return page(_page(required()))


@blueprint.post(HOME)
@access(Policy.RECENTLY_SIGNED_IN)
def agree() -> flask.typing.ResponseReturnValue:
    """After agreeing: the camera page. It carries the agreement to where the check begins."""
    here = required()
    agreed = flask.request.form.get("consent", "")
    if face_consent.given(agreed, services().clock.now()) is None or not _may_enrol(here):
        return flask.redirect(HOME, 303)
    allow_device("camera")
    return page(FaceCapturePage(forms.csrf_token(), agreed))


@blueprint.post(f"{HOME}/begin")
@access(Policy.RECENTLY_SIGNED_IN)
def begin() -> flask.typing.ResponseReturnValue:
    """Called by the page when its camera runs."""
    here, now = required(), services().clock.now()
    consent = face_consent.given(flask.request.form.get("consent", ""), now)
    if consent is None or not _may_enrol(here):
        return {"problem": _("This page is too old. Go back and begin again.")}, 400
    return begun(faces().begin_enrolment(permit(), consent, bound_to(here.session.id), now=now))


@blueprint.post(f"{HOME}/frame")
@access(Policy.RECENTLY_SIGNED_IN)
def take_frame() -> flask.typing.ResponseReturnValue:
    """Look at one frame."""
    return look(_asked(required()))


@blueprint.post(f"{HOME}/done")
@access(Policy.RECENTLY_SIGNED_IN)
def finish() -> flask.typing.ResponseReturnValue:
    """The check is over: keep the template if it went well."""
    here, now = required(), services().clock.now()
    try:
        people = faces().finish_enrolment(permit(), _asked(here), now=now)
    except (NotRecognised, CaptureOver):
        return flask.redirect(f"{HOME}?not-taken", 303)
    notices.changed(permit().account_id, EventKind.FACE_ENROLLED, keep_session=here.session.id)
    if people >= FILING_NEAR:
        services().stores.events.record(Event(EventKind.FACE_FILING_NEAR, now, subject=str(people)))
    return flask.redirect(f"{HOME}?taken", 303)


@blueprint.post(f"{HOME}/remove")
@access(Policy.RECENTLY_SIGNED_IN)
def remove() -> flask.typing.ResponseReturnValue:
    """Withdraw the consent: key, template and line are gone at once."""
    here, account_id = required(), permit().account_id
    if services().stores.authenticators.remove(account_id, AUTHENTICATOR_ID, now=services().clock.now()):
        notices.changed(account_id, EventKind.FACE_REMOVED, keep_session=here.session.id)
    return flask.redirect(f"{HOME}?deleted", 303)


def _asked(here: Presence) -> Asked:
    return asked(ChallengePurpose.FACE_ENROLMENT, here.session.account_id, here.session.id)


def _may_enrol(here: Presence) -> bool:
    faces()
    return _is_strong(here) and not _is_child(here)


def _is_strong(here: Presence) -> bool:
    """Whether the person showed, just now and in this browser, something that they hold.

    A password alone may change a password; a face bound by its thief would be the thief's for good.
    """
    return any(
        Property.POSSESSION in proof.properties
        and Property.CROSS_DEVICE not in proof.properties
        and is_fresh(proof)
        for proof in here.session.proofs
    )


def _is_child(here: Presence) -> bool:
    return face_consent.is_child(here.owner.person.get("birthdate"), services().clock.now().date())


def _page(here: Presence) -> FaceSettingsPage:
    account_id = here.session.account_id
    faces()
    record = services().stores.faces.find(account_id)
    return FaceSettingsPage(
        csrf_token=forms.csrf_token(),
        agreed_at=record.consent.agreed_at if record else None,
        is_usable=faces().is_usable_by(account_id),
        points=face_consent.points(),
        consent=face_consent.digest(),
        is_strong=_is_strong(here),
        is_child=_is_child(here),
        notice=_notice(),
        problem=_problem(),
    )


def _notice() -> str | None:
    if "taken" in flask.request.args:
        return _("Your face is set up. Every other browser was signed out.")
    if "deleted" in flask.request.args:
        return _("Your face is deleted, and the key to it is destroyed.")
    return None


def _problem() -> Problem | None:
    if "not-taken" in flask.request.args:
        return Problem(
            _(
                "That did not work, and nothing was kept. Find even light, take off what covers your "
                "face, and follow the movements slowly."
            )
        )
    return None
