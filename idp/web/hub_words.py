"""How the hub's page says where a region stands and how far behind it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from idp.trustlist.bundle import RegionStatus
from idp.trustlist.seen import RegionLine
from idp.web.cards import in_language
from idp.web.locale import gettext as _
from idp.web.locale import ngettext
from idp.web.pages.hub import HubLine, Mark
from idp.web.region_words import reason_words, status_note

SILENT_AFTER = timedelta(minutes=2)
"""A region reports with every look at the bundle, twice a minute; after four missed ones it is worth a word."""
LATE_AFTER = timedelta(seconds=60)
"""Within a minute every region honours a change; later is worth an alarm."""
_STATUS_MARKS = {
    RegionStatus.ACTIVE: Mark.GOOD,
    RegionStatus.SUSPENDED: Mark.WAITING,
    RegionStatus.REMOVED: Mark.BAD,
}


def line_words(region: RegionLine, *, now: datetime, not_out: Collection[str] = ()) -> HubLine:
    """One region as the page shows it. `not_out`: the regions whose return waits for witnesses."""
    is_held_up = region.op in not_out
    name = in_language(region.name) or region.op
    return HubLine(
        name=name,
        also=next((other for other in region.name.values() if other != name), ""),
        host=urlsplit(region.op).netloc,
        status=_("Waits for witnesses") if is_held_up else status_note(region.state) or _("In use"),
        mark=Mark.WAITING if is_held_up else _STATUS_MARKS[region.state],
        since=region.since,
        reason=reason_words(region.reason) if region.state is not RegionStatus.ACTIVE else "",
        lag=lag_words(region, now=now),
        lag_mark=lag_mark(region, now=now),
        seq=region.honoured_seq if region.state is RegionStatus.ACTIVE else None,
    )


def lag_mark(region: RegionLine, *, now: datetime) -> Mark:
    """How far behind a region is, without words: for whoever counts thousands."""
    if region.state is not RegionStatus.ACTIVE or region.reported_at is None or region.lag is None:
        return Mark.NOTHING
    if now - region.reported_at > SILENT_AFTER or region.lag > LATE_AFTER:
        return Mark.BAD
    return Mark.GOOD if region.lag <= timedelta(0) else Mark.WAITING


def lag_words(region: RegionLine, *, now: datetime) -> str:
    """The same in words. Nothing for one that is not in use: nobody relies on what it honours."""
    if region.state is not RegionStatus.ACTIVE:
        return ""
    if region.reported_at is None or region.lag is None:
        return _("No report yet")
    silence = now - region.reported_at
    if silence > SILENT_AFTER:
        return _silent(silence)
    return _("Up to date") if region.lag <= timedelta(0) else _behind(region.lag)


def age_words(age: timedelta) -> str:
    """How long ago the list was signed."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < 120:
        return ngettext("%(num)d second ago", "%(num)d seconds ago", seconds)
    if seconds < 7_200:
        return ngettext("%(num)d minute ago", "%(num)d minutes ago", seconds // 60)
    return ngettext("%(num)d hour ago", "%(num)d hours ago", seconds // 3600)


def _silent(silence: timedelta) -> str:
    minutes = int(silence.total_seconds() // 60)
    if minutes < 120:
        return ngettext("No report for %(num)d minute", "No report for %(num)d minutes", minutes)
    return ngettext("No report for %(num)d hour", "No report for %(num)d hours", minutes // 60)


def _behind(lag: timedelta) -> str:
    seconds = max(1, int(lag.total_seconds()))
    if seconds < 120:
        return ngettext("%(num)d second behind", "%(num)d seconds behind", seconds)
    if seconds < 7_200:
        return ngettext("%(num)d minute behind", "%(num)d minutes behind", seconds // 60)
    return ngettext("%(num)d hour behind", "%(num)d hours behind", seconds // 3600)
