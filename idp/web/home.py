"""Pages for everybody: the first page, help, and the choice of language."""

from __future__ import annotations

import flask

from idp.web import presence, visiting
from idp.web.access import Policy, access
from idp.web.locale import LANGUAGE_COOKIE, find_language
from idp.web.pages.site import HelpPage, HomePage
from idp.web.render import MAX_RETURN_LENGTH, page

blueprint = flask.Blueprint("home", __name__)
language = flask.Blueprint("language", __name__)
"""The choice of language: a hub has it too."""

ONE_YEAR_SECONDS = 365 * 24 * 3600


@blueprint.get("/")
@access(Policy.PUBLIC)
def home() -> flask.typing.ResponseReturnValue:
    """What this site is, and the way to one's own account."""
    here = presence.current()
    return page(HomePage(visiting.shown_name(here) if here else None))


@blueprint.get("/help")
@access(Policy.PUBLIC)
def help_page() -> flask.typing.ResponseReturnValue:
    """What to do when something does not work."""
    return page(HelpPage())


@language.post("/language")
@access(Policy.PUBLIC)
def choose_language() -> flask.typing.ResponseReturnValue:
    """Remember the language and go back to the same page."""
    chosen = find_language(flask.request.form.get("lang", ""))
    response = flask.redirect(_local(flask.request.form.get("return_to", "/")), 303)
    if chosen is not None:
        response.set_cookie(
            LANGUAGE_COOKIE,
            chosen.tag,
            ONE_YEAR_SECONDS,
            path="/",
            secure=True,
            httponly=True,
            samesite="Lax",
        )
    return response


def _local(address: str) -> str:
    """The address, if it can only lead to this site; else the first page (open redirect).

    Browsers read "//host" and "/\\host" as another host, and drop control characters before they look.
    """
    safe = (
        address.startswith("/")
        and not address.startswith(("//", "/\\"))
        and address.isascii()
        and address.isprintable()
        and "\\" not in address
        and len(address) <= MAX_RETURN_LENGTH
    )
    return address if safe else "/"
