"""`idp doctor` says how a region follows its hub, and what to do when it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from idp.cli.examination import examine_before_serving
from idp.foundation.clock import SystemClock
from idp.settings import load
from idp.wiring import build_services
from tests.flows.cli_region import CliRegion
from tests.support.followed_hub import BUNDLE, FollowedHub, Reply, serving


@pytest.fixture
def now() -> datetime:
    return SystemClock().now()


@pytest.fixture
def hub(now: datetime) -> Iterator[FollowedHub]:
    with serving() as found:
        found.publish(now)
        yield found


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path, hub: FollowedHub) -> CliRegion:
    keys = tmp_path / "hub-keys.json"
    keys.write_text(json.dumps(hub.nation.pinned))
    environment = {"IDP_TRUST_ANCHOR": hub.address, "IDP_TRUST_KEYS_FILE": str(keys)}
    return CliRegion(tmp_path, environment).migrated(sqlite_template)


def said(region: CliRegion) -> str:
    return region.idp("doctor").output


def pulled(region: CliRegion) -> None:
    services = build_services(load(region.environment))
    assert services.following is not None
    services.open_keys()
    services.following.puller.pull()
    services.close()


def test_a_region_that_follows_well_is_told_so(region: CliRegion, hub: FollowedHub) -> None:
    pulled(region)

    output = said(region)

    assert "The hub's keys are here (1, root version 1)." in output
    assert "Trust bundle 1 is " in output
    assert f"From {hub.address}{BUNDLE} comes trust bundle 1" in output
    assert output.endswith("Nothing is wrong.\n")


def test_before_the_first_bundle_it_says_how_one_comes(region: CliRegion) -> None:
    assert "no trust bundle has come yet: start the region with `idp serve`" in said(region).lower()


def test_a_hub_that_does_not_answer_is_named(region: CliRegion, hub: FollowedHub) -> None:
    hub.replies[BUNDLE] = Reply(status=503)

    assert f"No trust bundle comes from {hub.address}{BUNDLE} (status 503)" in said(region)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(minutes=30), "believed up to urn:tongxing:acr:2"),
        (timedelta(hours=25), "nobody of another region can sign in until a newer one comes"),
    ],
)
def test_an_old_bundle_and_what_it_is_good_for(
    region: CliRegion, hub: FollowedHub, now: datetime, age: timedelta, expected: str
) -> None:
    at = int((now - age).timestamp())
    hub.serve({**hub.newest, "iat": at, "exp": int(now.timestamp()) + 3_600})
    pulled(region)

    assert expected in said(region)


def test_an_old_bundle_keeps_no_region_from_being_served(
    region: CliRegion, hub: FollowedHub, now: datetime
) -> None:
    """Its own people need none; a region that starts again in a long outage of the hub has to start."""
    at = int((now - timedelta(hours=25)).timestamp())
    hub.serve({**hub.newest, "iat": at, "exp": int(now.timestamp()) + 3_600})
    pulled(region)

    findings = examine_before_serving(load(region.environment))

    assert [finding.sentence for finding in findings if finding.is_fault] == []


def test_a_clock_that_is_ahead_is_noticed_before_the_bundle_is_old(
    region: CliRegion, hub: FollowedHub, now: datetime
) -> None:
    hub.renew(now - timedelta(minutes=3))

    assert "it has no newer one, or our clock is ahead" in said(region)


def test_a_clock_that_is_behind_is_noticed_by_the_hubs_bundle(
    region: CliRegion, hub: FollowedHub, now: datetime
) -> None:
    hub.renew(now + timedelta(minutes=10))

    assert "behind that of the hub: set it and keep it by NTP" in said(region)


def test_a_mirror_of_another_hub_is_noticed(region: CliRegion, hub: FollowedHub, now: datetime) -> None:
    hub.serve({**hub.newest, "iss": "https://other.example"})

    assert "comes the trust bundle of https://other.example" in said(region)


@pytest.mark.parametrize(
    "content", ["", "{}", '{"keys": []}', '{"keys": [{"kid": "a"}], "root_version": "2"}']
)
def test_a_file_of_keys_that_is_none_is_named_and_nothing_starts(
    region: CliRegion, tmp_path: Path, content: str
) -> None:
    (tmp_path / "hub-keys.json").write_text(content)

    assert "IDP_TRUST_KEYS_FILE cannot be used" in said(region)
    refused = region.idp("keys", "list")
    assert refused.exit_code == 1
    assert "IDP_TRUST_KEYS_FILE cannot be used" in refused.output


def test_without_a_hub_nothing_is_said_of_one(tmp_path: Path, sqlite_template: Path) -> None:
    assert "hub" not in said(CliRegion(tmp_path).migrated(sqlite_template))
