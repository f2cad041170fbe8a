"""What the regions told the hub of each other's people: the newest word of each, as it was told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Table, bindparam, delete, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.storage.db import Access, Database
from idp.storage.rows import can_be_stored, given
from idp.storage.schema import told_visitors, trust_regions, trust_reports
from idp.storage.statement import Row, Statement
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.visitors import ToldVisitors, Visitors

_told, _report, _region = told_visitors.c, trust_reports.c, trust_regions.c
_NUMBERS = ("sessions", "above_1", "above_2", "people", "apps")
_is_in_use = _region.status == RegionStatus.ACTIVE.value


def _add(insert: Callable[[Table], Any]) -> Insert:
    """Only of a region that was ever listed, and that is another one."""
    numbers = [bindparam(f"told_{name}", type_=_told[name].type) for name in _NUMBERS]
    known = select(given("teller"), _region.op, *numbers).where(
        _region.op == given("home"), _region.op != given("teller")
    )
    added: Insert = insert(told_visitors).from_select(["op", "home_iss", *_NUMBERS], known)
    return added


NOTE_TOLD = Statement(
    update(trust_reports)
    .where(_report.op == given("teller"))
    .values(told_at=given("told", _report.told_at.type))
)
FORGET = Statement(delete(told_visitors).where(_told.op == given("teller")))
ADD = Statement(_add)
OF_HOME = Statement(
    select(told_visitors, _report.told_at)
    .join_from(told_visitors, trust_reports, _report.op == _told.op)
    .join(trust_regions, _region.op == _told.op)
    .where(
        _told.home_iss == given("home"),
        _is_in_use,
        _report.told_at > given("since", _report.told_at.type),
    )
    .order_by(_told.sessions.desc(), _told.op)
)
TELLERS = Statement(
    select(_report.op)
    .join_from(trust_reports, trust_regions, _region.op == _report.op)
    .where(_is_in_use, _report.told_at > given("since", _report.told_at.type))
)


def keep_told(tx: Access, op: str, visitors: Iterable[Visitors], at: datetime) -> None:
    """Put what a region told in place of what it told before. The caller has kept its report, in this transaction."""
    tx.run(NOTE_TOLD, teller=op, told=to_milliseconds(at))
    tx.run(FORGET, teller=op)
    for one in visitors:
        if can_be_stored(one.home):
            numbers = (*one.sessions, one.people, one.apps)
            values = {f"told_{name}": number for name, number in zip(_NUMBERS, numbers, strict=True)}
            tx.run(ADD, teller=op, home=one.home, **values)


class ToldVisitorsRepository:
    """Looked at when somebody wants to know whom a change would reach."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of_home(self, home: str, *, since: datetime) -> tuple[ToldVisitors, ...]:
        """What regions in use told of the people of this one since then, the most first."""
        return tuple(map(_told_in, self._db.all(OF_HOME, home=home, since=to_milliseconds(since))))

    def tellers(self, *, since: datetime) -> frozenset[str]:
        """Regions in use that have told anything since then."""
        return frozenset(row.op for row in self._db.all(TELLERS, since=to_milliseconds(since)))


def _told_in(row: Row) -> ToldVisitors:
    sessions = (row.sessions, row.above_1, row.above_2)
    return ToldVisitors(
        row.op, from_milliseconds(row.told_at), Visitors(row.home_iss, sessions, row.people, row.apps)
    )
