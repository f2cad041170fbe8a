"""Mini-apps in the console: the list, and one of them."""

from __future__ import annotations

from urllib.parse import urlencode

import flask

from idp.governance.roles import Action
from idp.registry.app_store import AppFilter, UnknownApp
from idp.registry.life_cycle import AppRecord, Stage, Standing
from idp.web.access import Policy, access
from idp.web.app_words import STAGES, STANDINGS
from idp.web.console import desk
from idp.web.console.app_pages import PATH, app_page, line_of
from idp.web.console.app_service import apps
from idp.web.console.framing import frame
from idp.web.locale import gettext as _
from idp.web.pages.console_apps import Choice, ConsoleAppsPage
from idp.web.render import page

blueprint = flask.Blueprint("console_apps", __name__)

ON_ONE_PAGE = 50
LONGEST_FILTER = 100


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.APP_READ)
def show() -> flask.typing.ResponseReturnValue:
    """Mini-apps in order of their ids, narrowed by state and organisation."""
    here, arguments = desk.acting(), flask.request.args
    state = arguments.get("state", "")
    organisation = arguments.get("organisation", "").strip()[:LONGEST_FILTER]
    after = arguments.get("after", "")[:LONGEST_FILTER]
    wanted = AppFilter(organisation or None, _standing(state), _stage(state))
    found = apps().page(here, wanted, after, ON_ONE_PAGE + 1)
    shown = found[:ON_ONE_PAGE]
    return page(
        ConsoleAppsPage(
            frame=frame(PATH),
            apps=tuple(map(line_of, shown)),
            states=_states(state),
            organisation=organisation,
            after=after,
            may_choose_organisation=here.member.organisation is None,
            may_submit=here.can(Action.APP_SUBMIT),
            first_href=_address(state, organisation, "") if after else None,
            later_href=(
                _address(state, organisation, shown[-1].client_id) if len(found) > ON_ONE_PAGE else None
            ),
        )
    )


@blueprint.get(f"{PATH}/<client_id>")
@access(Policy.STAFF, action=Action.APP_READ)
def show_app(client_id: str) -> flask.typing.ResponseReturnValue:
    """One mini-app."""
    notices = {
        "saved": _("The draft is saved. Nobody but you and the region’s staff sees it."),
        "done": _("Done."),
    }
    notice = next((words for name, words in notices.items() if name in flask.request.args), None)
    return page(app_page(found(client_id), notice=notice))


def found(client_id: str) -> AppRecord:
    """The mini-app of an address; 404 for one that is not there, or not theirs."""
    try:
        return apps().find(desk.acting(), client_id)
    except UnknownApp:
        flask.abort(404)


def _standing(state: str) -> Standing | None:
    return Standing(state) if state in set(Standing) else None


def _stage(state: str) -> Stage | None:
    return Stage(state) if state in set(Stage) - {Stage.NONE} else None


def _states(chosen: str) -> tuple[Choice, ...]:
    shown = [
        *((state.value, str(words)) for state, words in STAGES.items() if state is not Stage.NONE),
        *(
            (state.value, str(words))
            for state, words in STANDINGS.items()
            if state is not Standing.UNPUBLISHED
        ),
    ]
    return (
        Choice("", _("All"), chosen not in dict(shown)),
        *(Choice(value, words, value == chosen) for value, words in shown),
    )


def _address(state: str, organisation: str, after: str) -> str:
    given = {"state": state, "organisation": organisation, "after": after}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{PATH}?{query}" if query else PATH
