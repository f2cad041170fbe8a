"""What happened to the account: sign-ins, refused attempts, changes; latest first."""

from __future__ import annotations

import ipaddress

import flask

from idp.authn.history import Happening
from idp.foundation.events import EventKind
from idp.web import forms
from idp.web.access import Policy, access
from idp.web.authenticator_words import shown_with
from idp.web.cards import card_of
from idp.web.device_words import device_words
from idp.web.event_words import ALARMING, NAMED, About, event_words
from idp.web.pages.history import HistoryLine, HistoryPage
from idp.web.presence import required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_history", __name__)

LINES = 30
"""Of one page."""
MAX_KEY_DIGITS = 18


@blueprint.get("/account/history")
@access(Policy.SIGNED_IN)
def history() -> flask.typing.ResponseReturnValue:
    """One page of it."""
    before = _key(flask.request.args.get("before", ""))
    found = services().stores.history.of(required().session.account_id, before=before, limit=LINES + 1)
    shown = found[:LINES]
    has_more = len(found) > LINES
    return page(
        HistoryPage(
            csrf_token=forms.csrf_token(),
            lines=tuple(map(_line, shown)),
            earlier_href=f"/account/history?before={shown[-1].key}" if has_more else "",
            is_first=before is None,
        )
    )


def latest(account_id: str, count: int) -> tuple[HistoryLine, ...]:
    """The last few lines, for a page that is about something else."""
    return tuple(map(_line, services().stores.history.of(account_id, before=None, limit=count)))


def _key(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= MAX_KEY_DIGITS
    return int(text) if is_number else None


def _line(happening: Happening) -> HistoryLine:
    event, visit = happening.event, happening.visit
    return HistoryLine(
        words=event_words(event.kind, _about(happening)),
        at=event.at,
        device=device_words(visit.user_agent) if visit else "",
        place=visit.address if visit else _address(event.subject),
        is_alarming=event.kind in ALARMING,
    )


def _about(happening: Happening) -> About:
    event, visit = happening.event, happening.visit
    client = services().clients.find_by_id(event.client_id) if event.client_id else None
    is_sign_in = event.kind is EventKind.SIGNED_IN and visit is not None
    return About(
        with_what=shown_with(visit.shown_by(event.at)) if is_sign_in and visit else "",
        name=event.subject or "" if event.kind in NAMED else "",
        app=card_of(client).name if client else "",
    )


def _address(subject: str | None) -> str:
    """The network address that an event without a session is about; empty when it is about something else."""
    try:
        return str(ipaddress.ip_address(subject or ""))
    except ValueError:
        return ""
