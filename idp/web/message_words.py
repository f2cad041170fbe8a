"""What messages with codes say, and how a number or address is shown to somebody who may not be its owner."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from idp.authn.challenges import ChallengePurpose
from idp.authn.message_codes import CODE_LIFETIME
from idp.authn.messages import Channel, Words
from idp.authn.throttle import TooManyAttempts
from idp.web.cards import in_language
from idp.web.locale import gettext as _
from idp.web.locale import ngettext
from idp.web.services import services

MAX_APP_NAME = 30
"""Characters: a text message is charged by its length, and a long name could pretend to be a sentence of ours."""
_SHOWN_OF_NUMBER = 4
_MINUTES = int(CODE_LIFETIME.total_seconds() // 60)


def code_words(channel: Channel, purpose: ChallengePurpose, app: str = "") -> Callable[[str], Words]:
    """Makes the message of a code, in the reader's language; `app` is the mini-app it is for, as people know it.

    The digits come first: they are seen without opening the message.
    """
    region, host = in_language(services().settings.region_name), urlsplit(services().settings.issuer).hostname
    name = _shortened(app or region)

    def words(code: str) -> Words:
        texts = [
            _what_for(purpose, code, name, host or ""),
            _(
                "It works for %(minutes)s minutes. Never tell it to anybody, not even to us.",
                minutes=_MINUTES,
            ),
        ]
        if channel is Channel.SMS:
            # The form in which phones recognise whose code it is, and offer it on that site alone.
            texts.append(f"\n\n@{host} #{code}")
        else:
            texts.append(_("If you did not ask for it, do nothing: without it nobody can go on."))
        return Words(_("Your code for %(name)s", name=region), _joined(texts))

    return words


def _what_for(purpose: ChallengePurpose, code: str, name: str, host: str) -> str:
    match purpose:
        case ChallengePurpose.TEXT_MESSAGE_SIGN_IN:
            return _(
                "%(code)s is your code to sign in to %(app)s at %(host)s.", code=code, app=name, host=host
            )
        case ChallengePurpose.TEXT_MESSAGE_ENROLMENT:
            return _(
                "%(code)s is your code to turn on codes by text message at %(host)s.", code=code, host=host
            )
        case _:
            return _("%(code)s is your code to get back into your account at %(host)s.", code=code, host=host)


def _joined(texts: list[str]) -> str:
    return " ".join(texts).replace(" \n", "\n")


def _shortened(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= MAX_APP_NAME else name[: MAX_APP_NAME - 1] + "…"


def ending_of(number: str) -> str:
    """A telephone number by its last digits, enough for its owner."""
    return number[-_SHOWN_OF_NUMBER:]


def ask_again_words(error: TooManyAttempts, now: datetime) -> str:
    """What to tell somebody who asked for codes too often; the same whether or not any was sent."""
    retry_at = error.retry_at or now
    minutes = max(1, math.ceil((retry_at - now).total_seconds() / 60))
    return ngettext(
        "You have asked for several codes already. Wait %(num)d minute, then ask for another one.",
        "You have asked for several codes already. Wait %(num)d minutes, then ask for another one.",
        minutes,
    )
