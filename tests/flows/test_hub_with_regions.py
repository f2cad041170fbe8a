"""A hub and regions, whole ones, in one process: they speak to each other by HTTP, without a network in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.oidc.keys import KeyPurpose
from idp.oidc.vocabulary import AcrLevel
from idp.trustlist.changes import Restore, RevokeKey, SetCeiling, Suspend
from idp.trustlist.snapshot import Distrust, NotTrusted
from idp.wiring import build_services
from tests.support.clock import FakeClock
from tests.support.hub import ACR
from tests.support.leak_guard import LeakGuard
from tests.support.streets import EAST, WEST, Federation, Streets, hub_of, region_of


@pytest.fixture
def federation(
    tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Federation]:
    streets = Streets()
    hub = hub_of(tmp_path, sqlite_template, clock, streets)
    keys = tmp_path / "keys.json"
    keys.write_bytes(hub.get("/trust/keys.json").data)
    regions = {
        issuer: region_of(issuer, tmp_path, sqlite_template, clock, leak_guard, streets, keys)
        for issuer in (EAST, WEST)
    }
    built = Federation(hub, regions, clock, streets)
    for issuer in regions:
        met = hub.hub.regions.meet(issuer, now=clock.now())
        hub.hub.regions.admit(met, ceiling=AcrLevel.STRONGEST, domains=(".apps.localhost",), now=clock.now())
    built.pass_time(seconds=1)
    yield built
    for services in (hub.services, *(region.services for region in regions.values())):
        services.close()


def test_regions_know_each_other_by_the_hubs_list(federation: Federation) -> None:
    (line,) = (one for one in federation.hub.hub.overview(federation.clock.now()) if one.op == EAST)

    assert {key["alg"] for key in federation.trusts(WEST, EAST)} == {"ES256", "EdDSA", "PS256"}
    broker = federation.regions[EAST].services.trust().broker(f"{WEST}/rp", now=federation.clock.now())
    assert broker["jwks"]["keys"]
    assert line.lag is not None
    assert line.lag.total_seconds() == 0
    assert federation.hub.hub.faults() == {}


def test_what_the_hub_changes_everybody_honours_and_reports(federation: Federation) -> None:
    hub, clock = federation.hub.hub, federation.clock

    hub.change(Suspend(EAST, "review"), now=clock.now())
    hub.finish_hints(federation.hub.settings.trust_poll)
    federation.pass_time(seconds=1)

    with pytest.raises(NotTrusted) as refused:
        federation.trusts(WEST, EAST)
    assert refused.value.why is Distrust.SUSPENDED
    assert f"{WEST}/trust/hint" in federation.streets.asked

    hub.change(Restore(EAST), now=clock.now())
    hub.change(SetCeiling(EAST, AcrLevel.ONE_FACTOR), now=clock.now())
    federation.pass_time(seconds=1)

    assert federation.regions[WEST].services.trust().strongest(EAST, now=clock.now()) == f"{ACR}1"
    assert {line.lag.total_seconds() for line in hub.overview(clock.now()) if line.lag is not None} == {0}


def test_a_region_changes_all_its_keys_and_nobody_notices(federation: Federation) -> None:
    """At every moment West knows the key by which East signs, and the hub the one that signs its statements."""
    east = federation.regions[EAST].services
    signed_by: dict[KeyPurpose, set[str]] = {purpose: set() for purpose in east.keyrings}
    for keyring in east.keyrings.values():
        keyring.rotate()
    for _ in range(40):
        federation.pass_time(hours=2)

        for purpose, keyring in east.keyrings.items():
            signed_by[purpose].add(keyring.signing_key(keyring.algorithms[0]).kid)
        assert federation.hub.hub.faults() == {}
        assert east.keyring.signing_key(east.keyring.algorithms[0]).kid in {
            key["kid"] for key in federation.trusts(WEST, EAST)
        }
    assert len(signed_by[KeyPurpose.FEDERATION]) == len(signed_by[KeyPurpose.PROTOCOL]) == 2


def test_the_hub_changes_all_its_keys_and_nobody_notices(federation: Federation) -> None:
    signed_by: dict[KeyPurpose, set[str]] = {purpose: set() for purpose in federation.hub.services.keyrings}
    for keyring in federation.hub.services.keyrings.values():
        keyring.rotate()
    for _ in range(40):
        federation.pass_time(hours=2)

        for purpose, keyring in federation.hub.services.keyrings.items():
            signed_by[purpose].add(keyring.signing_key(keyring.algorithms[0]).kid)
        assert federation.trusts(WEST, EAST)
        assert federation.trusts(EAST, WEST)
        assert federation.hub.hub.faults() == {}
    assert {len(kids) for kids in signed_by.values()} == {2}


def test_a_stolen_key_of_a_region_is_refused_everywhere_and_the_next_one_believed(
    federation: Federation,
) -> None:
    east, hub, clock = federation.regions[EAST].services, federation.hub.hub, federation.clock
    algorithm = east.keyring.algorithms[0]
    stolen = east.keyring.signing_key(algorithm).kid

    hub.change(RevokeKey(EAST, stolen, "compromised"), now=clock.now())
    federation.pass_time(seconds=1)
    assert stolen not in {key["kid"] for key in federation.trusts(WEST, EAST)}
    east.keyring.revoke(stolen)
    federation.pass_time(minutes=2)

    assert east.keyring.signing_key(algorithm).kid in {key["kid"] for key in federation.trusts(WEST, EAST)}


def test_after_a_theft_at_the_hub_regions_begin_again_with_a_new_file_of_keys(
    federation: Federation, tmp_path: Path
) -> None:
    hub, clock = federation.hub, federation.clock
    bundle_keys = hub.services.keyrings[KeyPurpose.BUNDLE]
    bundle_keys.revoke(bundle_keys.signing_key(bundle_keys.algorithms[0]).kid)
    federation.pass_time(seconds=1)
    before = federation.regions[WEST].services.trust().bundle
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"root_version": 2, **json.loads(bundle_keys.jwks().body)}))

    restarted = build_services(federation.regions[WEST].settings, clock=clock, egress=federation.streets)
    assert restarted.following is not None
    assert restarted.trust().bundle is None
    restarted.following.puller.pull()
    restarted.following.trust.look_now()

    assert before is not None
    assert restarted.trust().provider(EAST, now=clock.now())
    restarted.close()
