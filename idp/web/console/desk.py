"""Who of the staff is in front of this browser, or behind this token; asked once for each request.

The cookie is a session's value and nothing else; it is never read on citizens' pages, nor theirs here.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from urllib.parse import urlencode

import flask

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.identifiers import Kind, is_kind, keyed_digest
from idp.governance.roles import Action
from idp.governance.staff import Acting, FreshPasskey, NotStaff, Via
from idp.governance.staff_sessions import Seat
from idp.web.problems import CrossSiteForm, PageExpired
from idp.web.services import services

COOKIE = "__Host-staff"
CONSOLE = "/console"
SIGN_IN = f"{CONSOLE}/sign-in"
API_PREFIX = "/api/"
LONGEST_ADDRESS = 2000
"""Characters of the address that a sign-in leads back to."""
TICKET_LIFETIME = timedelta(minutes=2)
MAX_USER_AGENT = 256


def arrive(action: Action, *, is_change: bool) -> flask.typing.ResponseReturnValue | None:
    """Let a member in whose role may take the action; send to the sign-in whoever is nobody yet.

    Raises: NotAllowed; CrossSiteForm — a form that is not from our page in this session.
    """
    try:
        here = services().staff.sessions.acting(cookie_value(), now=services().clock.now())
    except NotStaff:
        return flask.redirect(_sign_in_address(), 303)
    flask.g.acting = here
    if is_change:
        _require_csrf_token()
    here.require(action)
    return None


def arrive_by_token(action: Action) -> None:
    """Let a program in by its API token. Raises: NotStaff, NotAllowed, TooManyAttempts. Spec: RFC 6750 §2.1."""
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise NotStaff("no token in the header")
    staff, moment = services().staff, services().clock.now()
    here = staff.acting_of_token(token.strip(), now=moment, via=Via.API)
    staff.calls.count(here.session, now=moment)
    here.require(action)
    flask.g.acting = here


def acting() -> Acting:
    """Who acts, in a view whose policy let nobody else in. Raises: PageExpired."""
    here: Acting | None = flask.g.get("acting")
    if here is None:
        raise PageExpired(CONSOLE)
    return here


def confirmed(context: str) -> FreshPasskey:
    """That whoever is here unlocked a passkey for `context`: out of the form that `confirm_with_passkey` made.

    Call it outside of a transaction. Raises: PasskeyRefused and its kinds.
    """
    form, now = flask.request.form, services().clock.now()
    return services().staff.complete_confirmation(
        acting(), form.get("challenge", ""), form.get("answer", ""), context, now=now
    )


def csrf_token() -> str:
    """The token of the forms of this session; dies with it."""
    return _keyed("console form", cookie_value() or "")


def ticket(purpose: str) -> str:
    """For a step that follows another at once, in this session: good for two minutes."""
    until = str(to_milliseconds(services().clock.now() + TICKET_LIFETIME))
    return f"{until}.{_keyed('console ticket', cookie_value() or '', purpose, until)}"


def require_ticket(purpose: str) -> None:
    """Raises: PageExpired — the step before was not made in this session, or too long ago."""
    until, _, given = flask.request.form.get("ticket", "").partition(".")
    expected = _keyed("console ticket", cookie_value() or "", purpose, until)
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise PageExpired(CONSOLE)
    if from_milliseconds(int(until)) <= services().clock.now():
        raise PageExpired(CONSOLE)


def seat() -> Seat:
    """The browser in front of us, as it says itself."""
    agent = flask.request.headers.get("User-Agent", "")[:MAX_USER_AGENT]
    return Seat(agent, flask.request.remote_addr or "")


def cookie_value() -> str | None:
    """The session's value, if the browser sent something like one."""
    value = flask.request.cookies.get(COOKIE)
    return value if value is not None and is_kind(Kind.STAFF_SESSION, value) else None


def keep_cookie(response: flask.Response, value: str | None) -> flask.Response:
    """Give the browser another session, or take it away."""
    if value is None:
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
    else:
        # No lifetime: it goes with the browser, and the database decides earlier.
        response.set_cookie(COOKIE, value, path="/", secure=True, httponly=True, samesite="Strict")
    return response


def way_back(address: str) -> str:
    """The address if it is a page of the console, else the console's first one (open redirect)."""
    is_ours = address == CONSOLE or address.startswith((f"{CONSOLE}/", f"{CONSOLE}?"))
    is_plain = address.isascii() and address.isprintable() and "\\" not in address
    if is_ours and is_plain and len(address) <= LONGEST_ADDRESS and not address.startswith(SIGN_IN):
        return address
    return CONSOLE


def now() -> datetime:
    """This request's instant."""
    return services().clock.now()


def _sign_in_address() -> str:
    request = flask.request
    if request.method not in ("GET", "HEAD"):
        return SIGN_IN
    query = request.query_string.decode("ascii", "replace")
    back = way_back(request.path + (f"?{query}" if query else ""))
    return SIGN_IN if back == CONSOLE else f"{SIGN_IN}?{urlencode({'next': back})}"


def _require_csrf_token() -> None:
    given = flask.request.form.get("csrf_token", "")
    if not hmac.compare_digest(given.encode(), csrf_token().encode()):
        raise CrossSiteForm


def _keyed(*parts: str) -> str:
    return keyed_digest(services().form_key.reveal(), *parts)
