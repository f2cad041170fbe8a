"""The end of a recovery: a new password, or a passkey. One commit uses the recovery up and sets what is new."""

from __future__ import annotations

from collections.abc import Callable

import flask

from idp.accounts.person import Account
from idp.authn.factors.passkey_values import PasskeyKind, PasskeyRefused, TooManyPasskeys
from idp.authn.factors.password import PasswordRefused
from idp.authn.permit import Permit
from idp.authn.recovery import Ready, Recovery
from idp.authn.recovery_store import RecoveryOver
from idp.foundation.events import Event, EventKind
from idp.web import forms
from idp.web.access import Policy, access
from idp.web.account.password import about_claims, refusal_words
from idp.web.cards import in_language
from idp.web.locale import gettext as _
from idp.web.pages.common import Problem
from idp.web.pages.recover import RecoverDonePage, RecoverFinishPage
from idp.web.recover import holding, telling
from idp.web.recover.waiting import still_needed
from idp.web.recover.words import labels
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("recover_finish", __name__)


@blueprint.get("/recover/finish")
@access(Policy.PUBLIC)
def ask() -> flask.typing.ResponseReturnValue:
    """What goes, what stays, and the field for the new password."""
    return page(_page(holding.required(Ready)))


@blueprint.post("/recover/finish")
@access(Policy.PUBLIC)
def set_password() -> flask.typing.ResponseReturnValue:
    """Set it. Nobody is signed in by it: the new password is tried at the usual place, with all that guards it."""
    recovery = holding.required(Ready)
    holding.require_token(forms.Step.RECOVER_FINISH, recovery)
    account, password = _account(recovery), flask.request.form.get("new_password", "")
    about = about_claims(account.username, account.claims)
    now = services().clock.now()

    def set_it(permit: Permit) -> None:
        services().passwords.set(permit, password, about=about, now=now)
        _note(permit, EventKind.PASSWORD_CHANGED)

    try:
        services().passwords.check(password, about=about)
        return _finish(recovery, set_it)
    except PasswordRefused as error:
        return page(_page(recovery, Problem(refusal_words(error.problem), "new_password")), 400)


@blueprint.post("/recover/passkey/options")
@access(Policy.PUBLIC)
def ask_browser() -> flask.typing.ResponseReturnValue:
    """The question for the browser that makes the passkey. Sets nothing."""
    recovery = _with_passkey()
    account, region = _account(recovery), in_language(services().settings.region_name)
    try:
        ceremony = services().passkeys.begin_enrolment(
            services().account_recovery.prepare(recovery, now=services().clock.now()),
            holding.bound_to(),
            PasskeyKind.PASSKEY,
            username=account.username,
            display_name=f"{account.username} ({region})",
            now=services().clock.now(),
        )
    except TooManyPasskeys:
        return flask.jsonify(problem=_("You have as many passkeys as one can have. Remove one first.")), 409
    return flask.jsonify(challenge=ceremony.challenge_id, options=ceremony.options)


@blueprint.post("/recover/passkey")
@access(Policy.PUBLIC)
def set_passkey() -> flask.typing.ResponseReturnValue:
    """Enrol what the browser made."""
    recovery, form = _with_passkey(), flask.request.form

    def set_it(permit: Permit) -> None:
        passkey = services().passkeys.complete_enrolment(
            permit,
            form.get("challenge", ""),
            holding.bound_to(),
            form.get("answer", ""),
            "",
            now=services().clock.now(),
        )
        _note(permit, EventKind.PASSKEY_ENROLLED, passkey.label)

    try:
        return _finish(recovery, set_it)
    except PasskeyRefused:
        return page(_page(recovery, Problem(_("The passkey could not be added. Please try again."))), 400)


@blueprint.get("/recover/done")
@access(Policy.PUBLIC)
def done() -> flask.typing.ResponseReturnValue:
    """Where to go now."""
    return page(RecoverDonePage())


def _finish(recovery: Recovery, set_it: Callable[[Permit], None]) -> flask.typing.ResponseReturnValue:
    now = services().clock.now()
    try:
        with services().database.transaction():
            # First used up, then set: of two at once the second finds nothing to use.
            permit = services().account_recovery.finish(recovery, now=now)
            set_it(permit)
            for authenticator_id in recovery.lost:
                services().stores.authenticators.remove(permit.account_id, authenticator_id, now=now)
            telling.recovered(recovery)
    except RecoveryOver as error:
        raise holding.RecoveryOver from error
    holding.drop()
    return flask.redirect("/recover/done", 303)


def _note(permit: Permit, kind: EventKind, label: str | None = None) -> None:
    # Not as another notice: the one about the recovery says it, and every session has ended.
    now = services().clock.now()
    services().stores.events.record(Event(kind, now, account_id=permit.account_id, subject=label))


def _with_passkey() -> Recovery:
    """The recovery, if a passkey may come out of it. Raises: Elsewhere."""
    recovery = holding.required(Ready)
    holding.require_token(forms.Step.RECOVER_FINISH, recovery)
    if not _may_set_passkey(recovery):
        raise holding.Elsewhere("/recover/finish")
    return recovery


def _may_set_passkey(recovery: Recovery) -> bool:
    """A passkey opens the account by itself, so it must not take the place of a factor that was not shown."""
    return recovery.shows_second_factor or not still_needed(recovery)


def _account(recovery: Recovery) -> Account:
    account = services().stores.accounts.find_by_id(recovery.account_id or "")
    if account is None:
        raise holding.RecoveryOver
    return account


def _page(recovery: Recovery, problem: Problem | None = None) -> RecoverFinishPage:
    enrolled = services().stores.authenticators.of(recovery.account_id or "")
    return RecoverFinishPage(
        step_token=holding.token(forms.Step.RECOVER_FINISH, recovery),
        username=_account(recovery).username,
        minimum_length=services().settings.password_min_length,
        removed=labels(one for one in enrolled if one.id in recovery.lost),
        still_needed=still_needed(recovery),
        may_set_passkey=_may_set_passkey(recovery),
        problem=problem,
    )
