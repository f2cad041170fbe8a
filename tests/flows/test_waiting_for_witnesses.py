"""What waits for witnesses, as people see it: on the hub's page, in the console, on the request that made it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp.governance.change_listing import ChangeFilters
from idp.governance.change_request import ChangeRequest, State
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.changes import Restore, SetCeiling, Suspend
from idp.trustlist.standing import Waiting
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.staff import Member, joined_pair
from tests.support.staff_api import program
from tests.support.streets import EAST, WEST
from tests.support.witnessing_regions import NORTH, REGIONS, Witnessed, witnessed_nation

HELD_UP = "It has waited for witnesses since"


@pytest.fixture
def nation(
    tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Witnessed]:
    with witnessed_nation(tmp_path, sqlite_template, clock, leak_guard) as built:
        yield built


def hub_page(nation: Witnessed, language: str = "en") -> str:
    answer = nation.hub.get("/", **{"Accept-Language": language})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]))


def lower_and_raise(nation: Witnessed) -> None:
    """The second gives trust, and waits while witnesses are away."""
    nation.hub.hub.change(SetCeiling(WEST, AcrLevel.ONE_FACTOR), now=nation.clock.now())
    nation.hub.hub.change(SetCeiling(WEST, AcrLevel.STRONGEST), now=nation.clock.now())


def propose(member: Member, kind: str, **fields: str) -> ChangeRequest:
    member.installation.clock.advance(seconds=1)
    form = f"/console/changes/new/{kind}"
    preview = member.browser.submit(member.get(form), f"{form}/preview", **fields)
    member.browser.submit(preview, f"{form}/propose", why="It is time.")
    return member.installation.services.changes.page(ChangeFilters(), limit=1).requests[0]


def test_everybody_sees_who_the_witnesses_are_and_that_they_stand_by_the_list(nation: Witnessed) -> None:
    page = hub_page(nation)

    assert "at least 2 of them stand by it" in page
    assert page.count("Stands by all of it") == len(REGIONS)
    assert "has waited for witnesses" not in page


def test_a_list_that_needs_no_witness_says_so(nation: Witnessed) -> None:
    nation.name_witnesses(0)

    assert "None of them has to stand by the list" in hub_page(nation)


def test_everybody_sees_what_waits_and_how_many_stand_by_it(nation: Witnessed) -> None:
    nation.streets.away.update({EAST, NORTH})
    lower_and_raise(nation)
    began = nation.clock.now()
    nation.clock.advance(minutes=2)

    english, chinese = hub_page(nation), hub_page(nation, "zh-CN")

    assert nation.hub.hub.standing(now=nation.clock.now()).waiting == Waiting(began, standing=1, needed=2)
    assert "Witnesses that stand by it so far: 1 of 2." in english
    assert english.count("Does not stand by it") == 2
    assert "见证方" in chinese
    assert "Witnesses that stand" not in chinese


def test_why_a_witness_did_not_cosign_is_for_the_staff(nation: Witnessed) -> None:
    nation.streets.away.add(NORTH)
    lower_and_raise(nation)
    ada, _ben = joined_pair(nation.hub, "Ada", "Ben")

    console, public = ada.get("/console/regions").text, hub_page(nation)

    assert "It cannot be reached" in console
    assert "It cannot be reached" not in public


def test_nothing_waits_when_the_witnesses_are_back(nation: Witnessed) -> None:
    nation.streets.away.update({EAST, NORTH})
    lower_and_raise(nation)
    nation.streets.away.clear()
    nation.pass_time(seconds=3)

    assert "has waited for witnesses" not in hub_page(nation)
    assert nation.hub.hub.standing(now=nation.clock.now()).waiting is None


def test_a_witness_that_falls_silent_is_seen(nation: Witnessed) -> None:
    nation.streets.away.add(NORTH)
    for _ in range(4):
        nation.pass_time(minutes=1)

    page = hub_page(nation)

    assert page.count("Does not stand by it") == 1
    assert "4 minutes ago" in page or "5 minutes ago" in page


def test_a_request_that_was_agreed_to_says_that_it_waits(nation: Witnessed) -> None:
    """And the console's first page and that of the regions say so; the request before it does not."""
    ada, ben = joined_pair(nation.hub, "Ada", "Ben")
    suspended = propose(ada, "trust.suspend", issuer=EAST, reason="review")
    here = f"/console/changes/{suspended.id}"
    ben.confirm(ben.get(here), f"{here}/approve")
    restored = propose(ada, "trust.restore", issuer=EAST)
    nation.streets.away.update({WEST, NORTH})

    there = f"/console/changes/{restored.id}"
    ben.confirm(ben.get(there), f"{there}/approve")
    nation.clock.advance(seconds=timedelta(days=1).total_seconds())
    nation.hub.services.changes.apply_due(now=nation.clock.now())

    assert nation.hub.services.changes.find(restored.id).state is State.APPLIED
    ben.sign_in()
    page = ben.get(there).text
    assert HELD_UP in page
    assert "Witnesses that stand by it so far: 1 of 2." in page
    assert HELD_UP not in ben.get(here).text
    assert "What gives trust waits for witnesses." in ben.get("/console").text
    assert "has waited for witnesses since" in ben.get("/console/regions").text
    nation.streets.away.clear()
    nation.pass_time(seconds=3)
    assert HELD_UP not in ben.get(there).text


def test_programs_are_told_the_same(nation: Witnessed) -> None:
    nation.hub.hub.change(Suspend(EAST, "review"), now=nation.clock.now())
    nation.streets.away.update({EAST, NORTH})
    nation.hub.hub.change(Restore(EAST), now=nation.clock.now())
    ada, _ben = joined_pair(nation.hub, "Ada", "Ben")

    told = program(ada).get("/witnesses")

    waiting = told["waiting"]
    assert (waiting["standing"], waiting["needed"], waiting["not_out"]) == (1, 2, [EAST])
    listed = program(ada).get("/regions")["items"]
    assert {one["issuer"]: one["is_held_up"] for one in listed} == {EAST: True, WEST: False}
    assert [bool(one["fault"]) for one in told["witnesses"]] == [True, True, False]


def test_what_takes_trust_away_never_waits(nation: Witnessed) -> None:
    nation.hub.hub.change(Suspend(EAST, "review"), now=nation.clock.now())
    nation.streets.away.update(REGIONS)
    nation.hub.hub.change(Restore(EAST), now=nation.clock.now())

    standings = nation.hub.hub.standing

    page = hub_page(nation)
    assert "East east.id.localhost:8001 Waits for witnesses" in page
    assert "Regions in use 1" in page
    assert standings.is_held_up(Restore(EAST))
    assert not standings.is_held_up(Suspend(EAST, "review"))
    assert not standings.is_held_up(SetCeiling(WEST, AcrLevel.STRONGEST))
