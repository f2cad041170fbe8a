"""Change requests in the database: what it refuses by itself, whatever writes; and who wins at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from idp.foundation.clock import to_milliseconds
from idp.governance.change_listing import ChangeFilters, Place
from idp.governance.change_moves import Approve, Cancel, acted_alone, moved
from idp.governance.change_request import LIFETIME, ChangeRequest, Content, DiffLine, Direction, State
from idp.governance.kinds import Inverse
from idp.governance.roles import StaffRole
from idp.governance.staff import StaffMember
from idp.storage.change_queries import PAGES
from idp.storage.changes import ChangeRepository
from idp.storage.db import Database
from idp.storage.failures import StorageError
from idp.storage.second_people import SecondPeople
from idp.storage.statement import Statement
from tests.contract.region import NOW, Region
from tests.contract.test_indexes import postgresql_plan, sqlite_plan

DAY = timedelta(days=1)
ADA, BEN, CAO = "st_ada", "st_ben", "st_cao"
MILLISECONDS = to_milliseconds(NOW)
DAY_MS = 86_400_000


@pytest.fixture
def changes(region: Region) -> ChangeRepository:
    for staff_id in (ADA, BEN, CAO):
        member = StaffMember(staff_id, staff_id, frozenset({StaffRole.REVIEWER}), None, False, NOW)
        region.stores.staff.members.add(member, by="test", now=NOW)
    return region.stores.changes


def request(number: int = 1, direction: Direction = Direction.LOOSENS, **changes: Any) -> ChangeRequest:
    delay = timedelta(0) if direction is Direction.RESTRICTS else DAY
    content = Content("lamp.set", {"to": "on"}, "lamp", direction, "before", delay)
    diff = (DiffLine("light", "off", "on"),)
    made = ChangeRequest(f"chg_{number}", content, content.hash, "dark", ADA, NOW, NOW + LIFETIME, diff)
    return replace(made, **changes)


def approved(asked: ChangeRequest, by: str = BEN) -> ChangeRequest:
    return moved(asked, Approve(by, asked.content_hash), now=NOW)


def write(region: Region, sql: str) -> None:
    region.database.run(Statement(text(sql)))


def approve_by_hand(region: Region, asked: ChangeRequest, **values: Any) -> None:
    known = {
        "request_id": asked.id,
        "content_hash": asked.content_hash,
        "proposer_id": asked.proposer,
        "subject": asked.content.subject,
        "delay_ms": DAY_MS,
        "approver_id": BEN,
        "approved_at": MILLISECONDS,
        "effective_at": MILLISECONDS + DAY_MS,
    } | values
    insert(region, "change_approvals", known)


def insert(region: Region, table: str, values: dict[str, Any]) -> None:
    written = ", ".join(map(literal, values.values()))
    write(region, f"INSERT INTO {table} ({', '.join(values)}) VALUES ({written})")


def literal(value: object) -> str:
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, str) else str(value)


def test_a_request_comes_back_as_it_was(changes: ChangeRepository) -> None:
    asked = request()

    changes.add(asked)

    assert changes.find(asked.id) == asked
    assert changes.find("chg_none") is None


def test_an_approval_comes_back_with_it(changes: ChangeRepository) -> None:
    asked = request()
    changes.add(asked)

    assert changes.approve(approved(asked), now=NOW)

    assert changes.find(asked.id) == approved(asked)


def test_nobody_approves_twice(changes: ChangeRepository) -> None:
    asked = request()
    changes.add(asked)
    changes.approve(approved(asked), now=NOW)

    assert not changes.approve(approved(asked, CAO), now=NOW)


def test_of_two_approvers_at_once_one_wins(changes: ChangeRepository) -> None:
    asked = request()
    changes.add(asked)
    won: list[str] = []
    start = threading.Barrier(8)

    def approve(by: str) -> None:
        start.wait()
        if changes.approve(approved(asked, by), now=NOW):
            won.append(by)

    threads = [threading.Thread(target=approve, args=(by,)) for by in (BEN, CAO) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = changes.find(asked.id)
    assert found is not None
    assert found.approval is not None
    assert won == [found.approval.by]


def test_a_late_approval_changes_nothing(changes: ChangeRepository) -> None:
    asked = request()
    changes.add(asked)

    assert not changes.approve(approved(asked), now=NOW + LIFETIME)


def test_a_request_is_closed_once(changes: ChangeRepository) -> None:
    asked = request()
    changes.add(asked)
    cancelled = moved(asked, Cancel(ADA, "no"), now=NOW)

    assert changes.close(asked, cancelled)
    assert not changes.close(asked, cancelled)
    assert changes.find(asked.id) == cancelled
    assert not changes.approve(approved(asked), now=NOW)


def test_a_request_is_carried_out_once_and_only_when_it_is_time(changes: ChangeRepository) -> None:
    asked = request()
    changes.add(asked)
    assert not changes.carry_out(asked, None, now=NOW + DAY)
    agreed = approved(asked)
    changes.approve(agreed, now=NOW)

    assert changes.due(10, now=NOW + DAY - timedelta(seconds=1)) == ()
    assert not changes.carry_out(agreed, None, now=NOW + DAY - timedelta(seconds=1))
    assert changes.due(10, now=NOW + DAY) == (asked.id,)
    assert changes.carry_out(agreed, Inverse("lamp.set", {"to": "off"}), now=NOW + DAY)
    assert not changes.carry_out(agreed, None, now=NOW + DAY)

    changes.say(asked.id, "bright", None)
    found = changes.find(asked.id)
    assert found is not None
    assert (found.state, found.outcome, found.applied_at) == (State.APPLIED, "bright", NOW + DAY)
    assert changes.inverse(asked.id) == Inverse("lamp.set", {"to": "off"})
    assert changes.due(10, now=NOW + DAY) == ()


def test_an_emergency_is_kept_with_its_application(changes: ChangeRepository) -> None:
    asked = request(direction=Direction.RESTRICTS)
    alone = acted_alone(asked, now=NOW)
    changes.add(alone)

    assert changes.carry_out(alone, None, now=NOW)

    assert changes.find(alone.id) == alone
    assert changes.unreviewed(10, now=NOW + DAY - timedelta(seconds=1)) == ()
    assert changes.unreviewed(10, now=NOW + DAY) == (alone.id,)
    assert changes.alarm(alone.id, now=NOW)
    assert not changes.alarm(alone.id, now=NOW)


@pytest.mark.parametrize(
    "values",
    [
        {"approver_id": ADA},
        {"proposer_id": BEN, "approver_id": ADA},
        {"content_hash": "0" * 64},
        {"subject": "heater"},
        {"delay_ms": 0, "effective_at": MILLISECONDS},
        {"effective_at": MILLISECONDS},
        {"request_id": "chg_none"},
        {"approver_id": "st_nobody"},
    ],
    ids=repr,
)
def test_the_database_refuses_a_false_approval(
    region: Region, changes: ChangeRepository, values: dict[str, Any]
) -> None:
    asked = request()
    changes.add(asked)

    with pytest.raises(StorageError):
        approve_by_hand(region, asked, **values)


def test_the_database_refuses_an_approval_by_whom_it_is_about(
    region: Region, changes: ChangeRepository
) -> None:
    content = replace(request().content, subject=BEN)
    changes.add(replace(request(), content=content))

    with pytest.raises(StorageError):
        approve_by_hand(region, replace(request(), content=content))


def test_the_database_refuses_a_request_about_its_proposer(changes: ChangeRepository) -> None:
    with pytest.raises(StorageError):
        changes.add(replace(request(), content=replace(request().content, subject=ADA)))


def test_the_database_refuses_a_second_approval(region: Region, changes: ChangeRepository) -> None:
    asked = request()
    changes.add(asked)
    approve_by_hand(region, asked)

    with pytest.raises(StorageError):
        approve_by_hand(region, asked, approver_id=CAO)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE change_requests SET payload = '{}'",
        "UPDATE change_requests SET content_hash = 'other'",
        "UPDATE change_requests SET proposer_id = 'st_ben'",
        "UPDATE change_requests SET delay_ms = 0",
        "UPDATE change_requests SET direction = 'restricts'",
        "UPDATE change_requests SET expires_at = expires_at + 1",
        "UPDATE change_approvals SET approver_id = 'st_cao'",
        "UPDATE change_approvals SET effective_at = effective_at + 1",
        "UPDATE change_applications SET applied_at = applied_at + 1",
    ],
)
def test_the_database_lets_nobody_write_over_what_was_agreed(
    region: Region, changes: ChangeRepository, sql: str
) -> None:
    asked = request()
    changes.add(asked)
    changes.approve(approved(asked), now=NOW)
    changes.carry_out(approved(asked), None, now=NOW + DAY)

    with pytest.raises(StorageError):
        write(region, sql)


@pytest.mark.parametrize(
    "values",
    [
        {"effective_at": None},
        {"effective_at": MILLISECONDS},
        {"effective_at": MILLISECONDS + DAY_MS, "applied_at": MILLISECONDS + DAY_MS - 1},
        {"effective_at": None, "is_emergency": True, "direction": "restricts"},
        {"effective_at": None, "direction": "restricts"},
    ],
    ids=repr,
)
def test_the_database_refuses_an_application_without_two_people_or_their_delay(
    region: Region, changes: ChangeRepository, values: dict[str, Any]
) -> None:
    asked = request()
    changes.add(asked)
    approve_by_hand(region, asked)
    with pytest.raises(StorageError):
        insert(region, "change_applications", application(asked) | values)


def application(asked: ChangeRequest) -> dict[str, Any]:
    return {
        "request_id": asked.id,
        "direction": "loosens",
        "is_emergency": False,
        "effective_at": MILLISECONDS + DAY_MS,
        "applied_at": MILLISECONDS + DAY_MS,
        "outcome": "",
    }


def test_the_database_takes_an_application_that_two_people_agreed_to(
    region: Region, changes: ChangeRepository
) -> None:
    """So that the refusals above are about what they say."""
    asked = request()
    changes.add(asked)
    approve_by_hand(region, asked)

    insert(region, "change_applications", application(asked))

    found = changes.find(asked.id)
    assert found is not None
    assert found.applied_at == NOW + DAY


@pytest.mark.parametrize("state", ["review_due", "confirmed", "reverted"])
def test_the_database_refuses_an_emergency_that_was_none(
    region: Region, changes: ChangeRepository, state: str
) -> None:
    changes.add(request())

    with pytest.raises(StorageError):
        write(region, f"UPDATE change_requests SET state = '{state}'")


def test_the_database_refuses_an_emergency_that_widens(changes: ChangeRepository) -> None:
    with pytest.raises(StorageError):
        changes.add(request(is_emergency=True, state=State.REVIEW_DUE))


def test_the_database_refuses_a_review_by_whoever_acted(region: Region, changes: ChangeRepository) -> None:
    changes.add(acted_alone(request(direction=Direction.RESTRICTS), now=NOW))

    with pytest.raises(StorageError):
        write(region, f"UPDATE change_requests SET state = 'confirmed', closed_by = '{ADA}'")


def test_pages_go_from_the_newest_back_by_every_set_of_filters(changes: ChangeRepository) -> None:
    for number in range(1, 6):
        changes.add(request(number, proposed_at=NOW + timedelta(seconds=number)))
    everything = ChangeFilters(State.PROPOSED, "lamp.set", "lamp", ADA)

    for filters in (ChangeFilters(), everything, ChangeFilters(subject="lamp")):
        first = changes.page(filters, None, 2)
        rest = changes.page(filters, Place.behind(first[-1]), 10)
        assert [one.id for one in (*first, *rest)] == [f"chg_{number}" for number in (5, 4, 3, 2, 1)]
    assert changes.page(ChangeFilters(kind="lamp.break"), None, 2) == ()
    assert changes.count_open(ADA) == 5


def test_requests_of_one_moment_are_paged_without_a_gap(changes: ChangeRepository) -> None:
    for number in range(1, 6):
        changes.add(request(number))

    first = changes.page(ChangeFilters(), None, 3)
    rest = changes.page(ChangeFilters(), Place.behind(first[-1]), 3)

    assert [one.id for one in (*first, *rest)] == [f"chg_{number}" for number in (5, 4, 3, 2, 1)]


@pytest.mark.parametrize("kind", ["staff.roles", "staff.invite", "staff.break_glass"])
def test_who_got_a_role_by_whose_request_is_remembered(
    region: Region, changes: ChangeRepository, kind: str
) -> None:
    people = SecondPeople(region.database)
    content = replace(request().content, kind=kind, subject=CAO)
    asked = replace(request(), content=content, content_hash=content.hash)
    changes.add(asked)
    changes.approve(approved(asked), now=NOW)
    changes.carry_out(approved(asked), None, now=NOW + DAY)

    assert people.was_raised(CAO, ADA, since=NOW)
    assert not people.was_raised(CAO, BEN, since=NOW)
    assert not people.was_raised(BEN, ADA, since=NOW)
    assert not people.was_raised(CAO, ADA, since=NOW + DAY)


def test_a_role_counts_from_the_day_its_member_joined(region: Region, changes: ChangeRepository) -> None:
    people = SecondPeople(region.database)
    content = replace(request().content, kind="staff.invite", subject=CAO)
    asked = replace(request(), content=content, content_hash=content.hash)
    changes.add(asked)
    changes.approve(approved(asked), now=NOW)
    changes.carry_out(approved(asked), None, now=NOW + DAY)
    region.stores.staff.links.renew(CAO, b"link", by=BEN, now=NOW + 3 * DAY)
    region.stores.staff.links.join(CAO, b"link", now=NOW + 3 * DAY)

    assert people.was_raised(CAO, ADA, since=NOW + 2 * DAY)
    assert people.was_raised(CAO, BEN, since=NOW + 2 * DAY)
    assert not people.was_raised(CAO, ADA, since=NOW + 3 * DAY)
    assert not people.was_raised(CAO, BEN, since=NOW + 3 * DAY)


@pytest.mark.parametrize("name", ["\0", "a\0b", "\ud800", "x" * 2_000])
def test_what_no_request_can_be_called_is_not_found(changes: ChangeRepository, name: str) -> None:
    changes.add(request())

    assert changes.find(name) is None
    for filters in (ChangeFilters(kind=name), ChangeFilters(subject=name), ChangeFilters(proposer=name)):
        assert changes.page(filters, None, 5) == ()
    assert changes.page(ChangeFilters(), Place(NOW + DAY, name), 5) == ()


def test_proposals_past_their_time_are_found(changes: ChangeRepository) -> None:
    changes.add(request())

    assert changes.expired(10, now=NOW + LIFETIME - timedelta(seconds=1)) == ()
    assert changes.expired(10, now=NOW + LIFETIME) == ("chg_1",)


@pytest.mark.parametrize("filters", [one for one in PAGES if one], ids=lambda one: "-".join(sorted(one)))
def test_a_page_of_requests_goes_by_an_index(
    database: Database, database_url: str, backend: str, filters: frozenset[str]
) -> None:
    plan = {"sqlite": sqlite_plan, "postgresql": postgresql_plan}[backend]

    steps = plan(database_url, database.prepare(PAGES[filters]).sql)

    assert not [step for step in steps if "Seq Scan" in step or step.startswith("SCAN ")], steps
