"""Setting up the voice check: after a separate consent, from a strong session, never under 14.

It is deleted as every authenticator is (`idp.web.account.authenticators`): key, template and line go together.
"""

from __future__ import annotations

import flask

from idp.authn.factors.voice_enrolment import Enrolment
from idp.authn.factors.voice_values import LONGEST_READING, QuestionOver, Unheard
from idp.foundation.events import EventKind
from idp.web import forms, notices, voice_consent
from idp.web.access import Policy, access
from idp.web.binding import bound_to
from idp.web.face_consent import is_child
from idp.web.headers import allow_device
from idp.web.locale import LANGUAGES, current_language
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.voice import VoiceRecordPage, VoiceSettingsPage
from idp.web.presence import permit, required
from idp.web.render import page
from idp.web.services import services
from idp.web.voice_forms import (
    fault_words,
    let_recordings_in,
    recording,
    seconds,
    spoken_digits,
    voice_enrolments,
)

blueprint = flask.Blueprint("account_voice", __name__)
blueprint.url_value_preprocessor(let_recordings_in)

HOME = "/account/security/voice"


@blueprint.get(HOME)
@access(Policy.RECENTLY_SIGNED_IN)
def show() -> flask.typing.ResponseReturnValue:
    """What is kept and how to delete it; or what there is to agree to."""
    voice_enrolments()
    return page(_page())


@blueprint.post(HOME)
@access(Policy.RECENTLY_SIGNED_IN)
def agree() -> flask.typing.ResponseReturnValue:
    """After agreeing: the microphone page."""
    now, form = services().clock.now(), flask.request.form
    enrolments, consent = voice_enrolments(), voice_consent.given(form.get("consent", ""), now)
    if consent is None or _is_child():
        return flask.redirect(HOME, 303)
    spoken = next((language.tag for language in LANGUAGES if language.tag == form.get("spoken")), "")
    return page(_record_page(enrolments.begin(permit(), consent, spoken, _bound(), now=now)))


@blueprint.post(f"{HOME}/record")
@access(Policy.RECENTLY_SIGNED_IN)
def take_recording() -> flask.typing.ResponseReturnValue:
    """Learn the voice from both readings, or ask for them again."""
    now, enrolment_id = services().clock.now(), flask.request.form.get("challenge", "")
    readings = recording("first"), recording("second")
    try:
        voice_enrolments().complete(permit(), enrolment_id, readings, _bound(), now=now)
    except QuestionOver:
        return flask.redirect(f"{HOME}?over", 303)
    except Unheard as error:
        return _again(enrolment_id, Problem(fault_words(error.fault)))
    notices.changed(permit().account_id, EventKind.VOICE_ENROLLED, keep_session=required().session.id)
    return flask.redirect(f"{HOME}?taken", 303)


def _again(enrolment_id: str, problem: Problem) -> flask.typing.ResponseReturnValue:
    try:
        waiting = voice_enrolments().find(permit(), enrolment_id, _bound(), now=services().clock.now())
    except QuestionOver:
        return flask.redirect(f"{HOME}?over", 303)
    return page(_record_page(waiting, problem), 400)


def _bound() -> bytes:
    return bound_to(required().session.id)


def _is_child() -> bool:
    return is_child(required().owner.person.get("birthdate"), services().clock.now().date())


def _record_page(enrolment: Enrolment, problem: Problem | None = None) -> VoiceRecordPage:
    allow_device("microphone")
    return VoiceRecordPage(
        csrf_token=forms.csrf_token(),
        challenge=enrolment.id,
        first=spoken_digits(enrolment.first, enrolment.spoken),
        second=spoken_digits(enrolment.second, enrolment.spoken),
        seconds=seconds(LONGEST_READING),
        problem=problem,
    )


def _page() -> VoiceSettingsPage:
    record = services().stores.voices.find(required().session.account_id)
    return VoiceSettingsPage(
        csrf_token=forms.csrf_token(),
        agreed_at=record.consent.agreed_at if record else None,
        points=voice_consent.points(),
        consent=voice_consent.digest(),
        languages=tuple((language.tag, language.name) for language in LANGUAGES),
        spoken=record.spoken if record else current_language().tag,
        is_child=_is_child(),
        notice=_notice(),
        problem=_problem(),
    )


def _notice() -> str | None:
    if "taken" in flask.request.args:
        return _("Your voice is set up. Every other browser was signed out.")
    return None


def _problem() -> Problem | None:
    if "over" in flask.request.args:
        return Problem(
            _("That page had expired, or there were too many tries. Nothing was kept. Begin again.")
        )
    return None
