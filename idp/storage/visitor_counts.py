"""How many people of other regions are signed in here: counted in the background, by each home at once.

Both counts read the entries of a partial index and no row: of 1,000,000 sessions, a third of them open visits, in some
tenths of a second. Nobody waits for it, and nothing of it names a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select, update

from idp.foundation.clock import to_milliseconds
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import grants, sessions, trust_pulls
from idp.storage.statement import Statement
from idp.trustlist.visitors import RUNGS, Visitors

_session, _grant, _pull = sessions.c, grants.c, trust_pulls.c


def _above(rung: int) -> Any:
    return func.count().filter(_session.level > rung).label(f"above_{rung}")


def _sessions() -> Select[Any]:
    """First by person, in the order of the index, so that people are counted without being collected."""
    rungs = [_above(rung) for rung in range(RUNGS)]
    people = (
        select(_session.home_iss, _session.account_id, *rungs)
        .where(_session.home_iss.is_not(None), _session.ended_at.is_(None), _session.expires_at > NOW)
        .group_by(_session.home_iss, _session.account_id)
        .subquery("people")
    )
    sums = [func.sum(people.c[rung.name]).label(rung.name) for rung in rungs]
    return select(people.c.home_iss, func.count().label("people"), *sums).group_by(people.c.home_iss)


def _apps() -> Select[Any]:
    apps = (
        select(_grant.home_iss, _grant.client_id)
        .where(_grant.home_iss.is_not(None), _grant.revoked_at.is_(None), _grant.expires_at > NOW)
        .distinct()
        .subquery("apps")
    )
    return select(apps.c.home_iss, func.count().label("apps")).group_by(apps.c.home_iss)


SESSIONS = Statement(_sessions())
APPS = Statement(_apps())
CLAIM = Statement(
    update(trust_pulls)
    .where(
        _pull.issuer == given("hub"),
        # A time to come was written by a clock that has been set back since.
        or_(_pull.counted_at.is_(None), _pull.counted_at <= given("before"), _pull.counted_at > NOW),
    )
    .values(counted_at=NOW)
)


class VisitorCounts:
    """Counts of a region, for its hub."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def claim(self, hub: str, every: timedelta, *, now: datetime) -> bool:
        """Whether it is time, and the caller is the one to count. Of two at once one is."""
        times = {"now": to_milliseconds(now), "before": to_milliseconds(now - every)}
        return self._db.run(CLAIM, hub=hub, **times) == 1

    def visitors(self, *, now: datetime) -> tuple[Visitors, ...]:
        """By home region. Sessions that were neither ended nor outlived are open, used lately or not."""
        at = to_milliseconds(now)
        apps = {row.home_iss: int(row.apps) for row in self._db.all(APPS, now=at)}
        return tuple(
            Visitors(
                row.home_iss,
                tuple(int(getattr(row, f"above_{rung}")) for rung in range(RUNGS)),
                int(row.people),
                apps.get(row.home_iss, 0),
            )
            for row in self._db.all(SESSIONS, now=at)
        )
