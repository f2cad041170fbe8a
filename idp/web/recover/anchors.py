"""The two anchors: choose one, show it, choose another.

Until one is shown every page is the same for accounts and for names that nobody has.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import flask

from idp.authn.account_recovery import AnotherIsRunning, Proved, WornOut
from idp.authn.challenges import ChallengePurpose
from idp.authn.factors.codes import WrongCode
from idp.authn.message_codes import Asker, CodeOver, CodeWanted
from idp.authn.messages import Channel
from idp.authn.recovery import FIRST_ANCHORS, Anchor, Begun, OneProved, Recovery
from idp.authn.recovery_store import RecoveryOver as Over
from idp.authn.throttle import TooManyAttempts
from idp.oidc.proofs import Method
from idp.web import forms
from idp.web.access import Policy, access
from idp.web.locale import gettext as _
from idp.web.login.steps import address
from idp.web.message_words import ask_again_words, code_words
from idp.web.pages.common import Problem
from idp.web.pages.recover import RecoverAnchorsPage, RecoverCodePage
from idp.web.recover import holding, telling
from idp.web.recover.words import anchor_line, span
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("recover_anchors", __name__)

MESSAGES = {
    Anchor.EMAIL: (Channel.EMAIL, ChallengePurpose.RECOVERY_EMAIL),
    Anchor.TEXT_MESSAGE: (Channel.SMS, ChallengePurpose.RECOVERY_TEXT_MESSAGE),
}


@blueprint.get("/recover/anchors")
@access(Policy.PUBLIC)
def ask() -> flask.typing.ResponseReturnValue:
    """What do you still have?"""
    return page(_page(holding.required(Begun, OneProved)))


@blueprint.post("/recover/anchors")
@access(Policy.PUBLIC)
def choose() -> flask.typing.ResponseReturnValue:
    """Send a code where one is to be sent, and go on to the field for it."""
    recovery = holding.required(Begun, OneProved)
    holding.require_token(forms.Step.RECOVER_ANCHORS, recovery)
    anchor, now = _chosen(recovery), services().clock.now()
    if anchor not in MESSAGES:
        return _to_code(anchor, "")
    try:
        return _to_code(anchor, _send(recovery, anchor))
    except TooManyAttempts as error:
        return page(_page(recovery, Problem(ask_again_words(error, now))), 429)


@blueprint.get("/recover/code")
@access(Policy.PUBLIC)
def ask_code() -> flask.typing.ResponseReturnValue:
    """The field for one anchor."""
    recovery = holding.required(Begun, OneProved)
    return page(_code_page(recovery, _chosen(recovery)))


@blueprint.post("/recover/code")
@access(Policy.PUBLIC)
def take_code() -> flask.typing.ResponseReturnValue:
    """Check it. With the second anchor the waiting begins, and the owner is told everywhere."""
    recovery = holding.required(Begun, OneProved)
    holding.require_token(forms.Step.RECOVER_CODE, recovery)
    anchor, now = _chosen(recovery), services().clock.now()
    try:
        proved = _prove(recovery, anchor)
    except (WrongCode, CodeOver):
        return page(_code_page(recovery, anchor, Problem(_wrong_words(anchor), "code")), 400)
    except TooManyAttempts as error:
        return page(_code_page(recovery, anchor, Problem(wait_words(error, now), "code")), 429)
    except WornOut as error:
        raise holding.RecoveryWornOut from error
    except Over as error:
        raise holding.RecoveryOver from error
    except AnotherIsRunning as error:
        raise holding.AnotherRecoveryRuns from error
    if proved.stop_key is not None:
        telling.waiting(proved.recovery, proved.stop_key)
    return flask.redirect(holding.place_of(proved.recovery), 303)


def _prove(recovery: Recovery, anchor: Anchor) -> Proved:
    recoveries, now = services().account_recovery, services().clock.now()
    code = flask.request.form.get("code", "")
    if anchor is Anchor.TOTP:
        return recoveries.prove_totp(recovery, code, address(), now=now)
    if anchor is Anchor.RECOVERY_CODE:
        return recoveries.prove_recovery_code(recovery, code, now=now)
    return recoveries.prove_message(recovery, anchor, _message_check(recovery, anchor, code), now=now)


def _message_check(recovery: Recovery, anchor: Anchor, code: str) -> Callable[[], None]:
    _channel, purpose = MESSAGES[anchor]
    challenge_id, now = flask.request.form.get("challenge", ""), services().clock.now()

    def check() -> None:
        answered = services().message_codes.verify(challenge_id, purpose, code, _asker(), now=now)
        # Bound to this recovery by its digest, and so to this account; asked once more where it decides.
        if answered.account_id is None or answered.account_id != recovery.account_id:
            raise WrongCode
        # The address or number may have changed since, because somebody else had the old one.
        to = _recipient(answered.account_id, anchor)
        if to is None or not services().message_codes.went_to(answered, to):
            raise WrongCode

    return check


def _send(recovery: Recovery, anchor: Anchor) -> str:
    channel, purpose = MESSAGES[anchor]
    wanted = CodeWanted(
        purpose=purpose,
        channel=channel,
        name=recovery.name_hash.hex(),
        account_id=recovery.account_id,
        to=_recipient(recovery.account_id or "", anchor),
        words=code_words(channel, purpose),
        instead_of=flask.request.form.get("challenge", ""),
    )
    return services().message_codes.begin(wanted, _asker(), now=services().clock.now())


def _recipient(account_id: str, anchor: Anchor) -> str | None:
    contact = services().contacts.of(account_id)
    return contact.email if anchor is Anchor.EMAIL else contact.phone_number


def _asker() -> Asker:
    return Asker(holding.bound_to(), address())


def _chosen(recovery: Recovery) -> Anchor:
    """The anchor that the request names. Raises: Elsewhere — none that can be shown now."""
    named = flask.request.values.get("anchor", "")
    for anchor in _anchors(recovery):
        if anchor.value == named:
            return anchor
    raise holding.Elsewhere("/recover/anchors")


def _anchors(recovery: Recovery) -> tuple[Anchor, ...]:
    """What can be shown next. The first choice is the same for everybody; then what the person really has."""
    if not recovery.anchors or recovery.account_id is None:
        return tuple(anchor for anchor in FIRST_ANCHORS if _can_be_sent(anchor))
    return tuple(
        anchor
        for anchor in Anchor
        if anchor not in recovery.anchors and _can_be_sent(anchor) and _has(recovery.account_id, anchor)
    )


def _can_be_sent(anchor: Anchor) -> bool:
    return anchor not in MESSAGES or services().post.can_send(MESSAGES[anchor][0])


def _has(account_id: str, anchor: Anchor) -> bool:
    match anchor:
        case Anchor.EMAIL | Anchor.TEXT_MESSAGE:
            return _recipient(account_id, anchor) is not None
        case Anchor.RECOVERY_CODE:
            return services().stores.credentials.count_recovery_codes(account_id) > 0
        case Anchor.TOTP:
            found = services().stores.authenticators.find(account_id, Method.TOTP.value)
            return found is not None and found.is_active


def _to_code(anchor: Anchor, challenge_id: str) -> flask.typing.ResponseReturnValue:
    query = {"anchor": anchor.value} | ({"challenge": challenge_id} if challenge_id else {})
    return flask.redirect(f"/recover/code?{urlencode(query)}", 303)


def _page(recovery: Recovery, problem: Problem | None = None) -> RecoverAnchorsPage:
    return RecoverAnchorsPage(
        step_token=holding.token(forms.Step.RECOVER_ANCHORS, recovery),
        anchors=tuple(map(anchor_line, _anchors(recovery))),
        proved=tuple(anchor_line(anchor).label for anchor in sorted(recovery.anchors)),
        waiting_words=span(services().settings.recovery_wait),
        problem=problem,
    )


def _code_page(recovery: Recovery, anchor: Anchor, problem: Problem | None = None) -> RecoverCodePage:
    return RecoverCodePage(
        step_token=holding.token(forms.Step.RECOVER_CODE, recovery),
        anchors_token=holding.token(forms.Step.RECOVER_ANCHORS, recovery),
        anchor=anchor.value,
        challenge=flask.request.values.get("challenge", ""),
        problem=problem,
    )


def _wrong_words(anchor: Anchor) -> str:
    if anchor in MESSAGES:
        return _("This code is not right or has expired. Check it, or ask for a new one.")
    if anchor is Anchor.TOTP:
        return _("That code is not right or was used already. Wait for the next one and enter it.")
    return _("That recovery code is not right or was used already. Try another one.")
