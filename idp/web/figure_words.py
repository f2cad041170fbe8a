"""How the dashboard says what was counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import flask_babel

from idp.foundation.figures import HERE, OTHER, Way
from idp.web import homes
from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext, ngettext
from idp.web.region_words import here_name, region_name

_WAYS = {
    Way.PASSKEY: lazy_gettext("Passkey"),
    Way.GESTURE: lazy_gettext("Pattern"),
    Way.QR: lazy_gettext("With the phone (QR code)"),
    Way.PASSWORD_AND_MORE: lazy_gettext("Password and a second proof"),
    Way.PASSWORD: lazy_gettext("Password alone"),
    Way.OTHER_REGION: lazy_gettext("Through another region"),
    Way.OTHER: lazy_gettext("Another way, or no longer known"),
}
_REASONS = {
    "access_denied": lazy_gettext("The person declined"),
    "busy": lazy_gettext("Too many passwords at once"),
    "cross_site_form": lazy_gettext("A form from another site, or too old"),
    "http": lazy_gettext("No such page, or not in this way"),
    "invalid_client": lazy_gettext("Unknown app, or not proved to be it"),
    "invalid_grant": lazy_gettext("A code or token that was used, lapsed or not theirs"),
    "invalid_request": lazy_gettext("A request that is not as specified"),
    "invalid_token": lazy_gettext("No access token in force"),
    "login_required": lazy_gettext("Nobody was signed in, and the app asked not to ask"),
    "other_browser": lazy_gettext("A page of another browser, or no cookies"),
    "page_expired": lazy_gettext("A page that had expired"),
    "server_error": lazy_gettext("A fault of ours"),
    "slow_down": lazy_gettext("Too many in too short a time"),
    "too_many_wrong_answers": lazy_gettext("Too many wrong answers"),
    OTHER: lazy_gettext("Something else"),
}
"""The others are shown by their code."""
_CONSENTS = {
    "asked": lazy_gettext("Asked to share something"),
    "given": lazy_gettext("Agreed"),
    "declined": lazy_gettext("Declined"),
}


def way_words(way: str) -> str:
    """How somebody signed in."""
    return str(_WAYS.get(Way(way), way)) if way in set(Way) else way


def reason_words(reason: str) -> str:
    """Why something was refused; the code itself where it is a matter for developers."""
    return str(_REASONS.get(reason, reason))


def consent_words(step: str) -> str:
    """What became of a question whether to share."""
    return str(_CONSENTS[step])


def home_words(issuer: str) -> str:
    """The region that somebody came from: by name where the list has it, by host where it no longer does."""
    if issuer == HERE:
        return here_name()
    region = homes.find(issuer)
    return region_name(region) if region is not None else urlsplit(issuer).netloc


def number_words(number: float) -> str:
    """A number as the reader writes it."""
    return str(flask_babel.format_decimal(number))


def share_words(part: float, whole: float) -> str:
    """A share of all, in whole per cent; empty where there is nothing to have a share of."""
    return str(flask_babel.format_percent(part / whole)) if whole else ""


def duration_words(seconds: float | None) -> str:
    """How long a request took; a dash where there was none."""
    if seconds is None:
        return "–"
    if seconds >= 1:
        return _("%(number)s s", number=flask_babel.format_decimal(round(seconds, 1)))
    return _("%(number)s ms", number=flask_babel.format_decimal(round(seconds * 1000, 1)))


def days_left_words(left: timedelta) -> str:
    """How much longer something is good for."""
    if left < timedelta(days=1):
        hours = max(left // timedelta(hours=1), 0)
        return ngettext("%(num)s hour left", "%(num)s hours left", hours)
    return ngettext("%(num)s day left", "%(num)s days left", left // timedelta(days=1))


def hour_words(moment: datetime) -> str:
    """The hour that begins then, as the clock on the wall shows it."""
    return str(flask_babel.format_time(moment, "short"))


def date_words(moment: datetime) -> str:
    """A day of the last month, short."""
    return str(flask_babel.format_date(moment, "medium"))


def utc_offset(moment: datetime) -> timedelta:
    """How far the clock on the region's wall is from UTC."""
    offset: timedelta | None = moment.astimezone(flask_babel.get_timezone()).utcoffset()
    return offset or timedelta(0)
