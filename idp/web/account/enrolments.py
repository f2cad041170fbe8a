"""What can be set up to guard an account, and where: the ways that this region offers, the best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask_babel.speaklater import LazyString

from idp.authn.authenticators import Authenticator
from idp.authn.messages import Channel
from idp.oidc.proofs import Method
from idp.web.locale import lazy_gettext
from idp.web.pages.security import AddLine
from idp.web.services import services


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One kind of thing to set up."""

    method: Method
    path: str
    label: LazyString
    hint: LazyString
    has_many: bool = False
    """Whether a person may have several."""
    is_offered: Callable[[], bool] = lambda: True


ENROLMENTS = (
    Enrolment(
        Method.PASSKEY,
        "/account/security/passkeys/add",
        lazy_gettext("Passkey or security key"),
        lazy_gettext("Your fingerprint, your face or your screen lock. The safest way."),
        has_many=True,
    ),
    Enrolment(
        Method.TOTP,
        "/account/security/totp",
        lazy_gettext("Authenticator app"),
        lazy_gettext("6-digit codes from an app on your phone, after your password"),
    ),
    Enrolment(
        Method.GESTURE,
        "/account/security/gesture",
        lazy_gettext("Pattern for this browser"),
        lazy_gettext("You draw it to sign in here, without a password."),
        has_many=True,
    ),
    Enrolment(
        Method.HOTP,
        "/account/security/hotp",
        lazy_gettext("Code device"),
        lazy_gettext("A device with a button that shows codes, after your password"),
    ),
    Enrolment(
        Method.SMS,
        "/account/security/text-message",
        lazy_gettext("Codes by text message"),
        lazy_gettext("After your password. Better than nothing, and less safe than the others."),
        is_offered=lambda: services().post.can_send(Channel.SMS),
    ),
    Enrolment(
        Method.FACE,
        "/account/security/face",
        lazy_gettext("Face check"),
        lazy_gettext("Something more, after a passkey or an app. Only if you want it."),
        is_offered=lambda: services().faces is not None,
    ),
    Enrolment(
        Method.VOICE,
        "/account/security/voice",
        lazy_gettext("Voice check"),
        lazy_gettext("An extra sign beside another proof. It never makes a sign-in stronger."),
        is_offered=lambda: services().voices is not None,
    ),
)


def addable(enrolled: Iterable[Authenticator]) -> tuple[AddLine, ...]:
    """What this person could still set up."""
    has = {one.method for one in enrolled}
    return tuple(
        AddLine(enrolment.path, str(enrolment.label), str(enrolment.hint))
        for enrolment in ENROLMENTS
        if enrolment.is_offered() and (enrolment.has_many or enrolment.method not in has)
    )
