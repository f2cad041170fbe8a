"""The recovery that this browser holds: its cookie, where it stands, and the way to the page of that.

The cookie outlives the browser's closing, because the waiting does. No address and no message carries its value.
"""

from __future__ import annotations

from typing import TypeVar

import flask
from werkzeug.routing import RequestRedirect

from idp.authn.recovery import Begun, OneProved, Ready, Recovery, Waiting
from idp.foundation.identifiers import Kind, digest, is_kind
from idp.web import forms
from idp.web.locale import gettext as _
from idp.web.problems import FlowProblem
from idp.web.services import services

COOKIE = "__Host-idp_recovery"

Stage = TypeVar("Stage")


class RecoveryOver(FlowProblem):
    """It was finished, stopped or has lapsed; or this browser holds none."""

    kind = "recovery_over"

    def __init__(self) -> None:
        super().__init__("/recover")

    def words(self) -> tuple[str, str, str]:
        return (
            _("This recovery is over"),
            _("It was finished or stopped, it took too long, or it was begun in another browser."),
            _("Begin again here, or go to a service counter with your identity document."),
        )


class AnotherRecoveryRuns(FlowProblem):
    """Only one at a time: the first one was announced, this one would not be."""

    kind = "another_recovery"
    status = 409

    def words(self) -> tuple[str, str, str]:
        return (
            _("The account is being recovered already"),
            _(
                "We sent you a message when that began. If it was you, finish it in the browser where you began it."
            ),
            _(
                "If it was not you, or that browser is gone, open the link in the message, stop it, and begin again."
            ),
        )


class RecoveryWornOut(FlowProblem):
    """Six wrong answers end a recovery."""

    kind = "recovery_worn_out"

    def __init__(self) -> None:
        super().__init__("/recover")

    def words(self) -> tuple[str, str, str]:
        return (
            _("Too many wrong answers"),
            _("To protect the account, this recovery has been stopped."),
            _("Begin again here, or go to a service counter with your identity document."),
        )


class Elsewhere(RequestRedirect):
    """The recovery stands at another page than the one that was asked for."""

    code = 303


def keep(value: str) -> None:
    """Let this browser hold a recovery, for as long as one can take."""

    @flask.after_this_request
    def set_cookie(response: flask.Response) -> flask.Response:
        longest = services().account_recovery.longest
        response.set_cookie(COOKIE, value, longest, path="/", secure=True, httponly=True, samesite="Lax")
        return response


def drop() -> None:
    """Take it from this browser."""

    @flask.after_this_request
    def delete_cookie(response: flask.Response) -> flask.Response:
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
        return response


def current() -> Recovery | None:
    """What this browser holds, as it is now."""
    value = _value()
    return services().account_recovery.find(value, now=services().clock.now()) if value else None


def required(*stages: type[Begun | OneProved | Waiting | Ready]) -> Recovery:
    """The recovery, standing at one of these stages.

    Raises: RecoveryOver — there is none, or it is over; Elsewhere — it stands at another page.
    """
    recovery = current()
    if recovery is None or not recovery.is_open:
        raise RecoveryOver
    if not isinstance(recovery.state, stages):
        raise Elsewhere(place_of(recovery))
    return recovery


def place_of(recovery: Recovery) -> str:
    """The page at which it stands."""
    match recovery.state:
        case Begun() | OneProved():
            return "/recover/anchors"
        case Waiting():
            return "/recover/waiting"
        case Ready():
            return "/recover/finish"
    return "/recover"


def token(step: forms.Step, recovery: Recovery | None = None) -> str:
    """The form token of a page, for this recovery in this browser."""
    return forms.step_token(recovery.id if recovery else "", step)


def require_token(step: forms.Step, recovery: Recovery | None = None) -> None:
    """Raises: CrossSiteForm."""
    forms.require_step_token(recovery.id if recovery else "", step)


def bound_to() -> bytes:
    """What a code sent by message is bound to: this recovery in this browser. Raises: RecoveryOver."""
    value = _value()
    if value is None:
        raise RecoveryOver
    return digest(f"recovery {value}")


def _value() -> str | None:
    value = flask.request.cookies.get(COOKIE)
    return value if value is not None and is_kind(Kind.RECOVERY, value) else None
