"""Choosing a new password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask

from idp.authn.factors.password import PasswordProblem, PasswordRefused
from idp.authn.session import Presence
from idp.authn.sign_in import WrongCredentials
from idp.authn.throttle import TooManyAttempts
from idp.foundation.events import EventKind
from idp.web import forms, notices
from idp.web.access import Policy, access
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.security import PasswordChangePage
from idp.web.presence import permit, required
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("account_password", __name__)

_PERSONAL = ("name", "family_name", "given_name", "nickname", "preferred_username", "email", "phone_number")


@blueprint.get("/account/security/password")
@access(Policy.RECENTLY_SIGNED_IN)
def ask() -> flask.typing.ResponseReturnValue:
    """Show the two fields."""
    return page(_page(required()))


@blueprint.post("/account/security/password")
@access(Policy.RECENTLY_SIGNED_IN)
def change() -> flask.typing.ResponseReturnValue:
    """Prove the old one, set the new one, sign out everywhere else."""
    here, now = required(), services().clock.now()
    form, account_id = flask.request.form, here.session.account_id
    try:
        services().password_sign_in.check(
            here.owner.username, form.get("current_password", ""), flask.request.remote_addr or "", now=now
        )
        services().passwords.set(permit(), form.get("new_password", ""), about=_about(here), now=now)
    except WrongCredentials:
        return page(_page(here, Problem(_("That is not your current password."), "current_password")), 400)
    except TooManyAttempts as error:
        return page(_page(here, Problem(wait_words(error, now), "current_password")), 429)
    except PasswordRefused as error:
        return page(_page(here, Problem(refusal_words(error.problem), "new_password")), 400)
    notices.changed(account_id, EventKind.PASSWORD_CHANGED, keep_session=here.session.id)
    return flask.redirect("/account/security?password-changed", 303)


def _page(here: Presence, problem: Problem | None = None) -> PasswordChangePage:
    return PasswordChangePage(
        csrf_token=forms.csrf_token(),
        username=here.owner.username,
        minimum_length=services().settings.password_min_length,
        problem=problem,
    )


def _about(here: Presence) -> tuple[str, ...]:
    """What others know of the person and would try first."""
    return about_claims(here.owner.username, here.owner.person)


def about_claims(username: str, person: Mapping[str, Any]) -> tuple[str, ...]:
    """What would be tried first as somebody's password: their name and the like."""
    return (username, *(str(person[claim]) for claim in _PERSONAL if claim in person))


def refusal_words(problem: PasswordProblem) -> str:
    """What to tell somebody whose new password is not accepted."""
    match problem:
        case PasswordProblem.TOO_SHORT:
            count = services().settings.password_min_length
            return _("The new password is too short. Use at least %(count)s characters.", count=count)
        case PasswordProblem.TOO_LONG:
            return _("The new password is too long. Use at most 256 characters.")
        case PasswordProblem.UNUSABLE_CHARACTERS:
            return _(
                "The new password contains characters that cannot be typed. Use letters, digits and signs."
            )
        case PasswordProblem.COMMON:
            return _("Many people use this password, so it would be guessed. Choose another one.")
        case PasswordProblem.PERSONAL:
            return _("The new password is too close to your name or user name. Choose another one.")
