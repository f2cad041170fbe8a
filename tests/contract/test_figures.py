"""Figures by the hour: every line of the audit trail counts once, whoever counts and whoever dies meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from idp.foundation.clock import to_milliseconds
from idp.foundation.events import Event, EventKind
from idp.oidc.proofs import Method, Proof
from idp.storage.figures import GAP_PATIENCE, Amount, Amounts, Line
from idp.storage.schema import audit_events
from idp.storage.statement import Statement
from idp.wiring.figures import hour_of, of_lines
from tests.contract.region import MINUTE, NOW, Region, at_once

LATER = NOW + GAP_PATIENCE + MINUTE
HOUR = timedelta(hours=1)
PATIENCE_SECONDS = 120
PUT = Statement(insert(audit_events))
LAST = Statement(select(func.max(audit_events.c.id).label("id")))


def kinds(lines: Sequence[Line]) -> Amounts:
    """A count by kind, as plain as it gets."""
    amounts: dict[tuple[int, str, str], int] = {}
    for line in lines:
        key = hour_of(line.at), "events", line.kind
        amounts[key] = amounts.get(key, 0) + 1
    return amounts


def counted(region: Region) -> dict[str, int]:
    found = region.stores.figures.amounts(NOW - 24 * HOUR, NOW + 24 * HOUR, HOUR)
    return {one.label: one.amount for one in found if one.name == "events"}


def record(region: Region, *kinds: EventKind) -> None:
    for kind in kinds:
        region.stores.events.record(Event(kind, NOW, account_id="ada"))


def test_every_line_counts_once(region: Region) -> None:
    record(region, EventKind.SIGNED_IN, EventKind.SIGNED_OUT, EventKind.SIGNED_IN)

    for _ in range(3):
        region.stores.figures.count_events(kinds, 2, now=LATER)
    record(region, EventKind.SIGNED_IN)
    found = region.stores.figures.count_events(kinds, 2, now=LATER)

    assert found == 1
    assert counted(region) == {"signed_in": 3, "signed_out": 1}
    assert region.stores.figures.uncounted() == 0


def test_a_count_that_fails_is_made_again(region: Region) -> None:
    """What was counted and how far it was counted are one commit: a process that dies in between leaves neither."""

    def dying(lines: Sequence[Line]) -> Amounts:
        raise KeyboardInterrupt

    record(region, EventKind.SIGNED_IN)
    with pytest.raises(KeyboardInterrupt):
        region.stores.figures.count_events(dying, 10, now=LATER)

    region.stores.figures.count_events(kinds, 10, now=LATER)

    assert counted(region) == {"signed_in": 1}


def test_many_that_count_at_once_count_nothing_twice(region: Region) -> None:
    record(region, *[EventKind.SIGNED_IN] * 40)

    at_once(8, lambda _: region.stores.figures.count_events(kinds, 10, now=LATER))

    assert counted(region) == {"signed_in": 40}


def test_a_line_that_is_committed_late_is_not_passed_over(region: Region) -> None:
    """Numbers are drawn when a line is written, and seen in another order when it is committed."""
    record(region, EventKind.SIGNED_OUT)
    region.stores.figures.count_events(kinds, 10, now=LATER)
    last = first(region.database.one(LAST))

    put(region, last + 2, EventKind.SIGNED_IN)
    early = region.stores.figures.count_events(kinds, 10, now=NOW + MINUTE)
    put(region, last + 1, EventKind.SIGNED_IN)
    late = region.stores.figures.count_events(kinds, 10, now=NOW + MINUTE)

    assert (early, late) == (0, 2)
    assert counted(region) == {"signed_out": 1, "signed_in": 2}


def test_a_number_that_never_comes_holds_nothing_up_for_long(region: Region) -> None:
    record(region, EventKind.SIGNED_OUT)
    region.stores.figures.count_events(kinds, 10, now=LATER)
    put(region, first(region.database.one(LAST)) + 2, EventKind.SIGNED_IN)

    region.stores.figures.count_events(kinds, 10, now=LATER)

    assert counted(region) == {"signed_out": 1, "signed_in": 1}


@pytest.mark.parametrize("backend", [pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_two_transactions_that_commit_in_the_other_order_both_count(region: Region) -> None:
    """The same with two writers at work. SQLite has one at a time, so it cannot happen there."""
    record(region, EventKind.SIGNED_OUT)
    region.stores.figures.count_events(kinds, 10, now=LATER)
    written, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with region.database.transaction():
            record(region, EventKind.SIGNED_IN)
            written.set()
            assert finish.wait(PATIENCE_SECONDS)

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(PATIENCE_SECONDS)
    record(region, EventKind.SIGNED_IN)
    early = region.stores.figures.count_events(kinds, 10, now=NOW + MINUTE)
    finish.set()
    thread.join()
    region.stores.figures.count_events(kinds, 10, now=NOW + MINUTE)

    assert early == 0
    assert counted(region) == {"signed_out": 1, "signed_in": 2}


def test_a_sign_in_counts_by_its_way_and_by_the_region_that_vouched(region: Region) -> None:
    ada = region.add_account()
    mine, others = {"way": "passkey", "home": ""}, {"way": "other_region", "home": "https://west.example"}
    region.add_session(ada, "here", proofs=(Proof(Method.PASSKEY, NOW, frozenset()),))
    region.add_session(ada, "away", home_iss=others["home"])
    for session in ("here", "away"):
        region.stores.events.record(Event(EventKind.SIGNED_IN, NOW, account_id=ada.id, subject=session))

    region.stores.figures.count_events(of_lines, 10, now=LATER)

    found = region.stores.figures.amounts(NOW, NOW + HOUR, HOUR)
    labels = {(one.name, one.label): one.amount for one in found}
    for sign_in in (mine, others):
        assert labels["sign_ins", sign_in["way"]] == 1
        assert labels["homes", sign_in["home"]] == 1
    assert ada.id not in str(labels)


def test_what_a_run_counted_is_added_once(region: Region) -> None:
    before: list[Sequence[int]] = []

    def counting(total: int) -> Callable[[Sequence[int]], Amounts]:
        def count(then: Sequence[int]) -> Amounts:
            before.append(tuple(then))
            return {(hour_of(NOW), "events", "x"): total - sum(then)}

        return count

    for total in (3, 3, 10):
        region.stores.figures.add_run("run", [total], counting(total), now=NOW)
    region.stores.figures.add_run("another", [5], counting(5), now=NOW)

    assert before == [(), (3,), (3,), ()]
    assert counted(region) == {"x": 15}


def test_hours_are_read_in_longer_stretches(region: Region) -> None:
    for hours in (0, 1, 15, 16, 17):
        at = NOW + hours * HOUR
        region.stores.events.record(Event(EventKind.SIGNED_IN, at))
    region.stores.figures.count_events(kinds, 10, now=NOW + 48 * HOUR)

    found = region.stores.figures.amounts(NOW - 8 * HOUR, NOW + 40 * HOUR, 24 * HOUR)

    assert in_order(found) == [(-8 * HOUR, 3), (16 * HOUR, 2)]


def test_a_day_begins_at_midnight_where_the_region_is(region: Region) -> None:
    """At 8:00 UTC the day in China has 8 hours left, and 16 behind it."""
    for hours in (-9, -8, 7, 8):
        region.stores.events.record(Event(EventKind.SIGNED_IN, NOW + (hours - 8) * HOUR))
    region.stores.figures.count_events(kinds, 10, now=NOW + 48 * HOUR)

    found = region.stores.figures.amounts(NOW - 40 * HOUR, NOW + 40 * HOUR, 24 * HOUR, 8 * HOUR)

    assert in_order(found) == [(-40 * HOUR, 1), (-16 * HOUR, 3)]


def test_old_hours_go(region: Region) -> None:
    record(region, EventKind.SIGNED_IN)
    region.stores.figures.count_events(kinds, 10, now=LATER)

    region.stores.figures.forget(hours_before=NOW + HOUR, runs_before=NOW)

    assert counted(region) == {}


def in_order(amounts: Sequence[Amount]) -> list[tuple[timedelta, int]]:
    return sorted((one.begins_at - NOW, one.amount) for one in amounts)


def first(row: Any) -> int:
    return int(row.id)


def put(region: Region, number: int, kind: EventKind) -> None:
    """A line with a number of the test's choice."""
    region.database.run(
        PUT,
        id=number,
        kind=kind.value,
        happened_at=to_milliseconds(NOW),
        account_id=None,
        client_id=None,
        subject=None,
        log_index=None,
        salt=None,
    )
