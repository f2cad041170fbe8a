"""Counts by mini-app and day, folded now and then out of what is kept anyway: no sign-in writes a row for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.events import EventKind
from idp.registry.app_store import AppDay, AppFigure
from idp.registry.asking_counts import AskingCounts, Counts
from idp.storage.db import Access, Database
from idp.storage.failures import StorageError
from idp.storage.rows import given
from idp.storage.schema import app_counting, app_figures, audit_events, authorization_codes
from idp.storage.statement import Row, Statement

SETTLED = timedelta(minutes=1)
"""What is younger may still be under way in some transaction: it is counted in the next round."""
LONGEST_STRETCH = timedelta(days=1)
"""Counted in one round. Codes are kept no longer, so that more would find nothing."""
SOURCE = "figures"
DAY_MILLISECONDS = 24 * 3600 * 1000

_OF_EVENTS: Mapping[EventKind, AppFigure] = {
    EventKind.CONSENT_GIVEN: AppFigure.AGREED,
    EventKind.CONSENT_REFUSED: AppFigure.REFUSED,
    EventKind.CODE_REUSED: AppFigure.ERRORS,
    EventKind.REFRESH_TOKEN_REUSED: AppFigure.ERRORS,
    EventKind.LOGOUT_REFUSED: AppFigure.ERRORS,
    EventKind.LOGOUT_GIVEN_UP: AppFigure.ERRORS,
}
_FROM, _UNTIL = given("since"), given("until")

BEGIN = Statement(lambda insert: insert(app_counting).on_conflict_do_nothing(index_elements=["source"]))
MARK = Statement(select(app_counting.c.counted_until).where(app_counting.c.source == given("source")))
GO_ON = Statement(
    update(app_counting)
    .where(app_counting.c.source == given("known_source"), app_counting.c.counted_until == given("known"))
    .values(counted_until=given("next"))
)
_events: Any = (
    select(audit_events.c.client_id, audit_events.c.kind, func.count().label("total"))
    .where(
        audit_events.c.happened_at >= _FROM,
        audit_events.c.happened_at < _UNTIL,
        audit_events.c.client_id.is_not(None),
    )
    .group_by(audit_events.c.client_id, audit_events.c.kind)
)
EVENTS = Statement(_events)
_codes: Any = (
    select(
        authorization_codes.c.client_id,
        func.count().label("total"),
        func.count(authorization_codes.c.consumed_at).label("fetched"),
    )
    .where(authorization_codes.c.expires_at >= _FROM, authorization_codes.c.expires_at < _UNTIL)
    .group_by(authorization_codes.c.client_id)
)
CODES = Statement(_codes)
ADD = Statement(
    lambda insert: (row := insert(app_figures)).on_conflict_do_update(
        index_elements=["client_id", "day", "what"],
        set_={"total": app_figures.c.total + row.excluded.total},
    )
)
OF_APP = Statement(
    select(app_figures)
    .where(app_figures.c.client_id == given("app"), app_figures.c.day >= given("first_day"))
    .order_by(app_figures.c.day.desc())
)


class AppFigures:
    """Counting, and what was counted."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.asking = AskingCounts()
        """Of this process, until `add_asking`."""

    def fold(self, *, now: datetime) -> None:
        """Count what has settled since the last round. Of several processes at once one counts it."""
        until = to_milliseconds(now - SETTLED)
        with self._db.transaction() as tx:
            tx.run(BEGIN, source=SOURCE, counted_until=until - DAY_MILLISECONDS)
            row = tx.one(MARK, source=SOURCE)
            known = int(row.counted_until) if row else until
            since = max(known, until - int(LONGEST_STRETCH.total_seconds()) * 1000)
            if until <= since or tx.run(GO_ON, known_source=SOURCE, known=known, next=until) != 1:
                return
            for day, first, last in _days(since, until):
                _count(tx, day, first, last)

    def add_asking(self, *, now: datetime) -> None:
        """Keep what this process counted since the last time. Raises: StorageError — it is counted the next time."""
        taken = self.asking.take()
        if not taken:
            return
        try:
            with self._db.transaction() as tx:
                _keep(tx, to_milliseconds(now) // DAY_MILLISECONDS, taken)
        except StorageError:
            self.asking.put_back(taken)
            raise

    def of_app(self, client_id: str, days: int, *, now: datetime) -> tuple[AppDay, ...]:
        """The latest days of a mini-app that have figures, the latest first."""
        first = to_milliseconds(now) // DAY_MILLISECONDS - days + 1
        found: dict[int, dict[AppFigure, int]] = {}
        for row in self._db.all(OF_APP, app=client_id, first_day=first):
            found.setdefault(row.day, {})[AppFigure(row.what)] = row.total
        return tuple(
            AppDay(from_milliseconds(day * DAY_MILLISECONDS), figures) for day, figures in found.items()
        )


def _days(since: int, until: int) -> list[tuple[int, int, int]]:
    """The stretch, cut at midnight UTC."""
    return [
        (day, max(since, day * DAY_MILLISECONDS), min(until, (day + 1) * DAY_MILLISECONDS))
        for day in range(since // DAY_MILLISECONDS, (until - 1) // DAY_MILLISECONDS + 1)
    ]


def _count(tx: Access, day: int, since: int, until: int) -> None:
    found: Counter[tuple[str, AppFigure]] = Counter()
    for row in tx.all(EVENTS, since=since, until=until):
        _add_event(found, row)
    for row in tx.all(CODES, since=since, until=until):
        found[row.client_id, AppFigure.SIGN_INS] += row.total
        found[row.client_id, AppFigure.UNFETCHED] += row.total - row.fetched
    _keep(tx, day, found)


def _keep(tx: Access, day: int, found: Counts) -> None:
    # In one order everywhere: two that add to the same rows wait for each other, and never both for ever.
    for (client_id, what), total in sorted(found.items()):
        if total:
            tx.run(ADD, client_id=client_id, day=day, what=what.value, total=total)


def _add_event(found: Counter[tuple[str, AppFigure]], row: Row) -> None:
    figure = _OF_EVENTS.get(EventKind(row.kind))
    if figure is not None:
        found[row.client_id, figure] += row.total
