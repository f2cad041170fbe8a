"""One thing that guards the account: give it a name, suspend it, take it back into use, remove it.

The same for every factor. Each change takes a recent, strong enough sign-in, is noted, signs out every other browser
and is told to the owner.
"""

from __future__ import annotations

import unicodedata

import flask

from idp.authn.authenticators import LABEL_LENGTH, Authenticator, LastWayIn
from idp.authn.protection import is_last_way, owed_after_password, protection_of, without
from idp.foundation.events import Event, EventKind
from idp.oidc.proofs import Method
from idp.web import forms, notices
from idp.web.access import Policy, access
from idp.web.authenticator_words import afterwards, explanation_of, kind_of, name_of, role_of
from idp.web.device_words import device_words
from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext
from idp.web.pages.common import Problem
from idp.web.pages.security import AuthenticatorLine, AuthenticatorPage
from idp.web.presence import permit, required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_authenticators", __name__)

PATH = "/account/security/authenticators"
NAMED_BY_OWNER = frozenset({Method.PASSKEY, Method.GESTURE, Method.TOTP, Method.HOTP})
OWN_PAGES = {
    Method.PASSWORD: ("/account/security/password", lazy_gettext("Change password")),
    Method.PASSKEY: ("/account/security/passkeys", lazy_gettext("All your passkeys")),
    Method.TOTP: ("/account/security/totp", lazy_gettext("Set up another app in its place")),
    Method.HOTP: ("/account/security/hotp/resync", lazy_gettext("Its codes are refused? Set it right")),
    Method.FACE: ("/account/security/face", lazy_gettext("What we keep of your face")),
    Method.VOICE: ("/account/security/voice", lazy_gettext("What we keep of your voice")),
}
REMOVED = {
    Method.PASSKEY: EventKind.PASSKEY_REMOVED,
    Method.TOTP: EventKind.TOTP_REMOVED,
    Method.FACE: EventKind.FACE_REMOVED,
}
"""What the audit trail calls it; the others have no word of their own."""
AFTER_REMOVAL = {Method.PASSKEY: "/account/security/passkeys?removed"}
"""Where the browser can be told that what it keeps is of no use any more."""


@blueprint.get(f"{PATH}/<authenticator_id>")
@access(Policy.RECENTLY_SIGNED_IN)
def show(authenticator_id: str) -> flask.typing.ResponseReturnValue:
    """What it is and what can be done with it."""
    return page(_page(_mine(authenticator_id), notice=_notice()))


@blueprint.post(f"{PATH}/<authenticator_id>/rename")
@access(Policy.RECENTLY_SIGNED_IN)
def rename(authenticator_id: str) -> flask.typing.ResponseReturnValue:
    """Give it another name."""
    one, typed = _mine(authenticator_id), flask.request.form.get("label", "")
    label = " ".join(unicodedata.normalize("NFC", typed).split())
    if not 0 < len(label) <= LABEL_LENGTH or not label.isprintable() or one.method not in NAMED_BY_OWNER:
        words = _("Enter a name of at most %(count)s characters.", count=LABEL_LENGTH)
        return page(_page(one, typed=typed, problem=Problem(words, "label")), 400)
    with services().database.transaction():
        if services().stores.authenticators.rename(permit().account_id, one.id, label):
            # Not `notices.changed`: another name changes nothing about who gets in, so nobody is signed out.
            event = Event(
                EventKind.AUTHENTICATOR_RENAMED, services().clock.now(), permit().account_id, subject=label
            )
            services().stores.events.record(event)
    return flask.redirect(f"{PATH}/{one.id}?renamed", 303)


@blueprint.post(f"{PATH}/<authenticator_id>/suspend")
@access(Policy.RECENTLY_SIGNED_IN)
def suspend(authenticator_id: str) -> flask.typing.ResponseReturnValue:
    """Put it out of use until its owner takes it back."""
    one, now = _mine(authenticator_id), services().clock.now()
    try:
        with services().database.transaction():
            if services().stores.authenticators.suspend(permit().account_id, one.id, now=now):
                _changed(one, EventKind.AUTHENTICATOR_SUSPENDED)
    except LastWayIn:
        return _refused(one)
    return flask.redirect(f"{PATH}/{one.id}?suspended", 303)


