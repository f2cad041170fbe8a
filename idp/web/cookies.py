"""Our cookies. `__Host-`: this host only, Secure, whole site. Values are random and stored as digests only."""

from __future__ import annotations

import flask

from idp.foundation.identifiers import Kind, is_kind, new_value
from idp.web.services import services

SESSION = "__Host-idp_session"
BROWSER = "__Host-idp_browser"
WAY = "__Host-idp_way"
"""How this browser was last signed in with; a convenience that anybody at the browser may see."""
HOME = "__Host-idp_home"
"""The region whose account was used last in this browser: its issuer and nothing else."""

ONE_YEAR_SECONDS = 365 * 24 * 3600


def session_value() -> str | None:
    """The session cookie, or the one that this very request is about to set."""
    replaced: str | None = flask.g.get("new_session")
    return _read(SESSION, Kind.SESSION) if replaced is None else replaced or None


def browser_value() -> str | None:
    """The cookie that ties a sign-in to the browser it began in."""
    return flask.g.get("new_browser") or _read(BROWSER, Kind.BROWSER)


def ensure_browser_value() -> str:
    """The browser cookie, made now if there is none."""
    value = browser_value()
    if value is None:
        value = new_value(Kind.BROWSER, services().entropy)
        flask.g.new_browser = value
    return value


def replace_session(value: str | None) -> None:
    """Give the browser another session cookie with this response, or take it away."""
    flask.g.new_session = value or ""


def last_way() -> str:
    """How the last sign-in in this browser was made; whatever the browser says, so compare it with known ways."""
    return flask.request.cookies.get(WAY, "")


def remember_way(way: str) -> None:
    """Offer this way first, next time."""
    flask.g.new_way = way


def last_home() -> str:
    """The region that somebody came from last; whatever the browser says, so look it up in the list of regions."""
    return flask.request.cookies.get(HOME, "")


def remember_home(issuer: str) -> None:
    """Offer this region first, next time."""
    flask.g.new_home = issuer


def set_on(response: flask.Response) -> flask.Response:
    """Put the cookies that this request made on its response."""
    browser, session = flask.g.get("new_browser"), flask.g.get("new_session")
    if browser:
        _set(response, BROWSER, browser)
    if session:
        _set(response, SESSION, session)
    for name, kept in ((WAY, flask.g.get("new_way")), (HOME, flask.g.get("new_home"))):
        if kept and kept != flask.request.cookies.get(name):
            response.set_cookie(
                name, kept, ONE_YEAR_SECONDS, path="/", secure=True, httponly=True, samesite="Lax"
            )
    if session == "":
        response.delete_cookie(SESSION, path="/", secure=True, httponly=True, samesite="Lax")
    return response


def _read(name: str, kind: Kind) -> str | None:
    value = flask.request.cookies.get(name)
    return value if value is not None and is_kind(kind, value) else None


def _set(response: flask.Response, name: str, value: str) -> None:
    # No lifetime: the cookie goes with the browser, and the database decides earlier.
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="Lax")
