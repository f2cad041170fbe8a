"""A member's own access: passkeys and sessions. What lets somebody in, or takes a way in, wants a fresh passkey."""

from __future__ import annotations

import logging

import flask

from idp.authn.authenticators import LABEL_LENGTH
from idp.authn.factors.passkey_values import PasskeyRefused, PasskeyTaken, TooManyPasskeys
from idp.governance.roles import Action
from idp.governance.staff import ADDING_A_PASSKEY, removal_context
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.framing import frame
from idp.web.console.sign_in import MAX_DETAIL
from idp.web.device_words import device_words
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.console_myself import MyselfPage, StaffPasskeyAddPage, StaffPasskeyLine, StaffSessionLine
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("console_myself", __name__)
log = logging.getLogger(__name__)

PATH = "/console/me"
PASSKEYS = f"{PATH}/passkeys"


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.SELF)
def show() -> flask.typing.ResponseReturnValue:
    """Passkeys and sessions."""
    return page(_page(notice=_notice()))


@blueprint.post(f"{PASSKEYS}/unlock")
@access(Policy.STAFF, action=Action.SELF)
def unlock() -> flask.typing.ResponseReturnValue:
    """A passkey was unlocked: show the page on which another one is made."""
    try:
        desk.confirmed(ADDING_A_PASSKEY)
    except PasskeyRefused as refused:
        return _refuse(refused)
    return page(StaffPasskeyAddPage(frame(PATH), desk.ticket(ADDING_A_PASSKEY)))


@blueprint.post(f"{PASSKEYS}/options")
@access(Policy.STAFF, action=Action.SELF)
def ask_browser() -> flask.typing.ResponseReturnValue:
    """The question for the browser that makes it."""
    desk.require_ticket(ADDING_A_PASSKEY)
    try:
        ceremony = services().staff.passkeys.begin_adding(desk.acting(), now=desk.now())
    except TooManyPasskeys:
        return flask.jsonify(problem=_("You have as many passkeys as one can have. Remove one first.")), 409
    return flask.jsonify(challenge=ceremony.challenge_id, options=ceremony.options)


@blueprint.post(f"{PASSKEYS}/add")
@access(Policy.STAFF, action=Action.SELF)
def add() -> flask.typing.ResponseReturnValue:
    """Keep what the browser made."""
    desk.require_ticket(ADDING_A_PASSKEY)
    form = flask.request.form
    label = "".join(letter for letter in form.get("label", "") if letter.isprintable())
    try:
        services().staff.passkeys.add(
            desk.acting(), form.get("challenge", ""), form.get("answer", ""), label, now=desk.now()
        )
    except PasskeyTaken:
        return page(_page(Problem(_("This passkey is in use already."))), 400)
    except PasskeyRefused as refused:
        return _refuse(refused)
    return flask.redirect(f"{PATH}?added", 303)


@blueprint.post(f"{PASSKEYS}/rename")
@access(Policy.STAFF, action=Action.SELF)
def rename() -> flask.typing.ResponseReturnValue:
    """Give one another name."""
    form = flask.request.form
    label = form.get("label", "").strip()
    if not services().staff.passkeys.rename(desk.acting(), form.get("passkey", ""), label):
        return page(_page(Problem(_("Enter a name of at most %(most)s characters.", most=LABEL_LENGTH))), 400)
    return flask.redirect(f"{PATH}?renamed", 303)


@blueprint.post(f"{PASSKEYS}/remove")
@access(Policy.STAFF, action=Action.SELF)
def remove() -> flask.typing.ResponseReturnValue:
    """Remove one for good, never the last; whoever came in with it elsewhere is signed out."""
    passkey_id = flask.request.form.get("passkey", "")
    try:
        desk.confirmed(removal_context(passkey_id))
    except PasskeyRefused as refused:
        return _refuse(refused)
    if not services().staff.passkeys.remove(desk.acting(), passkey_id, now=desk.now()):
        words = _("This is your last passkey. Add another one before you remove it.")
        return page(_page(Problem(words)), 400)
    services().staff.sessions.end_others(desk.acting(), now=desk.now())
    return flask.redirect(f"{PATH}?removed", 303)


@blueprint.post(f"{PATH}/sessions/end")
@access(Policy.STAFF, action=Action.SELF)
def end_session() -> flask.typing.ResponseReturnValue:
    """Sign out somewhere else."""
    services().staff.sessions.end(desk.acting(), flask.request.form.get("session", ""), now=desk.now())
    return flask.redirect(f"{PATH}?ended", 303)


def _refuse(refused: PasskeyRefused) -> flask.typing.ResponseReturnValue:
    log.info("refused", extra={"error": "staff_passkey", "detail": str(refused)[:MAX_DETAIL]})
    return page(_page(Problem(_("That did not work with this passkey. Try again."))), 400)


def _page(problem: Problem | None = None, notice: str | None = None) -> MyselfPage:
    here, now = desk.acting(), desk.now()
    return MyselfPage(
        frame=frame(PATH),
        passkeys=tuple(
            StaffPasskeyLine(one.id, one.label, one.created_at, one.last_used_at, not one.is_active)
            for one in services().staff.passkeys.of(here.member.id)
        ),
        sessions=tuple(
            StaffSessionLine(
                one.id,
                device_words(one.user_agent),
                one.address,
                one.created_at,
                one.last_seen_at,
                one.id == here.session,
            )
            for one in services().staff.sessions.of(here, now=now)
        ),
        notice=notice,
        problem=problem,
    )


def _notice() -> str | None:
    words = {
        "added": _("The passkey was added."),
        "renamed": _("The passkey has its new name."),
        "removed": _("The passkey was removed, and you are signed out everywhere else."),
        "ended": _("Signed out there."),
    }
    return next((said for word, said in words.items() if word in flask.request.args), None)
