"""The trust bundle in a running region: seen by every worker, and lost by none that is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import orjson
import pytest

from idp.authn.session import Session
from idp.foundation.clock import SystemClock
from idp.foundation.compact_jws import parse
from idp.foundation.identifiers import digest
from idp.oidc.vocabulary import AcrLevel
from tests.support.followed_hub import BUNDLE, FollowedHub, following, serving
from tests.support.leak_guard import LeakGuard
from tests.support.provider import settings_for
from tests.support.server import RunningProvider, running_provider
from tests.support.waiting import wait_until
from tests.verifier.nation import EAST, WEST

IN_A_ROW = 20
"""So many answers alike that both workers must have given some."""
numbers = count(1)


@pytest.fixture
def hub() -> Iterator[FollowedHub]:
    with serving() as found:
        found.publish(SystemClock().now())
        yield found


@pytest.fixture
def region(
    new_database: Callable[[], str], hub: FollowedHub, tmp_path: Path, leak_guard: LeakGuard
) -> Iterator[RunningProvider]:
    """Its poll is far away: what arrives within seconds arrives by a hint, or at start."""
    pins = following(settings_for("sqlite://"), hub, tmp_path)
    with running_provider(
        new_database(),
        leak_guard,
        workers=2,
        trust_anchor=hub.address,
        trust_keys_file=pins.trust_keys_file,
        trust_poll=timedelta(minutes=5),
    ) as running:
        wait_until(lambda: serves(running, hub), lambda: "the first bundle did not come")
        yield running


def serves(region: RunningProvider, hub: FollowedHub) -> bool:
    """Whether every worker passes on what the hub says."""
    answers = [region.send("GET", BUNDLE) for _ in range(IN_A_ROW)]
    return all(one.status_code == 200 and one.text == hub.replies[BUNDLE].body for one in answers)


def hint(region: RunningProvider, seq: int) -> None:
    body = orjson.dumps({"seq": seq})
    answer = region.send("POST", "/trust/hint", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


def guest(region: RunningProvider) -> tuple[str, str]:
    """Somebody signed in by West: their account and their session."""
    now, number = SystemClock().now(), next(numbers)
    account = region.person(f"guest-{number}")
    session = Session(
        id=f"session {number}",
        account_id=account.id,
        auth_time=now,
        level=AcrLevel.TWO_FACTORS,
        amr=("user",),
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=1),
        user_agent="a browser",
        address="192.0.2.1",
        home_iss=WEST,
    )
    region.services.stores.sessions.add(digest(session.id), session)
    return account.id, session.id


def is_over(region: RunningProvider, account_id: str) -> bool:
    return not region.services.stores.sessions.list_of(account_id, now=SystemClock().now())


def remove_west(hub: FollowedHub) -> int:
    gone = hub.nation.region(WEST, status="removed", reason="key_compromise")
    hub.publish(SystemClock().now(), regions=[hub.nation.region(EAST), gone])
    return int(hub.newest["seq"])


def held(region: RunningProvider, hub: FollowedHub) -> int:
    """What the database says is held, whether or not anything followed from it."""
    found = region.services.stores.trust_bundles.find(hub.address)
    return found.seq if found else 0


def honoured(hub: FollowedHub) -> int:
    """What the region says that it honours."""
    return max((int(parse(report, 4_096).payload["seq"]) for report in list(hub.reports)), default=0)


def test_a_removal_reaches_every_worker_by_a_hint_and_the_hub_is_told(
    region: RunningProvider, hub: FollowedHub
) -> None:
    account_id, _ = guest(region)

    hint(region, remove_west(hub))

    wait_until(lambda: serves(region, hub), lambda: "not every worker has the newest bundle")
    wait_until(lambda: honoured(hub) == 2, lambda: "the hub was not told")
    assert is_over(region, account_id)


def test_whoever_is_killed_while_a_removal_arrives_draws_the_consequences_at_the_next_start(
    region: RunningProvider, hub: FollowedHub
) -> None:
    account_id, _ = guest(region)
    seq = remove_west(hub)
    hint(region, seq)
    wait_until(lambda: held(region, hub) == seq, lambda: "the removal was not admitted")

    region.kill()
    region.start_again()

    wait_until(lambda: is_over(region, account_id), lambda: "the session goes on")
