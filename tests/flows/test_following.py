"""A region follows its hub: what it fetches, from whom, what it believes of it, and what it goes on with."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from idp.foundation.compact_jws import parse
from idp.trustlist.bundle import content_hash
from idp.trustlist.snapshot import Distrust
from tests.support.clock import FakeClock
from tests.support.followed_hub import (
    BUNDLE,
    FollowedHub,
    Reply,
    at,
    following,
    pull,
    refusal,
    region_that_follows,
    serving,
)
from tests.support.followed_hub import followed_by as follow
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider
from tests.verifier.nation import EAST, WEST, ec_key, public


@pytest.fixture
def hub(clock: FakeClock) -> Iterator[FollowedHub]:
    with serving() as found:
        found.publish(clock.now())
        yield found


@pytest.fixture
def region(
    hub: FollowedHub, tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Provider]:
    with region_that_follows(hub, tmp_path, sqlite_template, clock, leak_guard) as built:
        yield built


def age(region: Provider) -> timedelta:
    return region.services.trust().age(now=region.clock.now())


def test_the_first_bundle_is_believed_by_the_pinned_keys(region: Provider) -> None:
    assert refusal(region) is Distrust.NO_BUNDLE

    assert pull(region) == 1

    assert refusal(region) is None
    assert region.services.trust().provider(WEST, now=region.clock.now())["issuer"] == WEST


def test_what_did_not_change_is_not_sent_again(region: Provider, hub: FollowedHub) -> None:
    pull(region)
    pull(region)

    assert [tag for path, tag in hub.asked if path == BUNDLE] == [None, hub.replies[BUNDLE].etag]


def test_a_renewed_bundle_is_young_again(region: Provider, hub: FollowedHub) -> None:
    pull(region)
    region.clock.advance(minutes=5)
    assert age(region) >= timedelta(minutes=5)

    hub.renew(region.clock.now())

    assert pull(region) == 1
    assert age(region) < timedelta(minutes=1)


def test_a_region_that_is_removed_is_not_trusted_from_then_on(region: Provider, hub: FollowedHub) -> None:
    pull(region)

    gone = hub.nation.region(WEST, status="removed", reason="key_compromise")
    hub.publish(region.clock.now(), regions=[hub.nation.region(EAST), gone])
    pull(region)

    assert refusal(region) is Distrust.REMOVED


def test_every_worker_sees_it_within_a_second(region: Provider, hub: FollowedHub) -> None:
    with region.twin() as other:
        assert other.services.trust().bundle is None

        pull(region)

        assert follow(other).trust.look_now().bundle == region.services.trust().bundle


def test_after_a_restart_without_network_what_was_held_is_held(region: Provider, hub: FollowedHub) -> None:
    pull(region)
    hub.replies.clear()

    with region.twin() as restarted:
        assert refusal(restarted) is None
        assert pull(restarted) == 1


def test_the_hub_is_told_what_is_honoured(region: Provider, hub: FollowedHub) -> None:
    pull(region)

    (report,) = hub.reports
    jws = parse(report, 4_096)
    assert jws.header["typ"] == "trust-seen+jwt"
    assert {name: jws.payload[name] for name in ("iss", "aud", "seq", "iat")} == {
        "iss": f"{region.issuer}/fed",
        "aud": hub.address,
        "seq": 1,
        "iat": int(region.clock.now().timestamp()),
    }
    assert jws.header["kid"] in {key["kid"] for key in region.services.statements.jwks["keys"]}


def test_the_hub_is_told_at_every_poll(region: Provider, hub: FollowedHub) -> None:
    pull(region)
    pull(region)

    first, second = (parse(report, 4_096).payload["jti"] for report in hub.reports)
    assert first != second


def test_a_hub_that_does_not_hear_is_told_again_and_the_log_once(
    region: Provider, hub: FollowedHub, caplog: pytest.LogCaptureFixture
) -> None:
    hub.heard = 401
    for _ in range(3):
        pull(region)

    assert len(hub.reports) == 3
    said = [record.getMessage() for record in caplog.records if "was not told" in record.getMessage()]
    assert said == [f"{hub.address}/trust/seen was not told what is honoured here"]


def test_a_mirror_serves_when_the_hub_does_not(region: Provider, hub: FollowedHub, clock: FakeClock) -> None:
    with serving() as mirror, region.twin(trust_mirrors=(f"{mirror.address}{BUNDLE}",)) as mirrored:
        mirror.replies[BUNDLE] = hub.replies[BUNDLE]
        hub.replies[BUNDLE] = Reply(status=503)

        assert pull(mirrored) == 1


def test_a_mirror_is_not_asked_as_long_as_the_hub_answers(region: Provider, hub: FollowedHub) -> None:
    with serving() as mirror, region.twin(trust_mirrors=(f"{mirror.address}{BUNDLE}",)) as mirrored:
        pull(mirrored)

        assert mirror.asked == []


def test_a_mirror_is_asked_when_the_hub_has_said_nothing_new_for_too_long(
    region: Provider, hub: FollowedHub
) -> None:
    """Somebody between us and the hub may keep the news from us (freeze)."""
    with serving() as mirror, region.twin(trust_mirrors=(f"{mirror.address}{BUNDLE}",)) as mirrored:
        pull(mirrored)
        frozen = hub.replies[BUNDLE]
        region.clock.advance(minutes=3)
        hub.publish(region.clock.now())
        mirror.replies[BUNDLE], hub.replies[BUNDLE] = hub.replies[BUNDLE], frozen

        assert pull(mirrored) == 2


def test_our_own_mirror_passes_on_what_is_held(region: Provider, hub: FollowedHub) -> None:
    assert region.send("GET", "/trust/bundle").status_code == 503

    hub.serve_lineage(1, {1: content_hash(hub.newest)}, region.clock.now())
    pull(region)
    answer = region.send("GET", "/trust/bundle")

    assert (answer.status_code, answer.content_type) == (200, "application/trust-bundle+jwt")
    assert answer.text == hub.replies[BUNDLE].body
    again = region.send("GET", "/trust/bundle", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    lineage = region.send("GET", "/trust/lineage?from=1")
    assert (lineage.status_code, lineage.text) == (200, hub.replies["/trust/lineage?from=1"].body)

    hub.publish(region.clock.now())
    pull(region)
    assert region.send("GET", "/trust/bundle").text == hub.replies[BUNDLE].body


def test_a_region_by_itself_has_no_such_endpoints(provider: Provider) -> None:
    for method, path in (("GET", "/trust/bundle"), ("GET", "/trust/lineage?from=1"), ("POST", "/trust/hint")):
        assert provider.send(method, path).status_code == 404


def hint(region: Provider, body: Any, path: str = "/trust/hint") -> int:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return region.send("POST", path, data=raw, headers={"Content-Type": "application/json"}).status_code


def test_a_hint_of_something_new_wakes_who_pulls(region: Provider) -> None:
    pull(region)

    assert hint(region, {"seq": 2}) == 200

    assert follow(region).hints.is_due


def test_a_hint_of_something_known_wakes_nobody(region: Provider) -> None:
    pull(region)

    assert hint(region, {"seq": 1}) == 200

    assert not follow(region).hints.is_due


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", {"seq": 0}, {"seq": "2"}, {"seq": 2.5}, b" " * 2_000])
def test_a_hint_that_is_none_is_refused(region: Provider, body: Any) -> None:
    assert hint(region, body) == 400
    assert not follow(region).hints.is_due


def away_for(hub: FollowedHub, clock: FakeClock, changes: int) -> dict[int, str]:
    """The hub changes so often that its bundle does not name what we hold; what its lineage says."""
    hashes = {hub.newest["seq"]: content_hash(hub.newest)}
    for _ in range(changes):
        hub.publish(clock.now(), lineage={})
        hashes[hub.newest["seq"]] = content_hash(hub.newest)
    return hashes


def test_after_a_long_absence_the_lineage_is_asked_once(region: Provider, hub: FollowedHub) -> None:
    pull(region)
    hub.serve_lineage(1, away_for(hub, region.clock, 3), region.clock.now())

    assert pull(region) == 4

    assert [path for path, _ in hub.asked if "lineage" in path][1:] == ["/trust/lineage?from=1"] * 2


def test_a_higher_root_version_begins_again_with_other_keys(
    region: Provider, hub: FollowedHub, tmp_path: Path
) -> None:
    pull(region)
    hub.publish(region.clock.now(), seq=900)
    thief = hub.nation.hub_key
    pull(region)

    hub.nation.hub_key = ec_key()
    anew = {**hub.nation.claims(iss=hub.address), **at(region.clock.now())}
    hub.serve(anew)
    assert pull(region) != 1

    settings = following(region.settings, hub, tmp_path, pins={"root_version": 2})
    with region.twin(trust_keys_file=settings.trust_keys_file) as renewed:
        assert refusal(renewed) is Distrust.NO_BUNDLE
        assert pull(renewed) == 1

        hub.serve({**hub.contents[-1], **at(region.clock.now())}, key=thief)
        assert pull(renewed) == 1
    # Who still has the older file cannot put the older bundle back.
    assert pull(region) == 1


def test_a_planned_change_of_the_hubs_keys_is_followed(region: Provider, hub: FollowedHub) -> None:
    pull(region)
    old, new = hub.nation.hub_key, ec_key()
    both = {"keys": [public(old, alg="ES256"), public(new, alg="ES256")]}
    hub.publish(region.clock.now(), bundle_jwks=both)
    pull(region)

    hub.nation.hub_key = new
    hub.publish(region.clock.now(), bundle_jwks=hub.nation.pinned)

    assert pull(region) == 3
    hub.nation.hub_key = old
    hub.publish(region.clock.now())
    assert pull(region) == 3


def test_a_failure_is_said_once_until_it_is_over(
    region: Provider, hub: FollowedHub, caplog: pytest.LogCaptureFixture
) -> None:
    pull(region)
    good = hub.replies[BUNDLE]
    caplog.clear()
    caplog.set_level(logging.INFO, logger="idp.trust")

    hub.replies[BUNDLE] = Reply(status=503)
    for _ in range(3):
        pull(region)
    hub.replies[BUNDLE] = good
    pull(region)

    first, second = (record.getMessage() for record in caplog.records)
    assert first == f"nothing usable from {hub.address}{BUNDLE}: what is held stays"
    assert second == f"the trust bundle comes from {hub.address}{BUNDLE} again"
