"""People of other regions are counted, in whole, and what regions told of that is kept, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from idp.oidc.vocabulary import AcrLevel
from idp.storage.rows import can_be_stored
from idp.storage.told_visitors import ToldVisitorsRepository
from idp.storage.visitor_counts import VisitorCounts
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.seen import SeenReport
from idp.trustlist.visitors import ToldVisitors, Visitors
from tests.contract.region import MINUTE, NOW, Region, at_once
from tests.contract.test_trust_list import EAST, listed, put
from tests.contract.test_withdrawals import SOUTH, WEST, visitor

HUB = "https://hub.example"
DAY = timedelta(days=1)


@pytest.fixture
def counts(region: Region) -> VisitorCounts:
    return region.stores.visitor_counts


def test_open_sessions_are_counted_by_home_and_level_with_people_and_mini_apps(
    region: Region, counts: VisitorCounts
) -> None:
    for client_id in ("tax", "health"):
        region.add_client(client_id)
    bo = region.add_account("bo")
    for number, level in enumerate(AcrLevel):
        session = region.add_session(bo, f"bo-{number}", home_iss=WEST, level=level)
        region.add_grant(f"tax-{number}", session, client_id="tax", home_iss=WEST)
    region.add_grant("health", visitor(region, "cao"), client_id="health", home_iss=WEST)
    visitor(region, "di", SOUTH)
    region.add_grant("own", visitor(region, "ada", None), client_id="tax")

    found = {one.home: one for one in counts.visitors(now=NOW)}

    assert found == {
        WEST: Visitors(WEST, (4, 2, 1), people=2, apps=2),
        SOUTH: Visitors(SOUTH, (1, 0, 0), people=1, apps=0),
    }


def test_what_has_ended_or_is_over_is_not_counted(region: Region, counts: VisitorCounts) -> None:
    region.add_client("tax")
    region.add_grant("ended", visitor(region, "bo"), client_id="tax", home_iss=WEST)
    region.stores.sessions.end("bo", "acct_bo", now=NOW)
    visitor(region, "cao", expires_at=NOW + MINUTE)

    assert counts.visitors(now=NOW) == (Visitors(WEST, (1, 0, 0), people=1, apps=0),)
    assert counts.visitors(now=NOW + MINUTE) == ()


def test_of_two_processes_one_counts_and_not_again_before_its_time(
    region: Region, counts: VisitorCounts
) -> None:
    assert not counts.claim(HUB, 10 * MINUTE, now=NOW)
    region.stores.trust_bundles.claim_pull(HUB, MINUTE, now=NOW)

    first = at_once(4, lambda _: counts.claim(HUB, 10 * MINUTE, now=NOW))

    assert sorted(first) == [False, False, False, True]
    assert not counts.claim(HUB, 10 * MINUTE, now=NOW + 9 * MINUTE)
    assert counts.claim(HUB, 10 * MINUTE, now=NOW + 10 * MINUTE)
    # The clock was set back.
    assert counts.claim(HUB, 10 * MINUTE, now=NOW)


@pytest.fixture
def told(region: Region) -> ToldVisitorsRepository:
    put(region, listed(), listed(WEST), listed(SOUTH))
    return region.stores.told_visitors


def tell(region: Region, by: str, *visitors: Visitors, at: datetime = NOW) -> bool:
    report = SeenReport(f"{by}/fed", 5, at, f"at {at}", visitors=visitors)
    return region.stores.trust_reports.keep(by, report)


def some(home: str, number: int = 20) -> Visitors:
    return Visitors(home, (number, 10, 0), people=number, apps=0)


def test_what_a_region_told_last_takes_the_place_of_what_it_told_before(
    region: Region, told: ToldVisitorsRepository
) -> None:
    tell(region, EAST, some(WEST), some(SOUTH))
    tell(region, SOUTH, some(WEST, 1_000), at=NOW + MINUTE)
    tell(region, EAST, some(WEST, 30), at=NOW + 2 * MINUTE)
    assert not tell(region, EAST, some(WEST, 90), at=NOW + MINUTE)

    assert told.of_home(WEST, since=NOW - DAY) == (
        ToldVisitors(SOUTH, NOW + MINUTE, some(WEST, 1_000)),
        ToldVisitors(EAST, NOW + 2 * MINUTE, some(WEST, 30)),
    )
    assert told.of_home(SOUTH, since=NOW - DAY) == ()
    assert told.of_home(WEST, since=NOW + MINUTE)[0].by == EAST


def test_a_report_without_counts_leaves_them_as_they_were(
    region: Region, told: ToldVisitorsRepository
) -> None:
    tell(region, EAST, some(WEST))

    assert region.stores.trust_reports.keep(EAST, SeenReport(f"{EAST}/fed", 6, NOW + MINUTE, "later"))

    assert told.of_home(WEST, since=NOW - DAY) == (ToldVisitors(EAST, NOW, some(WEST)),)
    assert told.tellers(since=NOW - DAY) == {EAST}
    assert told.tellers(since=NOW) == frozenset()


@pytest.mark.parametrize("home", ["https://nobody.example", EAST, "\0", "\ud800"])
def test_people_of_nobody_on_the_list_and_of_the_region_itself_are_dropped(
    region: Region, told: ToldVisitorsRepository, home: str
) -> None:
    tell(region, EAST, some(home), some(WEST))

    assert not can_be_stored(home) or told.of_home(home, since=NOW - DAY) == ()
    assert len(told.of_home(WEST, since=NOW - DAY)) == 1


def test_the_word_of_a_region_that_is_in_use_no_more_counts_no_more(
    region: Region, told: ToldVisitorsRepository
) -> None:
    tell(region, EAST, some(WEST))
    suspended = listed(status=RegionStatus.SUSPENDED, reason="review", statement="")
    put(region, suspended, listed(WEST), listed(SOUTH), seq=2)

    assert told.of_home(WEST, since=NOW - DAY) == ()
    assert told.tellers(since=NOW - DAY) == frozenset()
