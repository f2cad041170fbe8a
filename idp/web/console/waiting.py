"""What waits for a member of the staff: each part of the console says what it knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from idp.governance.roles import Action
from idp.governance.staff import Acting
from idp.web.console.change_waiting import (
    held_up_by_witnesses,
    unreviewed_emergencies,
    waiting_for_approval,
)
from idp.web.locale import gettext as _
from idp.web.pages.console import WaitingLine
from idp.web.services import services

Source = Callable[[Acting, datetime], tuple[WaitingLine, ...]]
SOON = timedelta(days=7)


def own_passkeys(here: Acting, now: datetime) -> tuple[WaitingLine, ...]:
    """Whoever has one passkey only is locked out the day it breaks."""
    usable = [one for one in services().staff.passkeys.of(here.member.id) if one.is_active]
    if len(usable) > 1:
        return ()
    words = _("You have one passkey. Add a second one, so that a lost device does not lock you out.")
    return (WaitingLine(words, "/console/me", _("Your passkeys")),)


def ending_tokens(here: Acting, now: datetime) -> tuple[WaitingLine, ...]:
    """API tokens that programs will soon miss."""
    return tuple(
        WaitingLine(
            _("The API token “%(name)s” expires soon.", name=one.label),
            "/console/me/tokens",
            _("Your API tokens"),
            one.expires_at,
        )
        for one in services().staff.tokens.of(here, now=now)
        if one.expires_at - now < SOON
    )


def break_glass(here: Acting, now: datetime) -> tuple[WaitingLine, ...]:
    """Everybody is told who may do everything just now."""
    return tuple(
        WaitingLine(
            _("%(name)s was given break-glass. It ends by itself.", name=one.name),
            f"/console/staff/{one.id}" if here.can(Action.STAFF_READ) else None,
            _("See who gave it"),
            one.break_glass_until,
            is_urgent=True,
        )
        for one in services().staff.members(now=now)
        if one.is_active and one.break_glass_until is not None
    )


def invited(here: Acting, now: datetime) -> tuple[WaitingLine, ...]:
    """Those who were invited and have not joined, for those who can make their link."""
    if not here.can(Action.STAFF_PROPOSE):
        return ()
    return tuple(
        WaitingLine(
            _("%(name)s was invited and has not joined yet.", name=one.name),
            f"/console/staff/{one.id}",
            _("Make a one-time link"),
            one.created_at,
        )
        for one in services().staff.members(now=now)
        if one.joined_at is None and one.deactivated_at is None
    )


SOURCES: tuple[Source, ...] = (
    break_glass,
    unreviewed_emergencies,
    waiting_for_approval,
    held_up_by_witnesses,
    invited,
    own_passkeys,
    ending_tokens,
)
"""In this order on the page. A part of the console with something to say adds its function."""