@blueprint.post(f"{PATH}/<authenticator_id>/resume")
@access(Policy.RECENTLY_SIGNED_IN)
def resume(authenticator_id: str) -> flask.typing.ResponseReturnValue:
    """Take it back into use."""
    one, now = _mine(authenticator_id), services().clock.now()
    with services().database.transaction():
        if services().stores.authenticators.resume(permit().account_id, one.id, now=now):
            _changed(one, EventKind.AUTHENTICATOR_RESUMED)
    return flask.redirect(f"{PATH}/{one.id}?resumed", 303)


@blueprint.post(f"{PATH}/<authenticator_id>/remove")
@access(Policy.RECENTLY_SIGNED_IN)
def remove(authenticator_id: str) -> flask.typing.ResponseReturnValue:
    """Delete it and its secret, for good; never the last way in."""
    one, now = _mine(authenticator_id), services().clock.now()
    try:
        with services().database.transaction():
            if services().stores.authenticators.remove(permit().account_id, one.id, now=now):
                _changed(one, REMOVED.get(one.method, EventKind.AUTHENTICATOR_REMOVED))
    except LastWayIn:
        return _refused(one)
    return flask.redirect(AFTER_REMOVAL.get(one.method, "/account/security?removed"), 303)


def line_of(one: Authenticator, enrolled: tuple[Authenticator, ...]) -> AuthenticatorLine:
    """What the pages say of one of these."""
    return AuthenticatorLine(
        href=f"{PATH}/{one.id}",
        name=name_of(one),
        kind=kind_of(one) if one.label else "",
        role=role_of(one, owed_after_password(services().assurance, enrolled)),
        is_suspended=not one.is_active,
        created_at=one.created_at,
        last_used_at=one.last_used_at,
        last_used_device=device_words(one.last_used_agent) if one.last_used_agent else "",
        last_used_place=one.last_used_address,
    )


def _mine(authenticator_id: str) -> Authenticator:
    """It, if it is the signed-in person's. To everybody else it does not exist."""
    found = services().stores.authenticators.find(permit().account_id, authenticator_id)
    if found is None:
        flask.abort(404)
    return found


def _changed(one: Authenticator, kind: EventKind) -> None:
    # The kind says already what it is, unless it is one of those common to all.
    name = one.label if kind in REMOVED.values() else name_of(one)
    notices.changed(permit().account_id, kind, name, keep_session=required().session.id)


def _refused(one: Authenticator) -> flask.typing.ResponseReturnValue:
    words = _("This is your last way in. Add another one first.")
    return page(_page(one, problem=Problem(words)), 409)


def _page(
    one: Authenticator, *, typed: str | None = None, problem: Problem | None = None, notice: str | None = None
) -> AuthenticatorPage:
    enrolled = services().stores.authenticators.of(one.account_id)
    before = protection_of(services().assurance, enrolled)
    other_path, other_label = OWN_PAGES.get(one.method, ("", ""))
    return AuthenticatorPage(
        csrf_token=forms.csrf_token(),
        line=line_of(one, enrolled),
        path=f"{PATH}/{one.id}",
        explanation=explanation_of(one),
        can_be_named=one.method in NAMED_BY_OWNER,
        is_last_way=is_last_way(enrolled, one.id),
        warning=afterwards(protection_of(services().assurance, without(enrolled, one.id)), before),
        other_path=other_path,
        other_label=str(other_label),
        typed=typed,
        notice=notice,
        problem=problem,
    )


def _notice() -> str | None:
    if "renamed" in flask.request.args:
        return _("It has its new name.")
    if "suspended" in flask.request.args:
        return _("It is suspended. Every other browser was signed out.")
    if "resumed" in flask.request.args:
        return _("It is back in use.")
    return None
