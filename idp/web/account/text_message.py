"""Sign-in codes by text message: turned on by the first one that arrives."""

from __future__ import annotations

from urllib.parse import urlencode

import flask

from idp.authn.challenges import ChallengePurpose
from idp.authn.factors.codes import WrongCode
from idp.authn.factors.text_message import NoNumber
from idp.authn.message_codes import Asker, CodeOver
from idp.authn.messages import Channel
from idp.authn.throttle import TooManyAttempts
from idp.foundation.events import EventKind
from idp.web import binding, forms, notices
from idp.web.access import Policy, access
from idp.web.locale import gettext as _
from idp.web.message_words import ask_again_words, code_words, ending_of
from idp.web.pages.common import Problem
from idp.web.pages.one_time_codes import TextMessageEnrolPage
from idp.web.presence import permit, required
from idp.web.render import page
from idp.web.services import services
from idp.web.waiting import wait_words

blueprint = flask.Blueprint("account_text_message", __name__)

PATH = "/account/security/text-message"


@blueprint.get(PATH)
@access(Policy.RECENTLY_SIGNED_IN)
def ask() -> flask.typing.ResponseReturnValue:
    """Offer to send a code, or ask for the one that was sent."""
    return page(_page(_challenge()))


@blueprint.post(f"{PATH}/send")
@access(Policy.RECENTLY_SIGNED_IN)
def send() -> flask.typing.ResponseReturnValue:
    """Send a code to the verified number; it takes the place of the one before."""
    now = services().clock.now()
    words = code_words(Channel.SMS, ChallengePurpose.TEXT_MESSAGE_ENROLMENT)
    if not services().post.can_send(Channel.SMS):
        return page(_page(), 400)
    try:
        challenge = services().text_messages.begin_enrolment(
            permit(), _asker(), words, instead_of=_challenge(), now=now
        )
    except NoNumber:
        return page(_page(), 400)
    except TooManyAttempts as error:
        return page(_page(_challenge(), Problem(ask_again_words(error, now))), 429)
    return flask.redirect(f"{PATH}?{urlencode({'challenge': challenge})}", 303)


@blueprint.post(PATH)
@access(Policy.RECENTLY_SIGNED_IN)
def confirm() -> flask.typing.ResponseReturnValue:
    """Turn it on with the code that came."""
    here, now = required(), services().clock.now()
    code = flask.request.form.get("code", "")
    try:
        services().text_messages.confirm(permit(), _challenge(), code, _asker(), now=now)
    except WrongCode:
        problem = Problem(_("That code is not right. Check the newest message and enter it again."), "code")
        return page(_page(_challenge(), problem), 400)
    except (CodeOver, NoNumber):
        return page(
            _page("", Problem(_("That code has expired or was used already. Ask for a new one."))), 400
        )
    except TooManyAttempts as error:
        return page(_page(_challenge(), Problem(wait_words(error, now), "code")), 429)
    notices.changed(here.session.account_id, EventKind.TEXT_MESSAGES_ENROLLED, keep_session=here.session.id)
    return flask.redirect("/account/security?text-messages-on", 303)


def _challenge() -> str:
    return flask.request.values.get("challenge", "")


def _asker() -> Asker:
    return binding.asker(required().session.id)


def _page(challenge: str = "", problem: Problem | None = None) -> TextMessageEnrolPage:
    account_id = required().session.account_id
    return TextMessageEnrolPage(
        csrf_token=forms.csrf_token(),
        number=_number(account_id),
        challenge=challenge,
        is_on=_is_on(account_id),
        problem=problem,
    )


def _number(account_id: str) -> str:
    if not services().post.can_send(Channel.SMS):
        return ""
    try:
        return ending_of(services().text_messages.verified_number(account_id))
    except NoNumber:
        return ""


def _is_on(account_id: str) -> bool:
    try:
        services().text_messages.number_of(account_id)
    except NoNumber:
        return False
    return True
