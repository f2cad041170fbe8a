"""The frame around every page of the console: where this role may go, and what everybody must know."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from idp.governance.roles import Action
from idp.governance.staff import Acting
from idp.web.console import desk
from idp.web.console.words import role_words
from idp.web.locale import day_and_time, lazy_gettext
from idp.web.locale import gettext as _
from idp.web.pages.console import ConsoleFrame, NavLine
from idp.web.services import services


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the console."""

    path: str
    label: object
    """Translated when it is written."""
    action: Action


PLACES = (
    Place("/console", lazy_gettext("Home"), Action.SELF),
    Place("/console/regions", lazy_gettext("Regions"), Action.TRUST_READ),
    Place("/console/changes", lazy_gettext("Changes"), Action.CHANGE_READ),
    Place("/console/apps", lazy_gettext("Apps"), Action.APP_READ),
    Place("/console/keys", lazy_gettext("Keys"), Action.KEY_READ),
    Place("/console/audit", lazy_gettext("Audit"), Action.AUDIT_READ),
    Place("/console/streams", lazy_gettext("Events"), Action.STREAM_READ),
    Place("/console/marks", lazy_gettext("Trust marks"), Action.MARK_READ),
    Place("/console/policy", lazy_gettext("Levels"), Action.POLICY_READ),
    Place("/console/support", lazy_gettext("Support"), Action.ACCOUNT_SUPPORT),
    Place("/console/figures", lazy_gettext("Figures"), Action.FIGURES_READ),
    Place("/console/staff", lazy_gettext("Staff"), Action.STAFF_READ),
    Place("/console/me", lazy_gettext("Your access"), Action.SELF),
)
"""In this order in the navigation; those that this installation does not have are left out."""


def frame(section: str) -> ConsoleFrame:
    """The frame of a page; `section` is the path of the place it belongs to."""
    here = desk.acting()
    return ConsoleFrame(
        name=here.member.name,
        roles=role_words(here.member.roles),
        csrf_token=desk.csrf_token(),
        nav=tuple(
            NavLine(place.path, str(place.label), place.path == section)
            for place in PLACES
            if here.can(place.action) and has_page(place.path)
        ),
        alarms=_alarms(here),
    )


def has_page(path: str) -> bool:
    """Whether this installation has a page there: what a hub has, a region may not."""
    adapter = flask.current_app.create_url_adapter(flask.request)
    if adapter is None:
        return False
    try:
        adapter.match(path, method="GET")
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return False
    return True


def _alarms(here: Acting) -> tuple[str, ...]:
    glass = (
        _(
            "Break-glass: %(name)s may do everything until %(time)s.",
            name=one.name,
            time=day_and_time(one.break_glass_until),
        )
        for one in services().staff.members(now=desk.now())
        if one.is_active and one.break_glass_until is not None
    )
    if services().governed():
        return tuple(glass)
    words = _(
        "This installation is being set up: until a second administrator joins, one person can change it."
    )
    return (*glass, words)
