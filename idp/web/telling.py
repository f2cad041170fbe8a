"""Tells people by e-mail and text message what happened to their account: on another channel than the one it came by.

The messages are rows in the same commit as the change (`idp.authn.post`), so no change goes untold and none waits
for a mail server. Spec: NIST SP 800-63B-4 §4.6 (notices); OWASP ASVS 5.0 V6.3.7.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import flask

from idp.accounts.contacts import Contact
from idp.authn.messages import Channel, Message, Words
from idp.foundation.events import EventKind
from idp.web.cards import in_language
from idp.web.device_words import device_words
from idp.web.event_words import About, event_words
from idp.web.locale import day_and_time
from idp.web.locale import gettext as _
from idp.web.services import services
from idp.web.speaking import speaking

GOOD_FOR = timedelta(days=3)
"""How long sending a notice is tried; older, it would confuse more than it helps."""
MAX_LABEL = 40


def tell(account_id: str, kind: EventKind, label: str = "") -> None:
    """Tell the owner that this happened just now, from this browser; `label` is what they call the thing."""
    say(account_id, lambda channel: _words(channel, kind, label))


def say(account_id: str, words: Callable[[Channel], Words]) -> None:
    """Write to the owner on every verified channel; `words` are made in their language. Nobody else is told."""
    contact, now = services().contacts.of(account_id), services().clock.now()
    with speaking(contact.locale):
        for channel, to in _reachable(contact):
            services().post.take(channel, Message(channel, to, words(channel)), good_for=GOOD_FOR, now=now)


def _reachable(contact: Contact) -> list[tuple[Channel, str]]:
    known = ((Channel.EMAIL, contact.email), (Channel.SMS, contact.phone_number))
    return [(channel, to) for channel, to in known if to is not None and services().post.can_send(channel)]


def _words(channel: Channel, kind: EventKind, label: str) -> Words:
    name, help_page = in_language(services().settings.region_name), f"{services().settings.issuer}/help"
    what, when_and_where = _what_happened(kind, label), _when_and_where()
    if channel is Channel.SMS:
        not_you = _("Not you? %(help)s", help=help_page)
        return Words("", f"{name}: {what} {when_and_where} {not_you}")
    return Words(
        _("%(name)s: about your account", name=name),
        "\n\n".join((what, when_and_where, *_advice(help_page))),
    )


def _what_happened(kind: EventKind, label: str) -> str:
    shown = label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…"
    return _("%(what)s.", what=event_words(kind, About(name=shown)))


def _when_and_where() -> str:
    device = device_words(flask.request.headers.get("User-Agent", ""))
    return _("%(when)s, %(device)s.", when=day_and_time(services().clock.now()), device=device)


def _advice(help_page: str) -> tuple[str, ...]:
    account = f"{services().settings.issuer}/account/security"
    return (
        _("If it was you, there is nothing to do."),
        _("If it was not you, act now. This page says how, and whom to call: %(help)s", help=help_page),
        _("What guards your account: %(address)s", address=account),
        _("This message was sent by a machine. Nobody reads answers to it."),
    )
