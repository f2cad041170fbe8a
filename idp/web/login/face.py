"""The face, as one more proof after something the person holds. Yes or no; never how like."""

from __future__ import annotations

import flask

from idp.authn.challenges import ChallengePurpose
from idp.authn.factors.face import AUTHENTICATOR_ID
from idp.authn.factors.face_values import Asked, CaptureOver, NotEnrolled, NotRecognised
from idp.authn.throttle import TooManyAttempts
from idp.oidc.authorization.transaction import Transaction
from idp.oidc.proofs import Method, Proof, Property
from idp.web import forms, presence, transactions
from idp.web.access import Policy, access
from idp.web.binding import bound_to
from idp.web.cards import app_card
from idp.web.face_frames import asked, begun, faces, let_frames_in, look
from idp.web.headers import allow_device
from idp.web.locale import gettext as _
from idp.web.login import steps, ways
from idp.web.pages.common import Problem
from idp.web.pages.face import FacePage
from idp.web.problems import PageExpired
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("login_face", __name__)
blueprint.url_value_preprocessor(let_frames_in)


@blueprint.get("/login/face")
@access(Policy.TRANSACTION)
def ask_face() -> flask.typing.ResponseReturnValue:
    """Say what will happen; the camera starts when the person says so."""
    transaction = transactions.current()
    account_id = _whose(transaction)
    return page(_page(transaction, account_id))


@blueprint.post("/login/face/begin")
@access(Policy.TRANSACTION)
def begin() -> flask.typing.ResponseReturnValue:
    """Called by the page when its camera runs."""
    transaction = steps.open_for(forms.Step.FACE)
    account_id, now = _whose(transaction), services().clock.now()
    try:
        challenge_id = faces().begin_check(account_id, bound_to(transaction.id), steps.address(), now=now)
    except TooManyAttempts as error:
        return {"problem": wait_words(error, now)}, 429
    except NotEnrolled:
        return {"problem": _("Your face is not set up any more. Choose another way.")}, 400
    return begun(challenge_id)


@blueprint.post("/login/face/frame")
@access(Policy.TRANSACTION)
def take_frame() -> flask.typing.ResponseReturnValue:
    """Look at one frame."""
    transaction = steps.open_for(forms.Step.FACE)
    return look(_asked(transaction, _whose(transaction)))


@blueprint.post("/login/face")
@access(Policy.TRANSACTION)
def take_face() -> flask.typing.ResponseReturnValue:
    """The check is over: was it them?"""
    transaction = steps.open_for(forms.Step.FACE)
    account_id, now = _whose(transaction), services().clock.now()
    try:
        faces().finish_check(_asked(transaction, account_id), steps.address(), now=now)
        proof = Proof(Method.FACE, now, faces().properties)
        return steps.proved(transaction, account_id, proof, AUTHENTICATOR_ID)
    except (NotRecognised, steps.NoLongerUsable):
        steps.count_wrong_answer(transaction, account_id)
    except (CaptureOver, NotEnrolled):
        pass  # No face was compared: a form sent twice must not spend the answers of the copy that counts.
    words = _(
        "We could not make sure that it is you. Find even light, take off what covers your face, and "
        "try again, or choose another way."
    )
    return page(_page(transaction, account_id, Problem(words)), 400)


def _whose(transaction: Transaction) -> str:
    """Whose face is asked for. Raises: PageExpired — nobody has shown yet that they hold something of theirs."""
    faces()
    account_id = steps.whose(transaction)
    if transaction.proved is not None:
        shown = transaction.proved.proofs
    else:
        here = presence.current()
        shown = here.session.proofs if here is not None else ()
    if not any(Property.POSSESSION in proof.properties for proof in shown):
        raise PageExpired(transactions.begin_again(transaction))
    return account_id


def _asked(transaction: Transaction, account_id: str) -> Asked:
    return asked(ChallengePurpose.FACE_SIGN_IN, account_id, transaction.id)


def _page(transaction: Transaction, account_id: str, problem: Problem | None = None) -> FacePage:
    allow_device("camera")
    others = [line for line in ways.further(transaction) if line.method is not Method.FACE]
    return FacePage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.FACE),
        is_usable=faces().is_usable_by(account_id),
        other_ways_href=steps.address_of("/login/ways", transaction) + "&all" if others else None,
        problem=problem,
    )
