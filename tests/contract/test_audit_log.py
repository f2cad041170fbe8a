"""From the audit trail to the audit log: each line once, whoever writes, and people can be forgotten."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from idp.foundation.entropy import SystemEntropy
from idp.foundation.event_search import EventFilter, KeptEvent
from idp.foundation.events import Event, EventKind
from idp.storage.schema import audit_events
from idp.storage.statement import Statement
from idp.transparency.leaves import LogName, commitment, read_leaf
from tests.contract.region import MINUTE, NOW, Region, at_once

AUDIT = LogName.AUDIT
EVERY = Statement(select(audit_events))


def record(region: Region, count: int = 1, account: str | None = "ada") -> None:
    for number in range(count):
        region.stores.events.record(
            Event(EventKind.SIGNED_IN, NOW + timedelta(seconds=number), account, "tax", f"session {number}")
        )


def catch_up(region: Region) -> int:
    return region.stores.audit_log.catch_up(SystemEntropy())


def everything(region: Region, **wanted: object) -> tuple[KeptEvent, ...]:
    return region.stores.event_search.page(EventFilter(**wanted), None, 1_000)  # type: ignore[arg-type]


def test_each_line_gets_its_entry_once(region: Region) -> None:
    record(region, 3)

    assert catch_up(region) == 3
    assert catch_up(region) == 0

    log = region.stores.log_entries
    entries = log.entries(AUDIT, 0, 100)
    for kept in everything(region):
        assert kept.log_index is not None
        assert kept.salt is not None
        said = read_leaf(entries[kept.log_index])
        event = kept.event
        assert said["kind"] == "signed_in"
        assert said["commitment"] == commitment(kept.salt, event.account_id, event.client_id, event.subject)
    assert len(entries) == 3
    assert b"ada" not in b"".join(entries)


def test_more_lines_than_a_batch_are_all_taken(region: Region) -> None:
    record(region, 450)

    assert catch_up(region) == 450
    assert region.stores.log_entries.head(AUDIT).size == 450


def test_nothing_is_lost_and_nothing_twice_while_everybody_writes(region: Region) -> None:
    def work(index: int) -> None:
        record(region, 10, f"person {index}")
        catch_up(region)

    at_once(8, work)
    catch_up(region)

    rows = region.database.all(EVERY)
    assert sorted(row.log_index for row in rows) == list(range(80))
    assert region.stores.log_entries.head(AUDIT).size == 80


def test_who_is_forgotten_is_in_no_line_and_the_log_is_as_it_was(region: Region) -> None:
    record(region, 2, "ada")
    record(region, 1, "bo")
    region.stores.events.record(Event(EventKind.ACCOUNT_DISABLED, NOW, subject="ada"))
    catch_up(region)
    before = region.stores.log_entries.head(AUDIT)

    assert region.stores.audit_log.forget("ada", SystemEntropy()) == 3

    assert region.stores.log_entries.head(AUDIT) == before
    assert everything(region, account_id="ada") == ()
    assert everything(region, subject="ada") == ()
    forgotten = [row for row in region.database.all(EVERY) if row.account_id != "bo"]
    assert all((row.account_id, row.subject, row.salt) == (None, None, None) for row in forgotten)
    assert everything(region, account_id="bo")[0].salt is not None


def test_a_person_is_forgotten_in_lines_that_had_no_entry_yet(region: Region) -> None:
    record(region, 2, "ada")

    assert region.stores.audit_log.forget("ada", SystemEntropy()) == 2
    assert region.stores.log_entries.head(AUDIT).size == 2


def test_the_trail_is_searched_by_everything_that_can_be_asked(region: Region) -> None:
    events = [
        Event(EventKind.SIGNED_IN, NOW, "ada", "tax", "one"),
        Event(EventKind.SIGNED_OUT, NOW + MINUTE, "ada", None, "one"),
        Event(EventKind.SIGNED_IN, NOW + 2 * MINUTE, "bo", "tax", "two"),
    ]
    for event in events:
        region.stores.events.record(event)

    def found(**wanted: object) -> list[Event]:
        return [kept.event for kept in everything(region, **wanted)]

    assert found() == events[::-1]
    assert found(kind=EventKind.SIGNED_IN) == [events[2], events[0]]
    assert found(account_id="ada") == [events[1], events[0]]
    assert found(subject="two") == [events[2]]
    assert found(since=NOW + MINUTE) == [events[2], events[1]]
    assert found(until=NOW + MINUTE) == [events[0]]
    assert found(since=NOW + MINUTE, until=NOW + 2 * MINUTE, kind=EventKind.SIGNED_OUT) == [events[1]]
    assert found(account_id="ada", kind=EventKind.SIGNED_IN, subject="one") == [events[0]]
    assert found(account_id="a\0") == []


def test_pages_follow_each_other_without_gap_or_repetition(region: Region) -> None:
    for number in range(25):
        region.stores.events.record(Event(EventKind.SIGNED_IN, NOW, f"person {number}"))
    search = region.stores.event_search

    pages, after = [], None
    while page := search.page(EventFilter(), after, 10):
        pages.append(page)
        after = page[-1].place

    assert [len(page) for page in pages] == [10, 10, 5]
    assert len({kept.id for page in pages for kept in page}) == 25


def test_the_first_entry_since_a_moment_is_found_whatever_order_lines_came_in(region: Region) -> None:
    """Late lines about what happened before, and those without an entry, hide nothing and show nothing."""
    trail, events = region.stores.audit_log, region.stores.events
    record(region, 2)
    catch_up(region)
    assert trail.first_since(NOW + MINUTE) is None
    events.record(Event(EventKind.SIGNED_IN, NOW + MINUTE))
    assert trail.first_since(NOW + MINUTE) is None, "it has no entry yet"
    catch_up(region)
    events.record(Event(EventKind.SIGNED_IN, NOW + timedelta(seconds=59)))
    catch_up(region)

    assert trail.first_since(NOW + MINUTE) == 2
    assert trail.first_since(NOW) == 0
