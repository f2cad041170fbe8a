"""How far the regions are: their visits by us, and their reports to us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Table, or_, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.sentence import Sentence, kept, read_kept
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import trust_regions, trust_reports, trust_visits
from idp.storage.statement import Statement, replacing
from idp.storage.told_visitors import keep_told
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.seen import SeenReport

_of_region = trust_visits.c.op == given("region")


def _later(insert: Callable[[Table], Any]) -> Insert:
    row = insert(trust_reports)
    changed = {name: row.excluded[name] for name in ("seq", "reported_at", "jti")}
    kept: Insert = row.on_conflict_do_update(
        index_elements=["op"],
        set_=changed,
        where=trust_reports.c.reported_at < row.excluded.reported_at,
    )
    return kept


KEEP_REPORT = Statement(_later)
REPORTS = Statement(select(trust_reports))
VISITS = Statement(select(trust_visits).order_by(trust_visits.c.op))
FIND_VISIT = Statement(select(trust_visits).where(_of_region))
# A clock set back must not keep us from looking: nothing is ever due later than one pause.
_is_due = or_(trust_visits.c.due_at <= NOW, trust_visits.c.due_at > given("latest"))
DUE = Statement(
    select(trust_visits.c.op)
    .join(trust_regions, trust_regions.c.op == trust_visits.c.op)
    .where(_is_due, trust_regions.c.status != RegionStatus.REMOVED.value)
    .order_by(trust_visits.c.due_at)
)
BEGIN = Statement(replacing(trust_visits))
CLAIM = Statement(update(trust_visits).where(_of_region, _is_due).values(due_at=given("next_at")))
NOTE = Statement(
    update(trust_visits)
    .where(_of_region)
    .values(visited_at=NOW, fault=given("said"), configured_at=given("configuration"))
)


@dataclass(frozen=True, slots=True)
class Visit:
    """How the last visit to a region went."""

    op: str
    visited_at: datetime | None
    configured_at: datetime
    """The date of the newest configuration that we believed."""
    fault: Sentence | None
    """Why the visit came to nothing; None when it went well."""


class TrustReportRepository:
    """Visits and reports, one row of each for a region."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def keep(self, op: str, report: SeenReport) -> bool:
        """Keep a report in place of an older one. False: one of this moment or a later one is there."""
        values = {"seq": report.seq, "reported_at": to_milliseconds(report.at), "jti": report.jti}
        with self._db.transaction() as tx:
            if tx.run(KEEP_REPORT, op=op, told_at=None, **values) != 1:
                return False
            if report.visitors is not None:
                keep_told(tx, op, report.visitors, report.at)
        return True

    def reports(self) -> dict[str, tuple[int, datetime]]:
        """Region → the number it honours, and when it said so."""
        return {row.op: (row.seq, from_milliseconds(row.reported_at)) for row in self._db.all(REPORTS)}

    def visits(self) -> dict[str, Visit]:
        """By region."""
        return {row.op: _visit(row) for row in self._db.all(VISITS)}

    def visit_of(self, op: str) -> Visit | None:
        row = self._db.one(FIND_VISIT, region=op)
        return None if row is None else _visit(row)

    def begin(self, op: str, *, configured_at: datetime, now: datetime) -> None:
        """Visit a region from now on."""
        at = to_milliseconds(now)
        configured = to_milliseconds(configured_at)
        self._db.run(BEGIN, op=op, due_at=at, visited_at=at, configured_at=configured, fault="")

    def due(self, *, now: datetime, latest: datetime) -> tuple[str, ...]:
        """The regions whose turn it is, those first that wait longest."""
        times = {"now": to_milliseconds(now), "latest": to_milliseconds(latest)}
        return tuple(row.op for row in self._db.all(DUE, **times))

    def claim(self, op: str, *, now: datetime, next_at: datetime, latest: datetime) -> bool:
        """Whether a visit is due, and the caller is the one to make it. Of two at once one is."""
        times = {"next_at": next_at, "latest": latest, "now": now}
        return (
            self._db.run(CLAIM, region=op, **{name: to_milliseconds(at) for name, at in times.items()}) == 1
        )

    def note(self, op: str, fault: Sentence | None, *, configured_at: datetime, now: datetime) -> None:
        """How a visit went."""
        self._db.run(
            NOTE,
            region=op,
            said="" if fault is None else kept((fault,)),
            configuration=to_milliseconds(configured_at),
            now=to_milliseconds(now),
        )


def _visit(row: Any) -> Visit:
    visited = None if row.visited_at is None else from_milliseconds(row.visited_at)
    fault = read_kept(row.fault)[0] if row.fault else None
    return Visit(row.op, visited, from_milliseconds(row.configured_at), fault)
