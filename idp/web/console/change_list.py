"""The list of change requests: newest first, narrowed by state, kind, subject and who proposed them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from idp.governance.change_listing import ChangeFilters, Place
from idp.governance.change_request import ChangeRequest, State
from idp.governance.kinds import reading
from idp.web.console import desk
from idp.web.console.change_pages import SECTION, line_of
from idp.web.console.change_words import KINDS, STATES, kind_words
from idp.web.console.framing import frame
from idp.web.locale import gettext as _
from idp.web.pages.console_changes import ChangesPage, Option
from idp.web.services import services

ON_ONE_PAGE = 50
LONGEST_SUBJECT = 500


def changes_page(args: Mapping[str, str]) -> ChangesPage:
    """The page that an address asks for; what it does not know of filters is as if it were not there."""
    filters, after = _filters(args), Place.parse(args.get("after", ""))
    found = services().changes.page(filters, after, ON_ONE_PAGE)
    return ChangesPage(
        frame(SECTION),
        tuple(line_of(one) for one in found.requests if _may_read(one)),
        states=_states(filters),
        kinds=_kinds(filters),
        members=_members(filters),
        subject=filters.subject or "",
        propose=_forms(),
        first_href=_address(filters) if after else None,
        later_href=_address(filters, str(found.next)) if found.next else None,
    )


def _filters(args: Mapping[str, str]) -> ChangeFilters:
    return ChangeFilters(
        state=State(args["state"]) if args.get("state") in set(State) else None,
        kind=args.get("kind") if args.get("kind") in services().changes.kinds else None,
        subject=args.get("subject", "").strip()[:LONGEST_SUBJECT] or None,
        proposer=args.get("who") or None,
    )


def _may_read(request: ChangeRequest) -> bool:
    kind = services().changes.kinds.get(request.content.kind)
    return kind is not None and desk.acting().can(reading(kind))


def _states(filters: ChangeFilters) -> tuple[Option, ...]:
    any_state = Option("", _("Any"), filters.state is None)
    return (
        any_state,
        *(
            Option(state.value, str(words), state is filters.state)
            for state, (words, _mark) in STATES.items()
        ),
    )


def _kinds(filters: ChangeFilters) -> tuple[Option, ...]:
    known = [kind for kind in KINDS if kind in services().changes.kinds]
    return (
        Option("", _("Any"), filters.kind is None),
        *(Option(kind, kind_words(kind), kind == filters.kind) for kind in known),
    )


def _members(filters: ChangeFilters) -> tuple[Option, ...]:
    return (
        Option("", _("Anybody"), filters.proposer is None),
        *(
            Option(one.id, one.name, one.id == filters.proposer)
            for one in services().staff.members(now=desk.now())
        ),
    )


def _forms() -> tuple[tuple[str, str], ...]:
    """What whoever is here may ask for. Versions of apps are proposed on the page of the app."""
    return tuple(
        (f"{SECTION}/new/{name}", str(words))
        for name, words in KINDS.items()
        if name in services().changes.kinds
        and not name.startswith("app.")
        and desk.acting().can(services().changes.kinds[name].action)
    )


def _address(filters: ChangeFilters, after: str = "") -> str:
    known = {
        "state": filters.state,
        "kind": filters.kind,
        "subject": filters.subject,
        "who": filters.proposer,
        "after": after,
    }
    query = urlencode({name: str(value) for name, value in known.items() if value})
    return f"{SECTION}?{query}" if query else SECTION
