"""The waiting, and stopping it: here, from the link in a notice, or from the account's own pages."""

from __future__ import annotations

import flask

from idp.authn.recovery import Begun, OneProved, Ready, Recovery, Waiting
from idp.web import forms
from idp.web.access import Policy, access
from idp.web.pages.recover import RecoverStopPage, RecoverWaitingPage
from idp.web.presence import required as signed_in
from idp.web.recover import holding, telling
from idp.web.recover.words import labels
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("recover_waiting", __name__)


@blueprint.get("/recover/waiting")
@access(Policy.PUBLIC)
def show() -> flask.typing.ResponseReturnValue:
    """Until when, what stays asked for afterwards, and how to stop it."""
    recovery = holding.required(Waiting)
    assert isinstance(recovery.state, Waiting)
    return page(
        RecoverWaitingPage(
            step_token=holding.token(forms.Step.RECOVER_WAITING, recovery),
            until=recovery.state.until,
            still_needed=still_needed(recovery),
        )
    )


@blueprint.post("/recover/waiting")
@access(Policy.PUBLIC)
def stop_here() -> flask.typing.ResponseReturnValue:
    """In the browser that began it."""
    recovery = holding.required(Begun, OneProved, Waiting, Ready)
    holding.require_token(forms.Step.RECOVER_WAITING, recovery)
    _stop(recovery)
    holding.drop()
    return flask.redirect("/recover/stop?stopped", 303)


@blueprint.get("/recover/stop")
@access(Policy.PUBLIC)
def ask_to_stop() -> flask.typing.ResponseReturnValue:
    """From a notice. Only asks: programs that read mail open links, too."""
    token = holding.token(forms.Step.RECOVER_STOP)
    if "stopped" in flask.request.args:
        return page(RecoverStopPage(token))
    key = flask.request.args.get("key", "")
    _named(key)
    return page(RecoverStopPage(token, key))


@blueprint.post("/recover/stop")
@access(Policy.PUBLIC)
def stop_by_key() -> flask.typing.ResponseReturnValue:
    """Whoever got the notice says no."""
    holding.require_token(forms.Step.RECOVER_STOP)
    _stop(_named(flask.request.form.get("key", "")))
    return flask.redirect("/recover/stop?stopped", 303)


@blueprint.post("/account/recovery/stop")
@access(Policy.SIGNED_IN)
def stop_from_account() -> flask.typing.ResponseReturnValue:
    """Whoever is signed in says no."""
    account_id, now = signed_in().session.account_id, services().clock.now()
    running = services().account_recovery.running(account_id, now=now)
    if running is not None:
        _stop(running)
    return flask.redirect("/account?recovery-stopped", 303)


def still_needed(recovery: Recovery) -> tuple[str, ...]:
    """What a sign-in with the new password will still ask for: a reset skips nothing (ASVS 6.4.3)."""
    enrolled = services().stores.authenticators.of(recovery.account_id or "")
    kept = tuple(one for one in enrolled if one.id not in recovery.lost)
    return labels(services().assurance.owed((), kept))


def _named(key: str) -> Recovery:
    found = services().account_recovery.find_by_stop_key(key, now=services().clock.now())
    if found is None:
        raise holding.RecoveryOver
    return found


def _stop(recovery: Recovery) -> None:
    if services().account_recovery.stop(recovery, now=services().clock.now()) and recovery.account_id:
        telling.stopped(recovery)
