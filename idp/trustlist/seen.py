"""How far each region is: what it reports to have honoured, and how long it has been behind.

Spec: decision on the trust bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.trustlist.bundle import RegionStatus
from idp.trustlist.claims import Claims
from idp.trustlist.snapshot import AHEAD
from idp.trustlist.visitors import Visitors, read_visitors

SEEN_TYPE = "trust-seen+jwt"
"""The `typ` of a report, a compact JWS by the region's federation key."""
MAX_REPORT = 65_536
MAX_CHECKPOINT = 4_096
REPORTED_WITHIN = timedelta(minutes=5)
"""How old a report may be when it comes: whoever keeps one cannot show it as news later."""


@dataclass(frozen=True, slots=True)
class SeenReport:
    """A region's word that it honours a content."""

    issuer: str
    """Its intermediate's entity id."""
    seq: int
    at: datetime
    jti: str
    checkpoint: str = ""
    """The head of the hub's log that it was shown, as the log signed it; empty in reports of an earlier release."""
    visitors: tuple[Visitors, ...] | None = None
    """People of other regions there. None: it told nothing of that this time."""


@dataclass(frozen=True, slots=True)
class RegionLine:
    """A region as the hub's page shows it."""

    op: str
    name: Mapping[str, str]
    state: RegionStatus
    since: datetime
    reason: str
    honoured_seq: int | None
    """None: it has never reported."""
    reported_at: datetime | None
    lag: timedelta | None
    """For how long something newer than what it honours has been out; zero when nothing is. None: not known."""


def read_report(claims: Mapping[str, Any], hub: str, newest_seq: int, *, now: datetime) -> SeenReport:
    """The report in verified claims.

    Raises: BadBundle — not for this hub, not of now, of a number never given, or with counts that nobody can have.
    """
    found = Claims(claims)
    report = SeenReport(
        found.text("iss"),
        found.whole("seq", 1, newest_seq),
        found.moment("iat"),
        found.text("jti", 255),
        found.text("checkpoint", MAX_CHECKPOINT) if "checkpoint" in claims else "",
        read_visitors(found) if "visitors" in claims else None,
    )
    if found.text("aud") != hub:
        raise found.fault("aud", "is another hub")
    if not -REPORTED_WITHIN <= report.at - now <= AHEAD:
        raise found.fault("iat", "is not of now")
    return report


def lag_of(honoured: int | None, unhonoured_since: datetime | None, *, now: datetime) -> timedelta | None:
    """`unhonoured_since`: when the first content after the honoured one came out; None when there is none."""
    if honoured is None:
        return None
    return timedelta(0) if unhonoured_since is None else max(now - unhonoured_since, timedelta(0))
