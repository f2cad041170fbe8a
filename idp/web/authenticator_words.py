"""What guards an account, in the words of its owner."""

from __future__ import annotations

from collections.abc import Iterable

from idp.authn.authenticators import Authenticator
from idp.authn.protection import Advice, Protection
from idp.oidc.proofs import Method, Proof, Property
from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext

_KINDS = {
    Method.PASSWORD: lazy_gettext("Password"),
    Method.PASSKEY: lazy_gettext("Passkey"),
    Method.GESTURE: lazy_gettext("Pattern"),
    Method.TOTP: lazy_gettext("Authenticator app"),
    Method.HOTP: lazy_gettext("Code device"),
    Method.SMS: lazy_gettext("Codes by text message"),
    Method.FACE: lazy_gettext("Face check"),
    Method.VOICE: lazy_gettext("Voice check"),
    Method.QR: lazy_gettext("Your phone"),
    Method.RECOVERY_CODE: lazy_gettext("Recovery code"),
}
_EXPLAINED = {
    Method.PASSWORD: lazy_gettext("Something you know."),
    Method.GESTURE: lazy_gettext("A pattern you draw in one browser, and only there."),
    Method.TOTP: lazy_gettext("An app that shows a new 6-digit code every 30 seconds."),
    Method.HOTP: lazy_gettext("A device that shows a new code each time you press its button."),
    Method.SMS: lazy_gettext("A code we send to your telephone."),
    Method.FACE: lazy_gettext("A short look into the camera."),
    Method.VOICE: lazy_gettext("Numbers you read aloud."),
}
_SHOWN_WITH = {
    Method.PASSWORD: lazy_gettext("a password"),
    Method.PASSKEY: lazy_gettext("a passkey"),
    Method.GESTURE: lazy_gettext("a pattern"),
    Method.TOTP: lazy_gettext("a code from the authenticator app"),
    Method.HOTP: lazy_gettext("a code from the code device"),
    Method.SMS: lazy_gettext("a code by text message"),
    Method.FACE: lazy_gettext("a face check"),
    Method.VOICE: lazy_gettext("a voice check"),
    Method.QR: lazy_gettext("your phone"),
    Method.RECOVERY_CODE: lazy_gettext("a recovery code"),
}
_PROTECTIONS = {
    Protection.PASSWORD_ALONE: lazy_gettext("Your password alone opens your account."),
    Protection.TEXT_MESSAGE: lazy_gettext("Your account asks for your password and a code by text message."),
    Protection.TWO_PROOFS: lazy_gettext(
        "Your account asks for two proofs: your password and something you have."
    ),
    Protection.PASSKEY_OR_TWO_PROOFS: lazy_gettext(
        "Your passkey opens your account. Your password works only together with a second proof."
    ),
    Protection.KEY_ALONE: lazy_gettext("Whoever holds your security key can open your account."),
    Protection.PASSKEY: lazy_gettext("Only your passkey opens your account. There is no password to steal."),
}
_AFTERWARDS = {
    Protection.PASSWORD_ALONE: lazy_gettext("Then your password alone opens your account."),
    Protection.TEXT_MESSAGE: lazy_gettext(
        "Then your account asks for your password and a code by text message."
    ),
}
_ADVICE = {
    Advice.ADD_PASSKEY: lazy_gettext(
        "Add a passkey: you sign in with your fingerprint, your face or your screen lock, and nobody can steal it "
        "from afar."
    ),
    Advice.MAKE_RECOVERY_CODES: lazy_gettext(
        "Make recovery codes and keep them on paper, for the day your phone is lost."
    ),
    Advice.ADD_SECOND_WAY: lazy_gettext(
        "There is one way into your account. Add another passkey on a second device, for the day the first is lost."
    ),
}


def kind_of(one: Authenticator) -> str:
    """What sort of thing it is: "Passkey"."""
    if one.method is Method.PASSKEY and Property.USER_VERIFIED not in one.properties:
        return _("Security key")
    return str(_KINDS[one.method])


def name_of(one: Authenticator) -> str:
    """What its owner calls it, or else what sort of thing it is."""
    return one.label or kind_of(one)


def explanation_of(one: Authenticator) -> str:
    """What it is, in a sentence."""
    if one.method is not Method.PASSKEY:
        return str(_EXPLAINED.get(one.method, ""))
    if Property.USER_VERIFIED not in one.properties:
        return _("You touch it. It does not check who you are.")
    if Property.DEVICE_BOUND in one.properties:
        return _("Stays on one device and cannot be copied from it.")
    return _("Kept safe by your phone or browser, and there on your other devices too.")


def role_of(one: Authenticator, owed: Iterable[Authenticator]) -> str:
    """What it does at a sign-in. `owed` is what is asked for after the password."""
    owed = tuple(owed)
    if not one.is_active:
        return _("Suspended: it does not work until you take it back into use.")
    if one.method is Method.PASSWORD:
        return _("Needs a second proof.") if owed else _("Opens your account by itself.")
    if {Property.POSSESSION, Property.USER_VERIFIED} <= one.properties:
        return _("Opens your account by itself.")
    if one.method is Method.PASSKEY:
        return _("Opens your account by itself, and serves as a second proof.")
    if one.id in {other.id for other in owed}:
        return _("Asked for after your password.")
    return _("Asked for only when an app wants to be especially sure.")


def protection_words(protection: Protection) -> str:
    """What opens the account, in a sentence."""
    return str(_PROTECTIONS[protection])


def afterwards(protection: Protection, before: Protection) -> str:
    """A warning when a change would leave the account less guarded than before; else empty."""
    return "" if protection is before else str(_AFTERWARDS.get(protection, ""))


def advice_words(advice: Advice) -> str:
    """What would help most, and why."""
    return str(_ADVICE[advice])


def shown_with(proofs: Iterable[Proof]) -> str:
    """What somebody proved, in the middle of a sentence: "a password and a passkey"."""
    words = [str(_SHOWN_WITH[method]) for method in dict.fromkeys(proof.method for proof in proofs)]
    sentence = words.pop(0) if words else ""
    for word in words:
        sentence = _("%(ways)s and %(way)s", ways=sentence, way=word)
    return sentence
