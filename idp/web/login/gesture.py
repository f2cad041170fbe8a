"""The pattern: as the first proof in a browser that holds a key of its own, or as a further one."""

from __future__ import annotations

import flask

from idp.authn.factors.gesture import DeviceKey, GestureOff, QuestionOver, WrongGesture
from idp.foundation.events import EventKind
from idp.foundation.identifiers import digest
from idp.oidc.authorization.transaction import Transaction
from idp.oidc.proofs import Method
from idp.web import cookies, forms, notices, presence, stepping_up, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card
from idp.web.locale import gettext as _
from idp.web.locale import ngettext
from idp.web.login import steps
from idp.web.pages.common import Problem
from idp.web.pages.gesture import GesturePage
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("login_gesture", __name__)

MAX_KEY_ID = 64
MAX_SIGNATURE_HEX = 256


@blueprint.get("/login/gesture")
@access(Policy.TRANSACTION)
def ask_gesture() -> flask.typing.ResponseReturnValue:
    """Show the dots, with a fresh question for the browser's key."""
    return page(_page(transactions.current()))


@blueprint.post("/login/gesture")
@access(Policy.TRANSACTION)
def take_gesture() -> flask.typing.ResponseReturnValue:
    """Check what the key signed. Every question is answered once, right or wrong."""
    transaction, form = steps.open_for(forms.Step.GESTURE), flask.request.form
    key_id = form.get("key", "")[:MAX_KEY_ID]
    try:
        key, proof = services().gestures.verify(
            form.get("challenge", ""),
            bound_to(transaction.id),
            key_id,
            _bytes(form.get("signature", "")),
            now=services().clock.now(),
        )
        return steps.proved(transaction, key.account_id, proof, key.id)
    except QuestionOver:
        words = _("The page was open for too long. Draw your pattern once more.")
        return page(_page(transaction, Problem(words), key_id), 400)
    except WrongGesture as error:
        return _again(transaction, error)
    except (GestureOff, steps.NoLongerUsable):
        return page(_page_when_off(transaction, key_id), 400)


def bound_to(context: str) -> bytes:
    """What an answer must come with: this browser, and the transaction or session it was asked in."""
    return digest(f"{cookies.ensure_browser_value()} {context}")


def _again(transaction: Transaction, error: WrongGesture) -> flask.typing.ResponseReturnValue:
    if error.left == 0:
        _switch_off(error.key)
        steps.count_wrong_answer(transaction, error.key.account_id)
        return page(_page_when_off(transaction, error.key.id), 400)
    steps.count_wrong_answer(transaction, error.key.account_id)
    words = ngettext(
        "That is not the pattern. You have %(num)d try left.",
        "That is not the pattern. You have %(num)d tries left.",
        error.left,
    )
    return page(_page(transaction, Problem(words), error.key.id), 400)


def _switch_off(key: DeviceKey) -> None:
    """Ten misses: the key is gone for good, and its owner hears of it."""
    stores, here, now = services().stores, presence.current(), services().clock.now()
    line = stores.authenticators.find(key.account_id, key.id)
    with services().database.transaction():
        if line is not None and stores.authenticators.remove(key.account_id, key.id, now=now):
            notices.changed(
                key.account_id,
                EventKind.GESTURE_SWITCHED_OFF,
                line.label,
                keep_session=here.session.id if here else None,
            )


def _owner(transaction: Transaction) -> str | None:
    """Whose further proof this is; None when the sign-in begins with it."""
    if transaction.proved is not None:
        return transaction.proved.account_id
    here = presence.current()
    return here.session.account_id if here is not None and stepping_up.missing(transaction) else None


def _page_when_off(transaction: Transaction, key_id: str) -> GesturePage:
    words = _("This pattern does not work any more. Sign in another way; then you can set it up again.")
    return _page(transaction, Problem(words), off_key=key_id)


def _page(
    transaction: Transaction, problem: Problem | None = None, last_key: str = "", off_key: str = ""
) -> GesturePage:
    owner = _owner(transaction)
    asked = services().gestures.begin_sign_in(bound_to(transaction.id), owner, now=services().clock.now())
    return GesturePage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.GESTURE),
        challenge=asked.challenge,
        keys=_keys_of(owner),
        last_key=last_key,
        off_key=off_key,
        is_further=owner is not None,
        problem=problem,
    )


def _keys_of(owner: str | None) -> tuple[str, ...]:
    if owner is None:
        return ()
    enrolled = services().stores.authenticators.of(owner)
    return tuple(one.id for one in enrolled if one.method is Method.GESTURE and one.is_active)


def _bytes(text: str) -> bytes:
    """What the browser wrote as hexadecimal digits; nothing at all when it is something else."""
    try:
        return bytes.fromhex(text[:MAX_SIGNATURE_HEX])
    except ValueError:
        return b""
