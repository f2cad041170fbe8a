"""The console's first page."""

from __future__ import annotations

import flask

from idp.governance.roles import Action
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.framing import frame
from idp.web.console.waiting import SOURCES
from idp.web.pages.console import ConsoleHomePage
from idp.web.render import page

blueprint = flask.Blueprint("console_home", __name__)


@blueprint.get(desk.CONSOLE)
@access(Policy.STAFF, action=Action.SELF)
def home() -> flask.typing.ResponseReturnValue:
    """What waits for whoever is here."""
    here, now = desk.acting(), desk.now()
    waiting = tuple(line for source in SOURCES for line in source(here, now))
    return page(ConsoleHomePage(frame(desk.CONSOLE), waiting))
