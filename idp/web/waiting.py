"""How long to wait, in words."""

from __future__ import annotations

import math
from datetime import datetime

from idp.authn.throttle import TooManyAttempts
from idp.web.locale import gettext as _
from idp.web.locale import ngettext


def wait_words(error: TooManyAttempts, now: datetime) -> str:
    """What to tell somebody whom the throttle turned away; the same for known and unknown accounts."""
    if error.disabled or error.retry_at is None:
        return _("There were too many wrong attempts. Ask for help to open this way of signing in again.")
    seconds = max(1, math.ceil((error.retry_at - now).total_seconds()))
    if seconds < 60:
        return ngettext(
            "There were too many wrong attempts. Wait %(num)d second, then try again.",
            "There were too many wrong attempts. Wait %(num)d seconds, then try again.",
            seconds,
        )
    return ngettext(
        "There were too many wrong attempts. Wait %(num)d minute, then try again.",
        "There were too many wrong attempts. Wait %(num)d minutes, then try again.",
        math.ceil(seconds / 60),
    )
