"""Setting up a pattern in this browser. What comes here is a public key; the pattern stays where it was drawn."""

from __future__ import annotations

import flask

from idp.authn.factors.gesture import BadDeviceKey, KeyAlgorithm, MadeKey, QuestionOver
from idp.authn.session import Presence
from idp.foundation.events import EventKind
from idp.oidc.proofs import Method, Property
from idp.web import forms, notices
from idp.web.access import Policy, access
from idp.web.device_words import device_words
from idp.web.locale import gettext as _
from idp.web.login.gesture import bound_to
from idp.web.pages.gesture import GestureEnrolPage
from idp.web.presence import permit, required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_gesture", __name__)

MAX_HEX = 256
DONE = "/account/security?gesture-set-up"


@blueprint.get("/account/security/gesture")
@access(Policy.RECENTLY_SIGNED_IN)
def show_gesture_enrolment() -> flask.typing.ResponseReturnValue:
    """The dots, and what a pattern is worth."""
    here = required()
    if not _has_another(here):
        return page(GestureEnrolPage(forms.csrf_token(), "", "", here.owner.username, needs_another=True))
    asked = services().gestures.begin_enrolment(
        permit(), bound_to(here.session.id), now=services().clock.now()
    )
    return page(GestureEnrolPage(forms.csrf_token(), asked.challenge, asked.key_id, here.owner.username))


@blueprint.post("/account/security/gesture")
@access(Policy.RECENTLY_SIGNED_IN)
def enrol_gesture() -> flask.typing.ResponseReturnValue:
    """Take the browser's key into use. Answers the page's script."""
    here, now = required(), services().clock.now()
    label = device_words(flask.request.headers.get("User-Agent", ""))
    if not _has_another(here):
        return _problem(_("First set up a passkey or an authenticator app."))
    try:
        key = services().gestures.check_made(permit(), bound_to(here.session.id), _made_key(), now=now)
    except QuestionOver:
        return _problem(_("The page was open for too long. Load it anew and draw your pattern again."))
    except BadDeviceKey:
        return _problem(_("This browser made a key that we cannot use. Use another way to sign in."))
    with services().database.transaction():
        services().gestures.enrol(permit(), key, label=label, now=now)
        notices.changed(key.account_id, EventKind.GESTURE_ENROLLED, label, keep_session=here.session.id)
    return flask.jsonify(next=DONE)


def _has_another(here: Presence) -> bool:
    """Whether the person holds something that works elsewhere too.

    A pattern works in one browser. Guarded by it alone, an account could be opened on no other device.
    """
    enrolled = services().stores.authenticators.of(here.session.account_id)
    return any(
        one.is_active and Property.POSSESSION in one.properties and one.method is not Method.GESTURE
        for one in enrolled
    )


def _made_key() -> MadeKey:
    """Raises: BadDeviceKey — not written as our page writes it."""
    form = flask.request.form
    try:
        return MadeKey(
            challenge=form.get("challenge", ""),
            algorithm=KeyAlgorithm(form.get("algorithm", "")),
            public_key=bytes.fromhex(form.get("public_key", "")[:MAX_HEX]),
            signature=bytes.fromhex(form.get("signature", "")[:MAX_HEX]),
        )
    except ValueError as error:
        raise BadDeviceKey from error


def _problem(words: str) -> flask.typing.ResponseReturnValue:
    return flask.jsonify(problem=words), 400
