"""The hub's list: read as it was written, and changed by one at a time, each change with a number of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.oidc.vocabulary import AcrLevel
from idp.storage.trust_list import ListState, Published
from idp.trustlist.bundle import RegionStatus, RevokedKey
from idp.trustlist.changes import RevokeKey, SetCeiling, Suspend
from idp.trustlist.listing import FederationKey, ListedRegion, TrustList, Vouched, in_order
from idp.trustlist.seen import SeenReport
from tests.contract.region import MINUTE, NOW, Region, at_once
from tests.support.clock import START, FakeClock
from tests.support.hub import Nation, build_nation, hub_settings

EAST = "https://east.id.example"


def listed(op: str = EAST, **changes: object) -> ListedRegion:
    keys = (FederationKey("one", {"kid": "one"}), FederationKey("old", {"kid": "old"}, is_former=True))
    vouched = Vouched("op", "rp", {"issuer": op}, {"x": [1]}, "said", NOW + MINUTE, NOW + timedelta(hours=1))
    region = ListedRegion(
        op=op,
        name={"en": "East", "zh-CN": "东区"},
        status=RegionStatus.ACTIVE,
        since=NOW,
        reason="",
        ceiling=AcrLevel.STRONGEST,
        domains=(".apps.example",),
        keys=in_order(keys),
        vouched=vouched,
        statement="signed",
    )
    return replace(region, **changes)  # type: ignore[arg-type]


def content(seq: int) -> Published:
    return Published(seq, f"hash {seq}", {"seq": seq}, f"signed {seq}", NOW)


def put(region: Region, *regions: ListedRegion, seq: int = 1) -> ListState:
    lists = region.stores.trust_list
    assert lists.commit(lists.state(), TrustList(regions), content(seq), now=NOW)
    return lists.state()


def test_a_list_is_read_as_it_was_written(region: Region) -> None:
    west = listed("https://west.id.example", status=RegionStatus.SUSPENDED, reason="review")
    revoked = RevokedKey(EAST, "a key", NOW, "compromised")

    put(region, listed())
    state = region.stores.trust_list.state()
    after = TrustList((listed(), west), (revoked,))
    assert region.stores.trust_list.commit(state, after, content(2), now=NOW)

    found = region.stores.trust_list.state()
    assert found.listed == after
    assert found.newest == content(2)
    assert found.lineage == {1: "hash 1", 2: "hash 2"}


def test_whoever_read_before_somebody_elses_change_writes_nothing(region: Region) -> None:
    lists, early = region.stores.trust_list, region.stores.trust_list.state()
    put(region, listed())

    assert not lists.commit(early, TrustList(), content(2), now=NOW)
    assert lists.state().listed == TrustList((listed(),))


def test_a_change_and_its_number_are_kept_together_or_not_at_all(region: Region) -> None:
    state = put(region, listed())

    with pytest.raises(Exception, match=r".+"):
        # A number that was given already: the transaction ends here, after the line was written.
        region.stores.trust_list.commit(
            state, TrustList((listed(ceiling=AcrLevel.ONE_FACTOR),)), content(1), now=NOW
        )

    assert region.stores.trust_list.state() == state


def test_only_the_newest_content_has_its_bundle_and_the_hash_of_every_one_stays(region: Region) -> None:
    lists = region.stores.trust_list
    for seq in range(1, 70):
        put(region, seq=seq)

    assert lists.newest() == content(69)
    assert lists.newest_mark() is not None
    assert list(lists.state().lineage) == list(range(69, 5, -1))
    assert list(lists.hashes_from(1, 1_000)) == list(range(1, 70))
    assert list(lists.hashes_from(3, 2)) == [3, 4]
    assert lists.hashes_from(70, 10) == {}
    assert lists.published_at(1) == NOW
    assert lists.published_at(70) is None


def test_of_two_that_sign_again_one_is_served(region: Region) -> None:
    put(region)
    lists, newest = region.stores.trust_list, content(1)

    won = at_once(8, lambda index: lists.renew(newest, f"renewed by {index}", now=NOW + MINUTE))

    assert sorted(won) == [False] * 7 + [True]


def test_what_is_not_the_newest_is_not_signed_again(region: Region) -> None:
    put(region, seq=1)
    put(region, seq=2)

    assert not region.stores.trust_list.renew(content(1), "late", now=NOW + MINUTE)
    assert region.stores.trust_list.newest() == content(2)


def test_a_visit_is_made_by_one(region: Region) -> None:
    put(region, listed())
    reports = region.stores.trust_reports
    reports.begin(EAST, configured_at=NOW, now=NOW)
    at, following = NOW + MINUTE, NOW + 2 * MINUTE

    claims = at_once(8, lambda _: reports.claim(EAST, now=at, next_at=following, latest=following))

    assert sorted(claims) == [False] * 7 + [True]
    assert reports.claim(EAST, now=NOW - 5 * MINUTE, next_at=NOW, latest=NOW), (
        "a clock set back blocks nothing"
    )


def test_how_a_visit_went_is_remembered(region: Region) -> None:
    put(region, listed())
    reports = region.stores.trust_reports
    reports.begin(EAST, configured_at=NOW, now=NOW)

    reports.note(EAST, "nobody there", configured_at=NOW + MINUTE, now=NOW + 2 * MINUTE)

    visit = reports.visit_of(EAST)
    assert visit is not None
    assert (visit.fault, visit.configured_at, visit.visited_at) == (
        "nobody there",
        NOW + MINUTE,
        NOW + 2 * MINUTE,
    )
    assert reports.visits() == {EAST: visit}
    assert reports.visit_of("https://nobody.example") is None


def test_the_newest_report_of_a_region_stays(region: Region) -> None:
    put(region, listed())
    reports = region.stores.trust_reports

    assert reports.keep(EAST, SeenReport(f"{EAST}/fed", 5, NOW + MINUTE, "first"))
    assert not reports.keep(EAST, SeenReport(f"{EAST}/fed", 9, NOW, "older"))
    assert not reports.keep(EAST, SeenReport(f"{EAST}/fed", 9, NOW + MINUTE, "of the same moment"))
    assert reports.keep(EAST, SeenReport(f"{EAST}/fed", 4, NOW + 2 * MINUTE, "later"))

    assert reports.reports() == {EAST: (4, NOW + 2 * MINUTE)}


@pytest.fixture
def nation(database_url: str) -> Iterator[Nation]:
    built = build_nation(hub_settings(database_url), FakeClock(START))
    yield built
    built.services.database.close()


def test_of_changes_made_at_once_none_is_lost_and_each_has_a_number(nation: Nation) -> None:
    """Two hub processes at once make one next number; the slower one makes the one after."""
    east, now = nation.listed(), nation.clock.now()
    twin = build_nation(nation.settings, nation.clock)
    kids = [east.provider_keys[0].thumbprint(), east.broker_keys[0].thumbprint()]
    changes = (
        SetCeiling(east.op, AcrLevel.ONE_FACTOR),
        RevokeKey(east.op, kids[0], "compromised"),
        RevokeKey(f"{east.op}/rp", kids[1], "superseded"),
        Suspend(east.op, "review"),
    )
    before = nation.claims()["seq"]

    made = at_once(4, lambda index: (nation, twin)[index % 2].hub.change(changes[index], now=now).seq)

    state = nation.services.stores.trust_list.state()
    assert sorted(made) == [before + number for number in (1, 2, 3, 4)]
    assert state.newest is not None
    assert state.newest.seq == before + 4
    (line,) = state.listed.regions
    assert (line.status, line.ceiling) == (RegionStatus.SUSPENDED, AcrLevel.ONE_FACTOR)
    assert {key.kid for key in state.listed.revoked} == set(kids)
    twin.services.database.close()


def test_two_processes_that_begin_at_once_publish_one_first_bundle(nation: Nation) -> None:
    twin = build_nation(nation.settings, nation.clock)

    at_once(6, lambda index: (nation, twin)[index % 2].hub.publish(now=nation.clock.now()))

    assert nation.claims()["seq"] == 1
    twin.services.database.close()
