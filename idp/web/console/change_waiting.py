"""What change requests have to say on the console's first page."""

from __future__ import annotations

from datetime import datetime

from idp.governance.change_listing import ChangeFilters
from idp.governance.change_request import ChangeRequest, State
from idp.governance.roles import Action
from idp.governance.staff import Acting
from idp.web.console.change_words import kind_words
from idp.web.locale import gettext as _
from idp.web.pages.console import WaitingLine
from idp.web.services import services
from idp.web.witness_words import waiting_part

MOST = 20


def unreviewed_emergencies(here: Acting, now: datetime) -> tuple[WaitingLine, ...]:
    """What one person did alone is everybody's business until somebody else has looked at it."""
    if not here.can(Action.CHANGE_READ):
        return ()
    found = services().changes.page(ChangeFilters(state=State.REVIEW_DUE), limit=MOST).requests
    return tuple(_emergency(one, now) for one in found)


def waiting_for_approval(here: Acting, now: datetime) -> tuple[WaitingLine, ...]:
    """What this member could approve."""
    found = services().changes.waiting_for(here, now=now)
    return tuple(
        WaitingLine(
            _("%(change)s: %(subject)s", change=kind_words(one.content.kind), subject=one.content.subject),
            f"/console/changes/{one.id}",
            _("Approve or refuse it"),
            one.proposed_at,
        )
        for one in found[:MOST]
        if one.state is State.PROPOSED
    )


def held_up_by_witnesses(here: Acting, now: datetime) -> tuple[WaitingLine, ...]:
    """What was agreed to and is not out: somebody may have to look after the witnesses."""
    hub = services().hub
    if hub is None or not here.can(Action.TRUST_READ):
        return ()
    waiting = hub.standing(now=now).waiting
    if waiting is None:
        return ()
    words = _("What gives trust waits for witnesses.")
    line = f"{words} {waiting_part(waiting).words}"
    return (WaitingLine(line, "/console/regions", _("See the witnesses"), waiting.since),)


def _emergency(one: ChangeRequest, now: datetime) -> WaitingLine:
    is_late = one.review_due_at is not None and now >= one.review_due_at
    what = {"change": kind_words(one.content.kind), "subject": one.content.subject}
    words = (
        _("Nobody has reviewed in time what one person did alone. %(change)s: %(subject)s", **what)
        if is_late
        else _("Done by one person, to be reviewed by another. %(change)s: %(subject)s", **what)
    )
    address = f"/console/changes/{one.id}"
    return WaitingLine(words, address, _("Review it"), one.review_due_at, is_urgent=True)
