"""What the authenticator app of a demo person would show. Spec: RFC 6238 §4; RFC 4226 §5.3."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from idp.foundation.clock import to_seconds

STEP = timedelta(seconds=30)
DIGITS = 6


def code_at(seed: bytes, now: datetime) -> str:
    """The code at `now`."""
    counter = to_seconds(now) // STEP.seconds
    mac = hmac.new(seed, counter.to_bytes(8, "big"), hashlib.sha1).digest()
    start = mac[-1] & 0x0F
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def seconds_left(now: datetime) -> int:
    """How long the code at `now` stays the current one."""
    return STEP.seconds - to_seconds(now) % STEP.seconds
