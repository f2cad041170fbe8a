"""What the recovery pages and messages call things."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from idp.authn.authenticators import Authenticator
from idp.authn.messages import Words
from idp.authn.recovery import Anchor
from idp.oidc.proofs import Method
from idp.web.locale import gettext as _
from idp.web.locale import ngettext
from idp.web.login.ways import WAYS
from idp.web.pages.recover import AnchorLine

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def anchor_line(anchor: Anchor) -> AnchorLine:
    """One way to show that the account is one's own."""
    match anchor:
        case Anchor.EMAIL:
            label, hint = _("Code by e-mail"), _("We send 6 digits to your verified e-mail address")
        case Anchor.TEXT_MESSAGE:
            label = _("Code by text message")
            hint = _("We send 6 digits to your verified telephone number")
        case Anchor.RECOVERY_CODE:
            label, hint = (
                _("Recovery code"),
                _("One of the codes you wrote down when you set up your account"),
            )
        case Anchor.TOTP:
            label, hint = _("Authenticator app"), _("The 6-digit code that the app shows now")
    return AnchorLine(anchor.value, label, hint)


def authenticator_label(authenticator: Authenticator) -> str:
    """What its owner knows an authenticator as."""
    kind = next(
        (way.label() for way in WAYS if way.method is authenticator.method), _("Another way to sign in")
    )
    return f"{kind} ({authenticator.label})" if authenticator.label else kind


def labels(authenticators: Iterable[Authenticator]) -> tuple[str, ...]:
    """The same for several; the password is said elsewhere on every page."""
    return tuple(authenticator_label(one) for one in authenticators if one.method is not Method.PASSWORD)


def span(length: timedelta) -> str:
    """A waiting time in words, rounded up."""
    if length > _DAY or length == _DAY:
        return ngettext("%(num)d day", "%(num)d days", -(-length // _DAY))
    if length >= _HOUR:
        return ngettext("%(num)d hour", "%(num)d hours", -(-length // _HOUR))
    return ngettext("%(num)d minute", "%(num)d minutes", max(1, -(-length // timedelta(minutes=1))))


def waiting_message(until: str, stop_address: str) -> Words:
    """To every channel when the waiting begins."""
    text = _(
        "Somebody is getting back into your account. From %(until)s they can set a new password. If it is you, there "
        "is nothing to do. If it is not you, stop it here: %(address)s",
        until=until,
        address=stop_address,
    )
    return Words(_("Somebody is recovering your account"), text)


def done_message() -> Words:
    """To every channel when a recovery was finished."""
    text = _(
        "Your account was recovered and every device was signed out. If it was not you, go to a service counter "
        "with your identity document at once."
    )
    return Words(_("Your account was recovered"), text)


def stopped_message() -> Words:
    """To every channel when a recovery was stopped."""
    return Words(
        _("The recovery of your account was stopped"),
        _("The recovery of your account was stopped. Nothing was changed."),
    )
