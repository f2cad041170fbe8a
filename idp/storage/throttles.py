"""Counts of misses. Charging is one statement, so that no two attempts can share one place in the count.

The arithmetic of `Schedule.wait_after` is done by the database (a test compares the two): a count read into Python
and written back would need a lock or a retry on the busiest rows there are, those under attack.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    Integer,
    Table,
    and_,
    case,
    cast,
    delete,
    literal,
    select,
    update,
)

from idp.authn.credentials import Charge, Schedule
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.identifiers import digest as digest_of
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import throttles
from idp.storage.statement import Statement

NEVER = 1 << 60
"""In place of a limit or a window that a schedule does not have: larger than any count or age."""

_row = throttles.c
_is_this = _row.digest == given("digest")


def _charge(insert: Callable[[Table], Any]) -> Insert:
    """Count one more, unless the wait still runs or the limit is reached: then no row comes back."""
    is_old = _row.counted_from_at <= NOW - _number("window")
    misses = case((is_old, literal(0)), else_=_row.misses) + 1
    first = insert(throttles).values(
        digest=given("digest"),
        misses=1,
        most=given("most"),
        counted_from_at=NOW,
        blocked_until_at=given("first_until"),
        charged_at=NOW,
    )
    counted: Insert = first.on_conflict_do_update(
        index_elements=["digest"],
        set_={
            "misses": misses,
            "most": given("most"),
            "counted_from_at": case((is_old, NOW), else_=_row.counted_from_at),
            # Zero while nobody has to wait: not even the other one of two attempts at the same moment.
            "blocked_until_at": case((misses < _number("free"), literal(0)), else_=NOW + _wait_after(misses)),
            "charged_at": NOW,
        },
        where=and_(_row.misses < _number("most"), _row.blocked_until_at <= NOW),
    ).returning(_row.misses)
    return counted


def _wait_after(misses: ColumnElement[int]) -> ColumnElement[int]:
    """Milliseconds to wait, as `Schedule.wait_after` has it."""
    doublings = misses - _number("free")
    doubled = _number("first_delay").bitwise_lshift(cast(doublings, Integer))
    longest = _number("longest_delay")
    return case(
        (doublings < 0, literal(0)), (doublings >= 20, longest), (doubled > longest, longest), else_=doubled
    )


def _number(name: str) -> ColumnElement[int]:
    # PostgreSQL would take a small number for a 16-bit one and overflow.
    return cast(given(name), BigInteger)


CHARGE = Statement(_charge)
FIND = Statement(select(_row.misses, _row.blocked_until_at).where(_is_this))
FORGIVE = Statement(delete(throttles).where(_is_this))
REFUND = Statement(update(throttles).where(_is_this, _row.misses > 0).values(misses=_row.misses - 1))


class ThrottleRepository:
    """Implements `idp.authn.credentials.ThrottleStore`. Keeps a digest of each key, so any text may be one."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def charge(self, key: str, schedule: Schedule, *, now: datetime) -> Charge:
        digest, most = digest_of(key), schedule.disable_after or NEVER
        counted = self._db.one(
            CHARGE,
            digest=digest,
            now=to_milliseconds(now),
            first_until=to_milliseconds(now + schedule.wait_after(1)) if schedule.wait_after(1) else 0,
            free=schedule.free,
            first_delay=_milliseconds(schedule.first_delay),
            longest_delay=_milliseconds(schedule.longest_delay),
            most=most,
            window=_milliseconds(schedule.window) if schedule.window else NEVER,
        )
        if counted is not None:
            return Charge(allowed=True, retry_at=None, disabled=False)
        found = self._db.one(FIND, digest=digest)
        if found is not None and found.misses >= most:
            return Charge(allowed=False, retry_at=None, disabled=True)
        # Forgiven between the two statements: the attempt was refused all the same, the next may come at once.
        retry_at = now if found is None else from_milliseconds(found.blocked_until_at)
        return Charge(allowed=False, retry_at=retry_at, disabled=False)

    def together(self) -> AbstractContextManager[object]:
        return self._db.transaction()

    def forgive(self, key: str) -> None:
        self._db.run(FORGIVE, digest=digest_of(key))

    def refund(self, key: str) -> None:
        self._db.run(REFUND, digest=digest_of(key))


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
