"""The hub's list: read as it was written, and changed by one at a time, each change with a number of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.foundation.sentence import Sentence
from idp.oidc.vocabulary import AcrLevel
from idp.storage.trust_contents import Published
from idp.storage.trust_list import ListState
from idp.storage.witnessed_logs import Cosigned
from idp.transparency.leaves import LogName, read_leaf
from idp.trustlist.bundle import RegionStatus, RevokedKey
from idp.trustlist.changes import RevokeKey, SetCeiling, Suspend
from idp.trustlist.listing import (
    FederationKey,
    ListedRegion,
    ListedWitness,
    TrustList,
    Vouched,
    WitnessList,
    in_order,
)
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


def content(seq: int, *, is_out: bool = True) -> Published:
    return Published(seq, f"hash {seq}", {"seq": seq}, f"signed {seq}" if is_out else None, NOW)


def put(region: Region, *regions: ListedRegion, seq: int = 1, is_out: bool = True) -> ListState:
    lists = region.stores.trust_list
    assert lists.commit(lists.state(), TrustList(regions), content(seq), now=NOW)
    if is_out:
        assert lists.contents.bring_out(content(seq), f"signed {seq}", NOW, now=NOW)
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
    assert found.newest == content(2, is_out=False)
    assert found.out == content(1)
    assert found.lineage == {1: "hash 1", 2: "hash 2"}


def test_whoever_read_before_somebody_elses_change_writes_nothing(region: Region) -> None:
    lists, early = region.stores.trust_list, region.stores.trust_list.state()
    put(region, listed())

    assert not lists.commit(early, TrustList(), content(2), now=NOW)
    assert lists.state().listed == TrustList((listed(),))


def test_a_change_and_its_number_are_kept_together_or_not_at_all(region: Region) -> None:
    state = put(region, listed())
    logged = region.stores.log_entries.head(LogName.TRUST)

    with pytest.raises(Exception, match=r".+"):
        # A number that was given already: the transaction ends here, after the line was written.
        region.stores.trust_list.commit(
            state, TrustList((listed(ceiling=AcrLevel.ONE_FACTOR),)), content(1), now=NOW
        )

    assert region.stores.trust_list.state() == state
    assert region.stores.log_entries.head(LogName.TRUST) == logged


def test_a_change_has_its_entries_and_the_content_knows_its_own(region: Region) -> None:
    put(region, listed())
    put(region, listed(status=RegionStatus.SUSPENDED, reason="review", statement=""), seq=2)

    entries = [read_leaf(entry) for entry in region.stores.log_entries.entries(LogName.TRUST, 0, 100)]

    assert [entry["action"] for entry in entries] == [
        "admit",
        "statement",
        "hub-keys",
        "bundle",
        "suspend",
        "bundle",
    ]
    newest = region.stores.trust_list.contents.newest()
    assert newest is not None
    assert newest.log_index == 5


def test_only_the_newest_content_has_its_bundle_and_the_hash_of_every_one_stays(region: Region) -> None:
    lists = region.stores.trust_list
    for seq in range(1, 70):
        put(region, seq=seq)

    assert lists.contents.newest() == content(69)
    assert lists.contents.newest_mark() is not None
    assert list(lists.state().lineage) == list(range(69, 5, -1))
    assert list(lists.contents.hashes_from(1, 1_000)) == list(range(1, 70))
    assert list(lists.contents.hashes_from(3, 2)) == [3, 4]
    assert lists.contents.hashes_from(70, 10) == {}
    assert lists.contents.published_at(1) == NOW
    assert lists.contents.published_at(70) is None


def test_a_content_is_out_only_when_it_was_brought_out(region: Region) -> None:
    put(region, seq=1)
    state = put(region, seq=2, is_out=False)
    lists = region.stores.trust_list

    assert lists.contents.is_waiting()
    assert lists.contents.waiting_seqs() == (1, 2)
    assert lists.contents.waiting_since(1) == NOW
    assert lists.contents.waiting_since(2) is None
    assert (state.newest, state.out) == (content(2, is_out=False), content(1))
    assert lists.contents.newest_mark() == (1, int(NOW.timestamp() * 1000))
    assert lists.contents.published_at(2) is None
    assert lists.contents.bring_out(content(2), "signed 2", NOW, now=NOW + MINUTE)
    assert lists.contents.out() == content(2)
    assert not lists.contents.is_waiting()
    assert lists.contents.published_at(2) == NOW + MINUTE


def test_of_many_that_bring_a_content_out_one_does(region: Region) -> None:
    put(region, is_out=False)
    lists = region.stores.trust_list

    won = at_once(8, lambda index: lists.contents.bring_out(content(1), f"by {index}", NOW, now=NOW))

    assert sorted(won) == [False] * 7 + [True]


def test_a_content_that_was_overtaken_never_comes_out(region: Region) -> None:
    for seq, is_out in ((1, True), (2, False), (3, False)):
        put(region, seq=seq, is_out=is_out)
    lists = region.stores.trust_list

    assert not lists.contents.bring_out(content(2), "signed 2", NOW, now=NOW)
    assert lists.contents.bring_out(content(3), "signed 3", NOW, now=NOW + MINUTE)
    assert lists.contents.published_at(2) == NOW + MINUTE, "who honours 1 is behind since 3 came out"


def test_what_is_out_is_kept_however_much_waits_behind_it(region: Region) -> None:
    put(region, seq=1)
    for seq in range(2, 70):
        put(region, seq=seq, is_out=False)

    assert region.stores.trust_list.contents.out() == content(1)


def test_of_two_that_sign_again_one_is_served(region: Region) -> None:
    put(region)
    lists, newest = region.stores.trust_list, content(1)

    won = at_once(8, lambda index: lists.contents.renew(newest, f"renewed by {index}", now=NOW + MINUTE))

    assert sorted(won) == [False] * 7 + [True]


def test_what_is_not_the_newest_is_not_signed_again(region: Region) -> None:
    put(region, seq=1)
    put(region, seq=2)

    assert not region.stores.trust_list.contents.renew(content(1), "late", now=NOW + MINUTE)
    assert region.stores.trust_list.contents.newest() == content(2)


def test_the_witnesses_are_part_of_the_list(region: Region) -> None:
    lists, logs = region.stores.trust_list, region.stores.witnessed_logs
    one, other = (
        ListedWitness("a key", "https://east.example/witness"),
        ListedWitness("b key", "https://west"),
    )
    put(region)

    state = lists.state()
    assert lists.commit(state, TrustList(witnesses=WitnessList(2, (one, other))), content(2), now=NOW)
    assert lists.state().listed.witnesses == WitnessList(2, (one, other))
    state = lists.state()
    assert lists.commit(state, TrustList(witnesses=WitnessList(1, (other,))), content(3), now=NOW)

    assert lists.state().listed.witnesses == WitnessList(1, (other,))
    assert [(each.key, each.is_former) for each in logs.asked(since=NOW - MINUTE)] == [
        ("a key", True),
        ("b key", False),
    ]
    assert [each.key for each in logs.asked(since=NOW)] == ["b key"]


def test_a_cosigned_head_never_goes_back(region: Region) -> None:
    lists, logs = region.stores.trust_list, region.stores.witnessed_logs
    witnesses = WitnessList(1, (ListedWitness("a key", "https://east.example/witness"),))
    assert lists.commit(lists.state(), TrustList(witnesses=witnesses), content(1), now=NOW)
    newer, again = Cosigned(9, "nine", NOW), Cosigned(9, "nine again", NOW + MINUTE)

    assert logs.cosigned(LogName.TRUST) is None
    assert logs.keep(LogName.TRUST, newer)
    assert not logs.keep(LogName.TRUST, Cosigned(8, "eight", NOW + MINUTE))
    assert not logs.keep(LogName.TRUST, newer)
    assert logs.keep(LogName.TRUST, again)
    assert logs.cosigned(LogName.TRUST) == again


def test_other_witnesses_begin_without_a_cosigned_head(region: Region) -> None:
    lists, logs = region.stores.trust_list, region.stores.witnessed_logs
    one, other = (
        ListedWitness("a key", "https://east.example"),
        ListedWitness("b key", "https://west.example"),
    )
    assert lists.commit(lists.state(), TrustList(witnesses=WitnessList(1, (one,))), content(1), now=NOW)
    logs.keep(LogName.TRUST, Cosigned(9, "nine", NOW))

    assert lists.commit(lists.state(), TrustList(witnesses=WitnessList(1, (other,))), content(2), now=NOW)

    assert logs.cosigned(LogName.TRUST) is None


def test_witnesses_are_asked_by_one(region: Region) -> None:
    lists, logs = region.stores.trust_list, region.stores.witnessed_logs
    witnesses = WitnessList(1, (ListedWitness("a key", "https://east.example/witness"),))
    assert lists.commit(lists.state(), TrustList(witnesses=witnesses), content(1), now=NOW)
    then = NOW + MINUTE

    claims = at_once(8, lambda _: logs.claim(LogName.TRUST, now=NOW, next_at=then, latest=then))

    assert sorted(claims) == [False] * 7 + [True]
    assert not logs.claim(LogName.TRUST, now=NOW, next_at=then, latest=then)
    assert logs.claim(LogName.TRUST, now=then, next_at=then + MINUTE, latest=then + MINUTE)


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

    nobody = Sentence("nobody", "Nobody is at %(place)s.", {"place": "home"})
    reports.note(EAST, nobody, configured_at=NOW + MINUTE, now=NOW + 2 * MINUTE)

    visit = reports.visit_of(EAST)
    assert visit is not None
    assert (visit.fault, visit.configured_at, visit.visited_at) == (
        nobody,
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
    built.services.close()


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
    twin.services.close()


def test_two_processes_that_begin_at_once_publish_one_first_bundle(nation: Nation) -> None:
    twin = build_nation(nation.settings, nation.clock)

    at_once(6, lambda index: (nation, twin)[index % 2].hub.publish(now=nation.clock.now()))

    assert nation.claims()["seq"] == 1
    twin.services.close()
