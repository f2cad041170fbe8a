"""Regions that lie about their visitors: what they tell is bounded, shown as theirs, and decides nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from idp.governance.change_request import Direction
from idp.governance.kinds import EffectLine, Reach
from idp.storage.schema import told_visitors
from idp.storage.statement import Statement
from idp.trustlist.visitors import MOST, MOST_HOMES
from tests.support.clock import FakeClock
from tests.support.hub import Nation, SimulatedRegion, build_nation, hub_settings
from tests.support.two_people import Person, person

EAST, WEST, SOUTH = (f"http://{name}.id.localhost:800{port}" for port, name in enumerate("ews", 1))
ROWS = Statement(select(func.count().label("number")).select_from(told_visitors))


@pytest.fixture
def nation(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
    built.hub.publish(now=clock.now())
    for op in (EAST, WEST, SOUTH):
        built.listed(op)
    yield built
    built.services.close()


@pytest.fixture
def ada(nation: Nation) -> Person:
    return person(nation.services, "Ada")


def said(home: Any = EAST, sessions: int = 20, **changes: Any) -> dict[str, Any]:
    return {"home": home, "sessions": [sessions, 0, 0], "people": sessions, "apps": 10, **changes}


def tell(nation: Nation, op: str, *entries: Any, **claims: Any) -> int:
    region: SimulatedRegion = nation.network.regions[op]
    nation.clock.advance(seconds=1)
    report = region.report(nation.claims()["seq"], visitors=list(entries), **claims)
    return nation.send("POST", "/trust/seen", data=report).status_code


def shown(nation: Nation, ada: Person, op: str = EAST) -> EffectLine:
    payload = {"issuer": op, "reason": "review"}
    draft = ada.desk.draft(ada.acting, "trust.suspend", payload, now=nation.clock.now())
    assert draft.content.direction is Direction.RESTRICTS
    return next(line for line in draft.effect if line.reach is Reach.SESSIONS_ABROAD_ENDED)


@pytest.mark.parametrize(
    "absurd",
    [
        said(SOUTH, sessions=-10),
        {**said(SOUTH), "sessions": [20, 0, -10]},
        said(SOUTH, sessions=MOST + 10),
        said(SOUTH, sessions=10**400),
        said(SOUTH, sessions=15),
        said(SOUTH, people=30),
        said(SOUTH, people=1e308),
        said(SOUTH, apps=2**63),
        said(SOUTH, sessions=MOST, people=0),
        said(SOUTH, sessions=0, people=0, apps=10),
        said(["x"]),
        {},
        None,
    ],
)
def test_numbers_that_cannot_be_make_the_whole_report_none(nation: Nation, ada: Person, absurd: Any) -> None:
    assert tell(nation, WEST, said(), absurd) == 400

    line = shown(nation, ada)
    assert line.told is not None
    assert (line.count, line.told.regions) == (0, 0)
    assert {one.honoured_seq for one in nation.hub.overview(nation.clock.now())} == {None}


def test_the_largest_lie_is_bounded_and_shown_as_the_word_of_whoever_told_it(
    nation: Nation, ada: Person
) -> None:
    before = nation.claims()
    assert tell(nation, WEST, said(sessions=MOST)) == 200
    assert tell(nation, SOUTH, said(sessions=20)) == 200

    line = shown(nation, ada)

    assert line.count == MOST + 20
    assert line.told is not None
    assert (line.told.regions, line.told.most, line.told.most_by) == (2, MOST, WEST)
    # Nothing that anybody believes has changed by it.
    after = nation.claims()
    assert {name: after[name] for name in ("seq", "regions")} == {
        name: before[name] for name in ("seq", "regions")
    }


def test_nobody_takes_another_regions_word_away(nation: Nation, ada: Person) -> None:
    tell(nation, SOUTH, said(sessions=20))

    assert tell(nation, WEST, said(), iss=f"{SOUTH}/fed") == 401
    assert tell(nation, WEST) == 200

    line = shown(nation, ada)
    assert line.told is not None
    assert (line.count, line.told.most_by) == (20, SOUTH)


def test_a_region_tells_nothing_of_its_own_people_nor_of_nobody(nation: Nation, ada: Person) -> None:
    """However many names a region makes up, no row is kept for one that is not on the list."""
    nobody = (said(f"http://nobody-{number}.localhost") for number in range(MOST_HOMES - 2))

    assert tell(nation, WEST, said(WEST, MOST), said(), *nobody) == 200

    assert shown(nation, ada, WEST).count == 0
    row = nation.services.database.one(ROWS)
    assert row is not None
    assert row.number == 1


def test_homes_with_nothing_told_of_leave_no_trace(nation: Nation, ada: Person) -> None:
    """An entry of noughts would say that somebody is there, and go when they go."""
    assert tell(nation, WEST, said(sessions=0, apps=0)) == 200

    line = shown(nation, ada)
    assert line.told is not None
    assert (line.count, line.told.regions, line.told.since) == (0, 0, None)
    row = nation.services.database.one(ROWS)
    assert row is not None
    assert row.number == 0


def test_more_homes_than_are_told_of_are_refused(nation: Nation) -> None:
    many = [said(f"http://nobody-{number}.localhost") for number in range(MOST_HOMES + 1)]

    assert tell(nation, WEST, *many) == 400


def test_a_region_that_is_in_use_no_more_has_no_word(nation: Nation, ada: Person) -> None:
    tell(nation, WEST, said())
    ben = person(nation.services, "Ben")

    ben.approve(ada.propose("trust.suspend", {"issuer": WEST, "reason": "key_compromise"}))

    line = shown(nation, ada)
    assert line.told is not None
    assert (line.count, line.told.regions, line.told.silent) == (0, 0, 1)


def test_counts_kept_and_sent_again_later_are_no_news(nation: Nation, ada: Person) -> None:
    region = nation.network.regions[WEST]
    early = region.report(nation.claims()["seq"], visitors=[said(sessions=MOST)])
    assert tell(nation, WEST, said(sessions=20)) == 200

    assert nation.send("POST", "/trust/seen", data=early).status_code == 200

    assert shown(nation, ada).count == 20
