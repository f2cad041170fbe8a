"""A member's API tokens, for programs and for the commands: made with a fresh passkey, shown once."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

import flask

from idp.authn.factors.passkey_values import PasskeyRefused
from idp.governance.roles import Action
from idp.governance.staff import LONGEST_TOKEN_LIFETIME, USUAL_TOKEN_LIFETIME, BadMember, token_context
from idp.web import sentences
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.framing import frame
from idp.web.console.sign_in import MAX_DETAIL, question
from idp.web.console.words import ACTIONS, action_words
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.console_myself import ActionChoice, TokenLine, TokensPage
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("console_tokens", __name__)
log = logging.getLogger(__name__)

PATH = "/console/me/tokens"
SECTION = "/console/me"


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.SELF)
def show() -> flask.typing.ResponseReturnValue:
    """Those in force, and the form for a new one."""
    notice = _("The token was revoked. Programs that use it are refused from now on.")
    return page(_page(notice=notice if "revoked" in flask.request.args else None))


@blueprint.post(f"{PATH}/options")
@access(Policy.STAFF, action=Action.SELF)
def ask_browser() -> flask.typing.ResponseReturnValue:
    """The question for a passkey that confirms exactly what the form says."""
    return question(_context())


@blueprint.post(PATH)
@access(Policy.STAFF, action=Action.SELF)
def make() -> flask.typing.ResponseReturnValue:
    """Make a token and show it, this once."""
    try:
        proof = desk.confirmed(_context())
        token = services().staff.tokens.make(
            desk.acting(), _label(), _chosen(), timedelta(days=_days()), proof, now=desk.now()
        )
    except PasskeyRefused as refused:
        log.info("refused", extra={"error": "staff_passkey", "detail": str(refused)[:MAX_DETAIL]})
        return page(_page(problem=Problem(_("That did not work with this passkey. Try again."))), 400)
    except BadMember as bad:
        return page(_page(problem=Problem(sentences.words(bad.sentence))), 400)
    return page(_page(made=token))


@blueprint.post(f"{PATH}/revoke")
@access(Policy.STAFF, action=Action.SELF)
def revoke() -> flask.typing.ResponseReturnValue:
    """Revoke one; that takes nothing but the session, so that it can be done in a hurry."""
    services().staff.tokens.revoke(desk.acting(), flask.request.form.get("token", ""), now=desk.now())
    return flask.redirect(f"{PATH}?revoked", 303)


def _context() -> str:
    """What the passkey confirms: the form, as it is now."""
    return token_context(_label(), _chosen(), _days())


def _label() -> str:
    return flask.request.form.get("label", "").strip()


def _days() -> int:
    """The days in the form; none that can be read counts as none."""
    said = flask.request.form.get("days", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 4 else 0


def _chosen() -> frozenset[Action]:
    known = set(Action)
    return frozenset(Action(word) for word in flask.request.form.getlist("actions") if word in known)


def _page(made: str | None = None, notice: str | None = None, problem: Problem | None = None) -> TokensPage:
    here = desk.acting()
    chosen = _chosen() if problem else frozenset()
    return TokensPage(
        frame=frame(SECTION),
        tokens=tuple(
            TokenLine(one.id, one.label, _words(one.actions), one.expires_at, one.last_used_at)
            for one in services().staff.tokens.of(here, now=desk.now())
        ),
        choices=tuple(
            ActionChoice(one.value, str(ACTIONS[one]), one in chosen)
            for one in services().staff.tokens.offered(here)
        ),
        days=USUAL_TOKEN_LIFETIME.days,
        most_days=LONGEST_TOKEN_LIFETIME.days,
        label=_label() if problem else "",
        made=made,
        notice=notice,
        problem=problem,
    )


def _words(actions: Iterable[Action]) -> str:
    return _(", ").join(action_words(actions))
