"""Why a scanned code leads nowhere, in words for the person with the phone."""

from __future__ import annotations

import math
from datetime import datetime

from idp.authn.factors.qr_code import CodeTooOld, NotACode
from idp.authn.factors.qr_values import (
    AlreadyTaken,
    ChainedSession,
    Cooling,
    NoPasskey,
    NotApprovable,
    SameBrowser,
    WrongNumber,
)
from idp.authn.throttle import TooManyAttempts
from idp.web.locale import gettext as _
from idp.web.locale import ngettext
from idp.web.problems import FlowProblem

SCAN = "/account/scan"

Refusal = NotApprovable | NotACode | CodeTooOld | TooManyAttempts


class QrProblem(FlowProblem):
    """A page that says why, and what to do now."""

    kind = "qr_refused"

    def __init__(self, cause: Refusal, now: datetime, retry_href: str | None = SCAN) -> None:
        super().__init__(None if isinstance(cause, NoPasskey | ChainedSession | SameBrowser) else retry_href)
        self._cause = cause
        self._now = now

    def words(self) -> tuple[str, str, str]:
        match self._cause:
            case NotACode():
                return _not_a_code()
            case CodeTooOld():
                return _too_old()
            case AlreadyTaken():
                return _already_taken()
            case SameBrowser():
                return _same_browser()
            case ChainedSession():
                return _chained()
            case NoPasskey():
                return _no_passkey()
            case WrongNumber():
                return _wrong_number()
            case Cooling(until=until):
                return _cooling(until, self._now)
            case TooManyAttempts(retry_at=retry_at):
                return _too_many(retry_at or self._now, self._now)
            case _:
                return _over()


def start_words(error: TooManyAttempts, now: datetime) -> str:
    """What the screen says when its network asked for too many codes."""
    seconds = _seconds(error.retry_at or now, now)
    return ngettext(
        "Many codes were asked for from your network. Wait %(num)d second, then try again.",
        "Many codes were asked for from your network. Wait %(num)d seconds, then try again.",
        seconds,
    )


def _seconds(until: datetime, now: datetime) -> int:
    return max(1, math.ceil((until - now).total_seconds()))


def _not_a_code() -> tuple[str, str, str]:
    return (
        _("This is not a sign-in code of ours"),
        _("The code you scanned was not made by this service, or it was not read completely."),
        _("Scan the code again, straight from the screen you want to sign in on."),
    )


def _too_old() -> tuple[str, str, str]:
    return (
        _("This code is too old"),
        _(
            "The code on the screen changes every few seconds. A picture of it that was sent to you does not work."
        ),
        _("Scan the code again, straight from the screen. If somebody sent it to you, do not go on."),
    )


def _already_taken() -> tuple[str, str, str]:
    return (
        _("Another phone was faster"),
        _("This code was scanned before, or the sign-in is over. Each code works for one phone, once."),
        _("Ask for a new code on the screen, then scan that one."),
    )


def _same_browser() -> tuple[str, str, str]:
    return (
        _("You are on the same device"),
        _(
            "The code belongs to this very browser, so there is nothing to carry over from one device to another."
        ),
        _("Go back to the page with the code and choose another way to sign in, such as your passkey."),
    )


def _chained() -> tuple[str, str, str]:
    return (
        _("This device cannot approve sign-ins"),
        _(
            "It was itself signed in by scanning a code. Only a device on which you proved yourself directly may."
        ),
        _("Sign out here, sign in with your passkey, then scan again."),
    )


def _no_passkey() -> tuple[str, str, str]:
    return (
        _("You need a passkey for this"),
        _("Signing in by scanning is confirmed with a passkey, and your account has none yet."),
        _("Add a passkey under Security in your account. Or choose another way to sign in on the screen."),
    )


def _wrong_number() -> tuple[str, str, str]:
    return (
        _("That was not the number on the screen"),
        _("To be safe the sign-in has been stopped. Nobody was signed in."),
        _(
            "Was it a slip? Ask for a new code on the screen. Did somebody tell you the number? Then do not go on."
        ),
    )


def _cooling(until: datetime, now: datetime) -> tuple[str, str, str]:
    minutes = math.ceil(_seconds(until, now) / 60)
    return (
        _("Wait a little"),
        _("You stopped a sign-in a moment ago. For your safety no other one can be approved right after it."),
        ngettext("Try again in %(num)d minute.", "Try again in %(num)d minutes.", minutes),
    )


def _too_many(retry_at: datetime, now: datetime) -> tuple[str, str, str]:
    seconds = _seconds(retry_at, now)
    return (
        _("That was a lot of codes"),
        _("You have scanned several codes within a minute."),
        ngettext("Try again in %(num)d second.", "Try again in %(num)d seconds.", seconds),
    )


def _over() -> tuple[str, str, str]:
    return (
        _("This sign-in is over"),
        _("It was finished or stopped, or it took too long. Nothing more happens with it."),
        _("To try again, ask for a new code on the screen and scan that one."),
    )
