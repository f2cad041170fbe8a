"""Applying change requests on both databases: once, whole, and again after a process died in the middle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from idp.foundation.entropy import SystemEntropy
from idp.governance.change_listing import ChangeFilters
from idp.governance.change_request import LIFETIME, ChangeRequest, IllegalMove, State, context_of
from idp.governance.roles import StaffRole
from idp.governance.staff import Acting, FreshPasskey, StaffMember, Via
from idp.storage.statement import Statement
from idp.wiring.governing.change_desk import ChangeDesk
from tests.contract.region import NOW, Region
from tests.support.lamp import Crash, Lamp

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def lamp(region: Region) -> Iterator[Lamp]:
    yield Lamp(region.database)
    region.database.run(Statement(text("DROP TABLE lamps")))


@pytest.fixture
def desk(region: Region, lamp: Lamp) -> ChangeDesk:
    stores = region.stores
    kinds = {lamp.name: lamp}
    return ChangeDesk(region.database, stores.changes, stores.events, kinds, SystemEntropy(), delay=DAY)


@pytest.fixture
def somebody(region: Region) -> Callable[[str], Acting]:
    def made(name: str) -> Acting:
        roles = frozenset({StaffRole.NATIONAL_OPERATOR})
        member = StaffMember(f"st_{name}", name, roles, None, True, NOW)
        region.stores.staff.members.add(member, by="test", now=NOW)
        return Acting(member, Via.PAGE, "session")

    return made


@pytest.fixture
def ada(somebody: Callable[[str], Acting]) -> Acting:
    return somebody("ada")


@pytest.fixture
def ben(somebody: Callable[[str], Acting]) -> Acting:
    return somebody("ben")


def approve(desk: ChangeDesk, by: Acting, request: ChangeRequest, now: datetime = NOW) -> ChangeRequest:
    proof = FreshPasskey(by.member.id, context_of(request, "approve"), now)
    return desk.approve(by, request.id, request.content_hash, proof, now=now)


def test_what_was_begun_when_the_process_died_was_not_done_and_is_done_later(
    desk: ChangeDesk, lamp: Lamp, ada: Acting, ben: Acting
) -> None:
    """Killed between the change and its note: neither is there, and the next round makes both."""
    request = desk.propose(ada, lamp.name, {"to": 9}, "dark", now=NOW)
    approve(desk, ben, request)
    lamp.crashes = True
    desk.apply_due(now=NOW + DAY)
    assert (lamp.brightness, desk.find(request.id).state, lamp.undoings) == (5, State.APPROVED, 1)

    lamp.crashes = False
    desk.apply_due(now=NOW + DAY + MINUTE)
    desk.apply_due(now=NOW + 2 * DAY)

    found = desk.find(request.id)
    assert (lamp.brightness, found.state, found.outcome) == (9, State.APPLIED, "turned")


def test_an_emergency_that_died_in_the_middle_left_nothing(desk: ChangeDesk, lamp: Lamp, ada: Acting) -> None:
    lamp.crashes = True
    draft = desk.draft_alone(ada, lamp.name, {"to": 0}, now=NOW)
    proof = FreshPasskey(ada.member.id, f"change:{lamp.name}:{draft.hash}:suspend", NOW)

    with pytest.raises(Crash):
        desk.suspend_now(ada, lamp.name, {"to": 0}, "fire", proof, now=NOW)

    assert (lamp.brightness, desk.page(ChangeFilters()).requests) == (5, ())


def test_of_many_processes_that_find_it_due_one_applies_it(
    desk: ChangeDesk, lamp: Lamp, ada: Acting, ben: Acting
) -> None:
    request = desk.propose(ada, lamp.name, {"to": 9}, "dark", now=NOW)
    approve(desk, ben, request)
    start = threading.Barrier(6)

    def work() -> None:
        start.wait()
        desk.apply_due(now=NOW + DAY)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(lamp.done) == 1
    assert desk.find(request.id).state is State.APPLIED


def test_proposals_that_another_process_closes_meanwhile_hold_nothing_up(
    desk: ChangeDesk, lamp: Lamp, ada: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [desk.propose(ada, lamp.name, {"to": to}, "dark", now=NOW) for to in (7, 8)]
    listed = desk._requests.expired

    def overtaken(*args: Any, **options: Any) -> tuple[str, ...]:
        monkeypatch.undo()
        found = listed(*args, **options)
        desk.apply_due(now=NOW + LIFETIME)
        return found

    monkeypatch.setattr(desk._requests, "expired", overtaken)
    desk.apply_due(now=NOW + LIFETIME)

    assert {desk.find(request.id).state for request in requests} == {State.EXPIRED}


def test_of_two_requests_about_one_thing_applied_at_once_one_is_stale(
    desk: ChangeDesk, lamp: Lamp, ada: Acting, ben: Acting
) -> None:
    """Both were looked at while it was as it is no more after the first."""
    requests = [desk.propose(ada, lamp.name, {"to": to}, "dark", now=NOW) for to in (7, 8, 9)]
    for request in requests:
        approve(desk, ben, request)
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        desk.apply_due(now=NOW + DAY)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    states = sorted(desk.find(request.id).state for request in requests)
    assert states == [State.APPLIED, State.STALE, State.STALE]
    assert len(lamp.done) == 1


def test_cancelled_and_applied_at_once_is_one_of_the_two(
    desk: ChangeDesk, lamp: Lamp, ada: Acting, ben: Acting
) -> None:
    for _ in range(10):
        lamp.turn(5)
        request = desk.propose(ada, lamp.name, {"to": 9}, "dark", now=NOW)
        approve(desk, ben, request)
        start = threading.Barrier(2)

        def cancel(request: ChangeRequest = request, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                desk.cancel(ben, request.id, "no", now=NOW + DAY)
            except IllegalMove:
                return

        thread = threading.Thread(target=cancel)
        thread.start()
        start.wait()
        desk.apply_due(now=NOW + DAY)
        thread.join()

        is_applied = desk.find(request.id).state is State.APPLIED
        assert (lamp.brightness == 9) is is_applied
