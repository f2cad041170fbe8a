"""Regions as witnesses of their hub: what gives trust needs enough of them, what takes it away needs none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.adapters.note_keys import verify_ed25519
from idp.foundation.event_search import EventFilter
from idp.foundation.events import EventKind
from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import AcrLevel
from idp.transparency import note as notes
from idp.transparency.cosignature import cosigned_at
from idp.transparency.leaves import LogName
from idp.transparency.note import NoteKey
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.changes import SetCeiling, SetWitnesses, Suspend
from idp.trustlist.snapshot import Distrust, NotTrusted
from idp.wiring import build_services
from tests.support.clock import FakeClock
from tests.support.hub import ACR, HUB
from tests.support.leak_guard import LeakGuard
from tests.support.streets import EAST, WEST
from tests.support.witnessing_regions import NORTH, REGIONS, Witnessed, witnessed_nation


@pytest.fixture
def nation(
    tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Witnessed]:
    with witnessed_nation(tmp_path, sqlite_template, clock, leak_guard) as built:
        yield built


def test_what_the_hub_serves_carries_its_proof_and_its_witnesses(nation: Witnessed) -> None:
    claims = nation.bundle()
    keys = [NoteKey.parse(key) for key in claims["witnesses"]["keys"]]

    cosigners = cosigned_at(notes.parse(claims["log"]["checkpoint"]), keys, verify_ed25519)

    assert claims["witnesses"]["quorum"] == 2
    assert len(cosigners) == 3
    assert all(nation.held(region) == claims["seq"] for region in REGIONS)


def test_an_admission_flows_when_enough_witnesses_stand_by_it(nation: Witnessed) -> None:
    nation.streets.away.add(WEST)

    nation.admit(NORTH)
    nation.streets.away.clear()
    nation.pass_time(seconds=1)

    assert not nation.hub.hub.is_waiting()
    assert nation.trusts(EAST, NORTH)


def test_an_admission_waits_for_witnesses_and_goes_through_when_they_return(nation: Witnessed) -> None:
    before = nation.bundle()["seq"]
    nation.streets.away.update({WEST, EAST})
    nation.streets.apps[NORTH] = nation.regions[NORTH].app

    nation.admit(NORTH)

    assert nation.hub.hub.is_waiting()
    assert nation.bundle()["seq"] == before
    nation.streets.away.clear()
    nation.pass_time(seconds=3)
    assert not nation.hub.hub.is_waiting()
    nation.pass_time(seconds=1)
    assert nation.trusts(EAST, NORTH)


def test_a_suspension_is_honoured_at_once_with_no_witness_left(nation: Witnessed) -> None:
    nation.streets.away.update(REGIONS)

    nation.hub.hub.change(Suspend(EAST, "review"), now=nation.clock.now())
    nation.streets.away.clear()
    nation.streets.away.update({EAST, NORTH})
    nation.pass_time(seconds=1)

    with pytest.raises(NotTrusted) as refusal:
        nation.trusts(WEST, EAST)
    assert refusal.value.why is Distrust.SUSPENDED
    assert belief(nation, WEST).is_witnessed is False


def test_a_suspension_overtakes_an_admission_that_waits(nation: Witnessed) -> None:
    nation.streets.away.update({WEST, EAST})
    nation.admit(NORTH)

    nation.hub.hub.change(Suspend(EAST, "review"), now=nation.clock.now())

    claims = nation.bundle()
    assert {one["op"]: one["status"] for one in claims["regions"]} == {EAST: "suspended", WEST: "active"}
    assert nation.hub.hub.is_waiting()
    nation.streets.away.clear()
    nation.pass_time(seconds=3)
    nation.pass_time(seconds=1)
    found = {region.op: region.status for region in nation.hub.hub.listed().regions}
    assert found == {EAST: RegionStatus.SUSPENDED, WEST: RegionStatus.ACTIVE, NORTH: RegionStatus.ACTIVE}
    assert nation.trusts(WEST, NORTH)


def test_what_waits_and_is_taken_back_needs_no_witness(nation: Witnessed) -> None:
    nation.hub.hub.change(SetCeiling(EAST, AcrLevel.ONE_FACTOR), now=nation.clock.now())
    nation.streets.away.update(REGIONS)
    nation.hub.hub.change(SetCeiling(EAST, AcrLevel.STRONGEST), now=nation.clock.now())
    assert nation.hub.hub.is_waiting()

    nation.hub.hub.change(SetCeiling(EAST, AcrLevel.ONE_FACTOR), now=nation.clock.now())

    assert not nation.hub.hub.is_waiting()
    (east,) = (one for one in nation.bundle()["regions"] if one["op"] == EAST)
    assert east["acr_ceiling"] == f"{ACR}1"


def test_a_bundle_is_as_old_as_its_witnesses_say(nation: Witnessed) -> None:
    """The hub signs on by itself every minute; without its witnesses that makes nothing young."""
    nation.streets.away.update({EAST, NORTH})
    for _ in range(12):
        nation.pass_time(minutes=1)

    snapshot, now = nation.regions[WEST].services.trust(), nation.clock.now()

    assert snapshot.age(now=now) > timedelta(minutes=10)
    with pytest.raises(NotTrusted) as refusal:
        snapshot.require_acr(EAST, f"{ACR}3", now=now)
    assert refusal.value.why is Distrust.STALE
    snapshot.require_acr(EAST, f"{ACR}2", now=now)
    nation.streets.away.clear()
    nation.pass_time(minutes=1)
    nation.regions[WEST].services.trust().require_acr(EAST, f"{ACR}3", now=nation.clock.now())


def test_what_was_taken_away_without_witnesses_grows_old_and_is_an_alarm(nation: Witnessed) -> None:
    nation.streets.away.update({EAST, NORTH})
    nation.hub.hub.change(Suspend(EAST, "review"), now=nation.clock.now())
    for _ in range(13):
        nation.pass_time(minutes=1)

    wanted = EventFilter(kind=EventKind.TRUST_BUNDLE_UNWITNESSED)

    assert len(nation.regions[WEST].services.stores.event_search.page(wanted, None, 10)) == 1
    assert nation.regions[WEST].services.trust().age(now=nation.clock.now()) > timedelta(minutes=12)
    nation.streets.away.clear()
    nation.pass_time(minutes=1)
    assert belief(nation, WEST).is_witnessed


def test_witnesses_change_by_the_word_of_those_before_them(nation: Witnessed) -> None:
    nation.name_witnesses(1, WEST, NORTH)
    nation.pass_time(seconds=1)

    assert nation.bundle()["witnesses"]["quorum"] == 1
    assert all(nation.held(region) == nation.bundle()["seq"] for region in REGIONS)
    nation.streets.away.update({EAST, WEST})
    nation.hub.hub.change(SetCeiling(EAST, AcrLevel.ONE_FACTOR), now=nation.clock.now())
    nation.hub.hub.change(SetCeiling(EAST, AcrLevel.STRONGEST), now=nation.clock.now())
    assert not nation.hub.hub.is_waiting()


def test_the_witnesses_cannot_be_dropped_without_them(nation: Witnessed) -> None:
    before = nation.bundle()["seq"]
    nation.streets.away.update({EAST, WEST})

    nation.hub.hub.change(SetWitnesses(0, ()), now=nation.clock.now())

    assert nation.hub.hub.is_waiting()
    assert nation.bundle()["seq"] == before


def test_a_former_witness_is_asked_for_a_while(nation: Witnessed) -> None:
    """Regions that were away hold a bundle that names it."""
    nation.name_witnesses(2, WEST, NORTH)

    asked = nation.hub.hub.witnesses.witnesses(now=nation.clock.now())
    later = nation.hub.hub.witnesses.witnesses(now=nation.clock.now() + timedelta(days=31))

    assert sorted(one.is_former for one in asked) == [False, False, True]
    assert all(not one.fault for one in asked)
    assert len(later) == 2


def test_everybody_sees_who_answers(nation: Witnessed) -> None:
    nation.streets.away.add(NORTH)
    nation.hub.hub.change(Suspend(EAST, "review"), now=nation.clock.now())
    nation.pass_time(minutes=1)

    faults = {
        one.address: str(one.fault or "")
        for one in nation.hub.hub.witnesses.witnesses(now=nation.clock.now())
    }

    assert "cannot be reached" in faults[f"{NORTH}/witness"]
    assert faults[f"{WEST}/witness"] == ""


def test_a_witness_answers_by_the_protocol(nation: Witnessed) -> None:
    log = nation.hub.services.logs[LogName.TRUST]
    signed, size = str(log.signed_head()), log.size()

    same = nation.ask(EAST, f"old {size}\n\n{signed}".encode())
    behind = nation.ask(EAST, f"old 0\n\n{signed}".encode())
    garbage = nation.ask(EAST, b"old one\n\n")
    stranger = nation.ask(EAST, f"old {size}\n\n{signed.replace(HUB[7:], 'other.example')}".encode())
    forged = nation.ask(EAST, f"old {size}\n\n{signed[:-10]}AAAAAAAA=\n".encode())
    surplus = nation.ask(EAST, f"old {size}\n{'A' * 43}=\n\n{signed}".encode())

    assert (same.status_code, same.content_type) == (200, "text/plain; charset=utf-8")
    assert same.text.startswith("— east.id.localhost:8001/witness ")
    assert (behind.status_code, behind.content_type, behind.text) == (409, "text/x.tlog.size", f"{size}\n")
    assert [one.status_code for one in (garbage, stranger, forged, surplus)] == [400, 404, 403, 422]


def test_a_region_without_a_memory_file_is_no_witness(nation: Witnessed) -> None:
    settings = replace(nation.regions[EAST].settings, witness_memory_file=None)

    services = build_services(settings, clock=nation.clock, egress=nation.streets)

    assert services.witness is None
    assert KeyPurpose.WITNESS not in services.keyrings


def test_regions_tell_the_hub_which_head_they_were_shown(nation: Witnessed) -> None:
    """And a head of the log's own key that is not this log's is told to somebody."""
    nation.pass_time(minutes=1)
    stored = nation.regions[EAST].services.stores.trust_bundles.find_checkpoint(HUB)

    assert stored is not None
    assert stored.startswith(f"{HUB[7:]}/log/trust\n")
    assert stored.count("— ") == 1


def belief(nation: Witnessed, region: str) -> Any:
    held = nation.regions[region].services.stores.trust_bundles.find(HUB)
    assert held is not None
    return held.belief
