"""Attacks on the trust bundle on its way into a region, and on what it is worth there."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from idp.cli.pulling import pull_once
from idp.foundation.events import EventKind
from idp.storage.schema import audit_events
from idp.storage.statement import Statement
from idp.trustlist.bundle import content_hash
from idp.trustlist.pulling import wait
from idp.trustlist.reading import MAX_BUNDLE
from idp.trustlist.snapshot import Distrust
from tests.support import hostile
from tests.support.clock import FakeClock
from tests.support.followed_hub import (
    BUNDLE,
    FollowedHub,
    Reply,
    at,
    followed_by,
    pull,
    refusal,
    region_that_follows,
    serving,
)
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider
from tests.verifier.nation import ACR, EAST, WEST, ec_key, public, signed

MINUTE = timedelta(minutes=1)


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


def alarms(region: Provider) -> list[str]:
    rows = region.services.database.all(Statement(select(audit_events)))
    return [row.subject for row in rows if row.kind == EventKind.TRUST_BUNDLE_CONTRADICTED.value]


# What a bundle must be


def rolled_back(hub: FollowedHub, clock: FakeClock) -> None:
    hub.serve({**hub.contents[0], **at(clock.now())})


def forked(hub: FollowedHub, clock: FakeClock) -> None:
    hub.serve({**hub.newest, **at(clock.now()), "regions": []})


def rewritten(hub: FollowedHub, clock: FakeClock) -> None:
    hub.publish(clock.now(), lineage={"1": content_hash(hub.contents[0]), "2": "A" * 43})


def with_a_gap(hub: FollowedHub, clock: FakeClock) -> None:
    hub.publish(clock.now(), seq=70, lineage={})


def with_a_gap_and_a_false_past(hub: FollowedHub, clock: FakeClock) -> None:
    hub.publish(clock.now(), lineage={})
    hub.serve_lineage(2, {2: "A" * 43, 3: content_hash(hub.newest)}, clock.now())


def with_a_gap_and_another_hubs_past(hub: FollowedHub, clock: FakeClock) -> None:
    hub.publish(clock.now(), lineage={})
    hub.serve_lineage(2, {2: content_hash(hub.contents[1])}, clock.now(), iss="https://other.example")


def from_the_future(hub: FollowedHub, clock: FakeClock) -> None:
    hub.publish(clock.now() + 2 * MINUTE)


def expired(hub: FollowedHub, clock: FakeClock) -> None:
    hub.publish(clock.now(), exp=int(clock.now().timestamp()))


def of_another_hub(hub: FollowedHub, clock: FakeClock) -> None:
    hub.publish(clock.now(), iss="https://other.example")


def signed_with_another_key(hub: FollowedHub, clock: FakeClock) -> None:
    hub.serve(hub.nation.successor(hub.newest), key=ec_key())


def signed_with_another_key_by_the_same_name(hub: FollowedHub, clock: FakeClock) -> None:
    hub.serve(hub.nation.successor(hub.newest), key=ec_key(), kid=hub.nation.hub_key.thumbprint())


def signed_with_a_key_it_brings_along(hub: FollowedHub, clock: FakeClock) -> None:
    thief = ec_key()
    claims = {**hub.nation.successor(hub.newest), "bundle_jwks": {"keys": [public(thief, alg="ES256")]}}
    hub.serve(claims, key=thief, jwk=public(thief))


def of_another_type(hub: FollowedHub, clock: FakeClock) -> None:
    hub.serve(hub.nation.successor(hub.newest), typ="trust-lineage+jwt")


def unsigned(hub: FollowedHub, clock: FakeClock) -> None:
    header, payload, _ = hub.serve(hub.nation.successor(hub.newest)).split(".")
    hub.replies[BUNDLE] = Reply(f"{header}.{payload}.")


def with_a_member_twice(hub: FollowedHub, clock: FakeClock) -> None:
    raw = orjson.dumps(hub.nation.successor(hub.newest))
    claims = raw[:-1] + b',"regions":[]}'
    key = hub.nation.hub_key
    header = {"alg": "ES256", "typ": "trust-bundle+jwt", "kid": key.thumbprint()}
    hub.replies[BUNDLE] = Reply(signed(key, header, claims))


def with_a_status_nobody_knows(hub: FollowedHub, clock: FakeClock) -> None:
    hub.publish(clock.now(), regions=[hub.nation.region(WEST, status="doubtful")])


def with_a_provider_that_speaks_for_another(hub: FollowedHub, clock: FakeClock) -> None:
    """Whoever makes assertions for the issuer in its metadata would make them for somebody else."""
    metadata = {**hub.nation.region(WEST)["op_metadata"], "issuer": EAST}
    hub.publish(clock.now(), regions=[hub.nation.region(EAST), hub.nation.region(WEST, op_metadata=metadata)])


def of_another_content_type(hub: FollowedHub, clock: FakeClock) -> None:
    hub.publish(clock.now())
    hub.replies[BUNDLE].kind = "text/html"


NOT_ADMITTED: tuple[Callable[[FollowedHub, FakeClock], None], ...] = (
    rolled_back,
    forked,
    rewritten,
    with_a_gap,
    with_a_gap_and_a_false_past,
    with_a_gap_and_another_hubs_past,
    from_the_future,
    expired,
    of_another_hub,
    signed_with_another_key,
    signed_with_another_key_by_the_same_name,
    signed_with_a_key_it_brings_along,
    of_another_type,
    unsigned,
    with_a_member_twice,
    with_a_status_nobody_knows,
    with_a_provider_that_speaks_for_another,
    of_another_content_type,
)


@pytest.mark.parametrize("spoil", NOT_ADMITTED, ids=lambda spoil: spoil.__name__)
def test_a_bad_bundle_leaves_what_is_held(
    region: Provider, hub: FollowedHub, spoil: Callable[[FollowedHub, FakeClock], None]
) -> None:
    hub.publish(region.clock.now())
    pull(region)
    before = region.services.trust().bundle

    spoil(hub, region.clock)
    pull(region)

    assert region.services.trust().bundle == before
    assert refusal(region) is None


@pytest.mark.parametrize("spoil", [rolled_back, forked, rewritten], ids=lambda spoil: spoil.__name__)
def test_a_hub_that_contradicts_itself_raises_an_alarm_once(
    region: Provider, hub: FollowedHub, spoil: Callable[[FollowedHub, FakeClock], None]
) -> None:
    hub.publish(region.clock.now())
    pull(region)

    spoil(hub, region.clock)
    pull(region)
    pull(region)

    assert len(alarms(region)) == 1


def test_two_workers_that_are_shown_different_bundles_of_one_number_keep_the_first(
    region: Provider, hub: FollowedHub
) -> None:
    """A split view: whichever was admitted first, the other is an alarm in the same region."""
    pull(region)
    with region.twin() as other:
        follow = followed_by(other).trust.look_now()
        hub.publish(region.clock.now())
        pull(region)
        forked(hub, region.clock)

        assert follow.bundle is not None
        pull(other)

        assert other.services.trust().bundle == region.services.trust().bundle
        assert len(alarms(region)) == 1


def test_a_worker_that_is_behind_puts_nothing_back(region: Provider, hub: FollowedHub) -> None:
    pull(region)
    older = hub.replies[BUNDLE]
    with region.twin() as other:
        pull(other)
        hub.publish(region.clock.now(), regions=[hub.nation.region(WEST, status="removed")])
        pull(other)

        hub.replies[BUNDLE] = older
        assert pull(region) == 2

        assert refusal(region) is refusal(other) is Distrust.REMOVED


def test_a_bundle_that_is_kept_from_us_becomes_worthless_by_itself(
    region: Provider, hub: FollowedHub
) -> None:
    """Freeze: the same bundle again and again, with its own ETag or without."""
    pull(region)

    for minutes, believed in ((9, 3), (2, 2), (50, 1)):
        region.clock.advance(minutes=minutes)
        pull(region)
        assert [refusal(region, acr=f"{ACR}{level}") for level in (1, 2, 3)] == [
            None if level <= believed else Distrust.STALE for level in (1, 2, 3)
        ]
    region.clock.advance(hours=24)
    pull(region)
    assert refusal(region) is Distrust.STALE


# Those who serve it


def test_a_bundle_without_end_is_not_read(region: Provider, caplog: pytest.LogCaptureFixture) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/trust-bundle+jwt\r\n"
    too_much = str(MAX_BUNDLE + 1).encode()
    with (
        hostile.serving(hostile.raw(head + b"Content-Length: " + too_much + b"\r\n\r\n")) as server,
        region.twin(trust_mirrors=(server.url,)) as mirrored,
    ):
        region.clock.advance(hours=1)

        assert pull(mirrored) == 1

    assert server.requests
    assert any(str(getattr(record, "detail", "")).startswith("too_large") for record in caplog.records)


def test_a_mirror_that_hangs_up_costs_nothing_but_its_turn(region: Provider, hub: FollowedHub) -> None:
    def hang_up(connection: socket.socket, _: bytes) -> None:
        connection.close()

    good = hub.replies.pop(BUNDLE)
    with hostile.serving(hang_up) as server, serving() as mirror:
        mirror.replies[BUNDLE] = good
        with region.twin(trust_mirrors=(server.url, f"{mirror.address}{BUNDLE}")) as mirrored:
            assert pull(mirrored) == 1


def test_a_mirror_cannot_send_us_elsewhere(region: Provider, hub: FollowedHub) -> None:
    hub.replies[BUNDLE] = Reply(status=302)
    with (
        hostile.serving(
            hostile.raw(
                b"HTTP/1.1 302 Found\r\nLocation: http://hub.localhost:1/\r\nContent-Length: 0\r\n\r\n"
            )
        ) as server,
        region.twin(trust_mirrors=(server.url,)) as mirrored,
    ):
        assert pull(mirrored) is None


def test_an_outage_ends_when_it_ends(region: Provider, hub: FollowedHub) -> None:
    """A failure is remembered by nobody but the log."""
    good = hub.replies.pop(BUNDLE)
    for _ in range(5):
        assert pull(region) is None

    hub.replies[BUNDLE] = good

    assert pull(region) == 1
    assert refusal(region) is None


def test_regions_that_began_together_do_not_ask_together() -> None:
    poll = timedelta(seconds=30)
    waits = [wait(poll, chance / 255) for chance in range(256)]

    assert (min(waits), max(waits)) == (0.8 * poll, 1.2 * poll)
    assert len(set(waits)) == 256


def test_of_many_workers_one_asks_in_a_turn(region: Provider, hub: FollowedHub) -> None:
    with region.twin() as second, region.twin() as third:
        for one in (region, second, third):
            pull_once(one.services, followed_by(one), is_hinted=False)

    assert hub.bundles_asked() == 1


@pytest.mark.parametrize("seq", [2, 2**53 - 1])
def test_a_forged_hint_only_has_the_hub_asked(region: Provider, hub: FollowedHub, seq: int) -> None:
    pull(region)
    before = region.services.trust().bundle
    body = orjson.dumps({"seq": seq, "regions": [], "hub": "https://evil.example"})

    for _ in range(50):
        region.send("POST", "/trust/hint", data=body, headers={"Content-Type": "application/json"})
    assert hub.bundles_asked() == 1
    pull_once(region.services, followed_by(region), is_hinted=True)

    assert hub.bundles_asked() == 2
    assert region.services.trust().bundle == before


# Time


@pytest.mark.parametrize(
    ("outage", "believed"),
    [(timedelta(minutes=5), 3), (timedelta(hours=1), 2), (timedelta(hours=25), 0)],
    ids=["5 min", "1 h", "25 h"],
)
def test_while_the_hub_is_away_other_regions_fade_and_our_own_people_sign_in(
    region: Provider, hub: FollowedHub, outage: timedelta, believed: int
) -> None:
    region.person()
    app = region.client()
    pull(region)
    away = dict(hub.replies)
    hub.replies.clear()

    region.clock.advance(seconds=outage.total_seconds())
    pull(region)

    assert [refusal(region, acr=f"{ACR}{level}") for level in (1, 2, 3)] == [
        None if level <= believed else Distrust.STALE for level in (1, 2, 3)
    ]
    assert region.tokens(region.browser(), app).status == 200

    hub.replies.update(away)
    hub.renew(region.clock.now())
    pull(region)
    assert refusal(region, acr=f"{ACR}3") is None


@pytest.mark.parametrize(
    ("ahead", "held", "why"),
    [
        (timedelta(minutes=2), 1, None),
        (timedelta(minutes=-2), None, Distrust.NO_BUNDLE),
        (timedelta(days=1), None, Distrust.NO_BUNDLE),
        (timedelta(days=-1), None, Distrust.NO_BUNDLE),
    ],
    ids=["2 min ahead", "2 min behind", "a day ahead", "a day behind"],
)
def test_a_clock_that_is_wrong_believes_less_and_not_more(
    region: Provider, hub: FollowedHub, ahead: timedelta, held: int | None, why: Distrust | None
) -> None:
    region.person()
    app = region.client()
    region.clock.advance(seconds=ahead.total_seconds())

    assert pull(region) == held
    assert refusal(region) is why
    assert region.tokens(region.browser(), app).status == 200

    region.clock.advance(seconds=-ahead.total_seconds())
    assert pull(region) == 1
    assert refusal(region) is None


def test_a_clock_set_back_does_not_make_a_held_bundle_good_for_longer(
    region: Provider, hub: FollowedHub
) -> None:
    pull(region)

    region.clock.advance(minutes=-2)

    assert refusal(region, acr=f"{ACR}1") is Distrust.STALE
