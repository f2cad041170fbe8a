"""Where the person is signed in; each place can be ended."""

from __future__ import annotations

import flask

from idp.authn.session import Session
from idp.foundation.events import Event, EventKind
from idp.web import forms, visiting
from idp.web.access import Policy, access
from idp.web.device_words import device_words
from idp.web.locale import gettext as _
from idp.web.pages.account import SessionLine, SessionsPage
from idp.web.presence import required
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("account_sessions", __name__)


@blueprint.get("/account/sessions")
@access(Policy.SIGNED_IN, visitors=True)
def sessions() -> flask.typing.ResponseReturnValue:
    """The list, this browser first."""
    notice = _("Signed out there.") if "ended" in flask.request.args else None
    return _list(notice)


@blueprint.post("/account/sessions/end")
@access(Policy.SIGNED_IN, visitors=True)
def end() -> flask.typing.ResponseReturnValue:
    """End one session of this person (never somebody else's), or all the others."""
    here, now = required(), services().clock.now()
    account_id = here.session.account_id
    with services().database.transaction():
        if "all" in flask.request.form:
            ended = bool(services().stores.sessions.end_all(account_id, keep=here.session.id, now=now))
        else:
            ended = services().stores.sessions.end(flask.request.form.get("session", ""), account_id, now=now)
        if ended:
            services().stores.events.record(Event(EventKind.SESSION_ENDED, now, account_id=account_id))
    services().telling.hurry()
    return flask.redirect("/account/sessions?ended", 303)


def _list(notice: str | None) -> flask.typing.ResponseReturnValue:
    here = required()
    found = services().stores.sessions.list_of(here.session.account_id, now=services().clock.now())
    lines = sorted(
        (_line(session, here.session.id) for session in found), key=lambda line: not line.is_current
    )
    return page(SessionsPage(forms.csrf_token(), tuple(lines), notice, visiting.is_visitor(here)))


def _line(session: Session, current_id: str) -> SessionLine:
    return SessionLine(
        id=session.id,
        device=device_words(session.user_agent),
        place=session.address,
        signed_in_at=session.auth_time,
        last_seen_at=session.last_seen_at,
        is_current=session.id == current_id,
    )
