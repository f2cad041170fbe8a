"""A person's passkeys and security keys: add, rename, remove. Every change needs a recent sign-in."""

from __future__ import annotations

import flask

from idp.authn.authenticators import LABEL_LENGTH, Authenticator, LastWayIn
from idp.authn.factors.passkey_options import encode
from idp.authn.factors.passkey_values import (
    Passkey,
    PasskeyKind,
    PasskeyRefused,
    PasskeyTaken,
    TooManyPasskeys,
)
from idp.authn.session import Presence
from idp.foundation.events import EventKind
from idp.foundation.identifiers import digest
from idp.oidc.proofs import Method, Property
from idp.web import forms, notices
from idp.web.access import Policy, access
from idp.web.cards import in_language
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.passkeys import PasskeyAddPage, PasskeyLine, PasskeySignal, PasskeysPage
from idp.web.presence import permit, required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_passkeys", __name__)

PATH = "/account/security/passkeys"
ADD_PATH = f"{PATH}/add"


@blueprint.get(PATH)
@access(Policy.SIGNED_IN)
def show() -> flask.typing.ResponseReturnValue:
    """All of them."""
    return page(_page(required()))


@blueprint.get(ADD_PATH)
@access(Policy.RECENTLY_SIGNED_IN)
def show_adding() -> flask.typing.ResponseReturnValue:
    """What a passkey is, and the buttons that make one."""
    return page(PasskeyAddPage(forms.csrf_token()))


@blueprint.post(f"{PATH}/options")
@access(Policy.RECENTLY_SIGNED_IN)
def ask_browser() -> flask.typing.ResponseReturnValue:
    """The question for the browser that makes a new one."""
    here = required()
    kind = (
        PasskeyKind.SECURITY_KEY if flask.request.form.get("kind") == "security_key" else PasskeyKind.PASSKEY
    )
    try:
        ceremony = services().passkeys.begin_enrolment(
            permit(), bound_to(here), kind, **names(here), now=services().clock.now()
        )
    except TooManyPasskeys:
        return flask.jsonify(problem=_("You have as many passkeys as one can have. Remove one first.")), 409
    return flask.jsonify(challenge=ceremony.challenge_id, options=ceremony.options)


@blueprint.post(ADD_PATH)
@access(Policy.RECENTLY_SIGNED_IN)
def add() -> flask.typing.ResponseReturnValue:
    """Enrol what the browser made."""
    try:
        enrol(required())
    except PasskeyTaken:
        return _ask_again(_("This passkey is in use already."))
    except PasskeyRefused:
        return _ask_again(_("The passkey could not be added. Please try again."))
    return flask.redirect(f"{PATH}?added", 303)


@blueprint.post(f"{PATH}/rename")
@access(Policy.RECENTLY_SIGNED_IN)
def rename() -> flask.typing.ResponseReturnValue:
    """Give one another name."""
    here, label = required(), flask.request.form.get("label", "").strip()
    if not 0 < len(label) <= LABEL_LENGTH or not label.isprintable():
        return page(_page(here, Problem(_("Enter a name of at most 64 characters."))), 400)
    services().stores.authenticators.rename(permit().account_id, _named(here), label)
    return flask.redirect(f"{PATH}?renamed", 303)


@blueprint.post(f"{PATH}/remove")
@access(Policy.RECENTLY_SIGNED_IN)
def remove() -> flask.typing.ResponseReturnValue:
    """Take one out of use for good, but never the last way in."""
    here, authenticators = required(), services().stores.authenticators
    authenticator_id, now = _named(here), services().clock.now()
    removed = authenticators.find(permit().account_id, authenticator_id)
    try:
        if authenticators.remove(permit().account_id, authenticator_id, now=now) and removed is not None:
            notices.changed(
                permit().account_id, EventKind.PASSKEY_REMOVED, removed.label, keep_session=here.session.id
            )
    except LastWayIn:
        words = _("This is your last way to sign in. Add another one before you remove it.")
        return page(_page(here, Problem(words)), 400)
    return flask.redirect(f"{PATH}?removed", 303)


def enrol(here: Presence) -> Authenticator:
    """Take the answer of the form in hand; note it and tell the owner. Raises: PasskeyRefused."""
    form = flask.request.form
    authenticator = services().passkeys.complete_enrolment(
        permit(),
        form.get("challenge", ""),
        bound_to(here),
        form.get("answer", ""),
        _printable(form.get("label", "")),
        now=services().clock.now(),
    )
    notices.changed(
        permit().account_id, EventKind.PASSKEY_ENROLLED, authenticator.label, keep_session=here.session.id
    )
    return authenticator


def bound_to(here: Presence) -> bytes:
    """An enrolment is finished in the session in which it was begun."""
    return digest(f"passkey enrolment {here.session.id}")


def names(here: Presence) -> dict[str, str]:
    """What the keeper of the passkey will call this account."""
    region = in_language(services().settings.region_name)
    return {"username": here.owner.username, "display_name": f"{here.owner.username} ({region})"}


def _ask_again(words: str) -> flask.typing.ResponseReturnValue:
    return page(PasskeyAddPage(forms.csrf_token(), Problem(words)), 400)


def _named(here: Presence) -> str:
    """The id in the form, if it is one of this person's passkeys; else one that nobody has."""
    authenticator_id = flask.request.form.get("id", "")
    known = {one.authenticator_id for one in services().stores.passkeys.of(here.session.account_id)}
    return authenticator_id if authenticator_id in known else ""


def _printable(label: str) -> str:
    return "".join(letter for letter in label if letter.isprintable())


def _page(here: Presence, problem: Problem | None = None) -> PasskeysPage:
    account_id, passkeys = here.session.account_id, services().passkeys
    keys = {one.authenticator_id: one for one in services().stores.passkeys.of(account_id)}
    enrolled = services().stores.authenticators.of(account_id)
    return PasskeysPage(
        csrf_token=forms.csrf_token(),
        passkeys=tuple(
            _line(one, keys[one.id]) for one in enrolled if one.method is Method.PASSKEY and one.id in keys
        ),
        signal=PasskeySignal(
            rp_id=passkeys.rp.id,
            user_handle=encode(passkeys.rp.user_handle(account_id)),
            accepted=tuple(encode(one.credential_id) for one in keys.values()),
            **names(here),
        ),
        notice=_notice(),
        problem=problem,
    )


def _line(authenticator: Authenticator, passkey: Passkey) -> PasskeyLine:
    return PasskeyLine(
        id=authenticator.id,
        label=authenticator.label,
        is_synced=passkey.is_backup_eligible,
        is_second_only=Property.USER_VERIFIED not in authenticator.properties,
        is_attested=Property.ATTESTED in authenticator.properties,
        created_at=authenticator.created_at,
        last_used_at=authenticator.last_used_at,
        is_suspended=not authenticator.is_active,
    )


def _notice() -> str | None:
    if "added" in flask.request.args:
        return _("Your passkey is ready. Next time, sign in with it instead of a password.")
    if "renamed" in flask.request.args:
        return _("The passkey has its new name.")
    if "removed" in flask.request.args:
        return _("The passkey was removed. It no longer opens your account.")
    return None
