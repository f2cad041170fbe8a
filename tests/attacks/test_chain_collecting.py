"""Looking for a stranger's chain: what it can make us do, and what becomes of others meanwhile.

OpenID Federation 1.0 §10.1, §18.1. The address rules of what is fetched are in test_egress.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import timedelta
from itertools import count, islice

import pytest

from idp.federation.collecting import MAX_FETCHES
from idp.federation.trust_chain import ChainError, TrustChain
from idp.trustlist.bundle import RegionStatus
from idp.trustlist.snapshot import NotTrusted
from idp.wiring.registering import chain_collector
from idp.wiring.registering.chain_collector import (
    AT_ONCE,
    EACH_SECONDS,
    FAILURE_REMEMBERED_FOR,
    REMEMBERED_FOR,
    SPREAD,
    TIME_LIMIT_SECONDS,
    ChainCollector,
)
from tests.flows.federated import federated_provider
from tests.support.clock import FakeClock
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.provider import ISSUER, Provider

STATEMENT = "application/entity-statement+jwt"
FOREVER = 60.0
"""Seconds: longer than anything here takes on a busy machine, and than anybody waits for somebody who is silent."""


@pytest.fixture
def others(clock: FakeClock) -> Iterator[Neighbours]:
    with neighbourhood(clock, ISSUER) as neighbours:
        yield neighbours


@pytest.fixture
def provider(provider: Provider, others: Neighbours) -> Iterator[Provider]:
    with federated_provider(provider, others) as joined:
        yield joined


@pytest.fixture
def chain_of(provider: Provider, others: Neighbours) -> Callable[[str], TrustChain]:
    collector = provider.services.chains.collector
    return lambda entity_id: collector.chain_of(entity_id, now=others.clock.now())


Find = Callable[[str], TrustChain]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a statement is held back here, nobody gives up."""
    monkeypatch.setattr(chain_collector, "TIME_LIMIT_SECONDS", FOREVER)
    monkeypatch.setattr(chain_collector, "EACH_SECONDS", FOREVER)


@contextmanager
def held(others: Neighbours, *names: str) -> Iterator[None]:
    """These answer when the block is left."""
    let_go = threading.Event()
    others.held.update(dict.fromkeys(names, let_go))
    try:
        yield
    finally:
        let_go.set()


def first(number: int, asking: Iterable[Future[str]]) -> list[str]:
    """What the first so many are told."""
    return [each.result() for each in islice(as_completed(asking, FOREVER), number)]


def told(chain_of: Find, name: str) -> str:
    """What becomes of asking for a chain, in words."""
    try:
        chain_of(name)
    except ChainError as error:
        return str(error)
    return "found"


def test_a_thousand_superiors_are_not_asked(others: Neighbours, chain_of: Find) -> None:
    others.health.claims["authority_hints"] = [others.address(f"decoy{number}") for number in range(1_000)]

    with pytest.raises(ChainError):
        chain_of(others.health.id)

    assert len(others.asked) == 1


def test_thirty_superiors_cost_no_more_than_the_budget(others: Neighbours, chain_of: Find) -> None:
    decoys = [others.authority(others.address(f"decoy{number}")) for number in range(30)]
    for number, decoy in enumerate(decoys):
        decoy.claims["authority_hints"] = [other.id for other in (*decoys[number + 1 :], *decoys[:number])]
    others.health.claims["authority_hints"] = [decoy.id for decoy in decoys]

    with pytest.raises(ChainError):
        chain_of(others.health.id)

    assert len(others.asked) == MAX_FETCHES == len(set(others.asked))


def test_a_depth_of_fifty_is_not_climbed(others: Neighbours, chain_of: Find) -> None:
    above = others.hub
    for number in range(50):
        above = others.authority(others.address(f"level{number}"), above)
    others.health.superior = above

    with pytest.raises(ChainError):
        chain_of(others.health.id)

    assert len(others.asked) <= MAX_FETCHES


def test_superiors_in_a_circle_are_asked_once(others: Neighbours, chain_of: Find) -> None:
    one, two = (others.authority(others.address(name)) for name in ("one", "two"))
    one.claims["authority_hints"], two.claims["authority_hints"] = [two.id, one.id], [one.id]
    others.health.superior = one

    with pytest.raises(ChainError):
        chain_of(others.health.id)

    assert len(others.asked) == len(set(others.asked)) <= 4


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((200, STATEMENT, b"no statement"), id="no statement"),
        pytest.param((200, STATEMENT, b"\xff\xfe"), id="bytes"),
        pytest.param((200, STATEMENT, b"x" * 300_000), id="too long"),
        pytest.param((200, "text/html", b"<html>"), id="another type"),
        pytest.param((302, STATEMENT, b""), id="a redirect"),
        pytest.param((500, STATEMENT, b"error"), id="an error"),
    ],
)
def test_a_bad_answer_is_no_answer(
    others: Neighbours, chain_of: Find, answer: tuple[int, str, bytes]
) -> None:
    others.instead[others.west.id, others.health.id] = answer

    with pytest.raises(ChainError):
        chain_of(others.health.id)


def test_a_statement_about_somebody_else_is_not_taken(others: Neighbours, chain_of: Find) -> None:
    other = others.relying_party(others.address("other.apps"), others.west)
    about_other = others.west.statement_about(other, now=others.clock.now()).sign().encode()
    others.instead[others.west.id, others.health.id] = (200, STATEMENT, about_other)

    with pytest.raises(ChainError):
        chain_of(others.health.id)


def test_a_superior_that_says_nothing_costs_a_bounded_time(
    others: Neighbours, chain_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next one is still asked: the time of one is less than the time of all."""
    assert 2 * EACH_SECONDS <= TIME_LIMIT_SECONDS
    monkeypatch.setattr(chain_collector, "TIME_LIMIT_SECONDS", FOREVER)
    stalling = others.authority(others.address("stalling"))
    others.slow[stalling.id] = FOREVER
    others.health.claims["authority_hints"] = [stalling.id, others.west.id]
    began = time.monotonic()

    with_time_left = chain_of(others.health.id)

    assert with_time_left.superior == others.west.id
    assert time.monotonic() - began < FOREVER / 2


def test_many_that_say_nothing_cost_no_more_than_one_limit(others: Neighbours, chain_of: Find) -> None:
    for number in range(5):
        stalling = others.authority(others.address(f"stalling{number}"))
        others.slow[stalling.id] = FOREVER
        others.health.claims.setdefault("authority_hints", []).append(stalling.id)
    began = time.monotonic()

    with pytest.raises(ChainError):
        chain_of(others.health.id)

    # Not how long it took, which a busy machine decides too, but for how many there was time; one is just begun.
    assert len(others.asked) <= 1 + TIME_LIMIT_SECONDS / EACH_SECONDS + 1
    assert time.monotonic() - began < FOREVER / 2


def test_when_the_time_is_over_nobody_else_is_asked(provider: Provider, others: Neighbours) -> None:
    services = provider.services
    time_passes = iter([0.0, 0.0, *[TIME_LIMIT_SECONDS] * 20])
    collector = ChainCollector(
        services.egress, services.chains.trust, services.entropy, elapsed=lambda: next(time_passes)
    )

    with pytest.raises(ChainError):
        collector.chain_of(others.health.id, now=others.clock.now())

    assert others.asked == [(others.health.id, others.health.id)]


def test_an_outage_locks_nobody_out_after_it_has_ended(others: Neighbours, chain_of: Find) -> None:
    others.down.add(others.west.id)
    for _ in range(5):
        with pytest.raises(ChainError):
            chain_of(others.health.id)
    asked = len(others.asked)

    others.down.clear()
    others.clock.advance(seconds=FAILURE_REMEMBERED_FOR.total_seconds())

    assert chain_of(others.health.id).subject == others.health.id
    assert timedelta(seconds=30) >= FAILURE_REMEMBERED_FOR
    assert asked <= 3, "a failure is remembered for a moment"


def test_of_many_who_ask_at_once_one_fetches(provider: Provider, others: Neighbours) -> None:
    others.slow[others.west.id] = 0.3
    services, now = provider.services, others.clock.now()
    collector = ChainCollector(services.egress, services.chains.trust, services.entropy, at_once=20)

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda name: collector.chain_of(name, now=now), [others.health.id] * 20))

    assert len(set(map(id, found))) == 1
    assert len(others.asked) == len(set(others.asked))


@pytest.mark.usefixtures("patient")
def test_ever_new_names_do_not_take_every_thread(others: Neighbours, chain_of: Find) -> None:
    """What is turned away so is not remembered: it says nothing of the entity."""
    names = [others.address(f"stranger{number}") for number in range(AT_ONCE + 8)]

    with ThreadPoolExecutor(len(names)) as pool, held(others, *names):
        said = first(8, [pool.submit(told, chain_of, name) for name in names])

    assert all("too many" in each for each in said)
    assert len(others.asked) == AT_ONCE
    assert chain_of(others.health.id)


@pytest.mark.usefixtures("patient")
def test_one_name_asked_for_again_and_again_does_not_take_every_thread(
    provider: Provider, others: Neighbours, chain_of: Find
) -> None:
    """Waiting for somebody else's collection takes a thread too."""
    threads, name = provider.services.settings.threads, others.health.id

    with ThreadPoolExecutor(threads) as pool, held(others, name):
        said = first(threads - threads // 2, [pool.submit(told, chain_of, name) for _ in range(threads)])

    assert all("too many" in each for each in said)
    assert chain_of(name)


@pytest.mark.parametrize("name", ["x://y", "https://user@a.example", "https://a.example/" + "x" * 60_000])
def test_what_is_no_entity_id_is_neither_asked_nor_remembered(
    provider: Provider, others: Neighbours, chain_of: Find, name: str
) -> None:
    with pytest.raises(ChainError):
        chain_of(name)

    assert others.asked == []
    assert len(provider.services.chains.collector._failed) == 0


class Evenly:
    """Entropy that draws, in so many times, from the least to the greatest."""

    def __init__(self, times: int) -> None:
        self._drawn, self._times = count(), times

    def token(self, size_bytes: int = 32) -> str:
        raise NotImplementedError

    def bytes(self, size_bytes: int) -> bytes:
        drawn = next(self._drawn) % self._times
        return (drawn * 256**size_bytes // self._times).to_bytes(size_bytes, "big")


def test_chains_learnt_together_are_not_all_asked_for_again_together(
    provider: Provider, others: Neighbours
) -> None:
    """The moment at which a chain is looked for anew is spread, so that a herd does not come back as one."""
    apps = [others.relying_party(others.address(f"app{number}"), others.west).id for number in range(12)]
    services, clock = provider.services, others.clock
    collector = ChainCollector(services.egress, services.chains.trust, Evenly(len(apps)))
    for app in apps:
        collector.chain_of(app, now=clock.now())
    others.asked.clear()

    clock.advance(seconds=(REMEMBERED_FOR * (1 - SPREAD / 2)).total_seconds())
    for app in apps:
        collector.chain_of(app, now=clock.now())

    assert {entity for entity, _ in others.asked} & set(apps) == set(apps[len(apps) // 2 :])


def test_a_chain_is_remembered_no_longer_than_it_lasts(others: Neighbours, chain_of: Find) -> None:
    others.health.claims["exp"] = int(others.clock.now().timestamp()) + 120
    chain_of(others.health.id)
    others.clock.advance(seconds=119)
    chain_of(others.health.id)
    others.asked.clear()

    others.clock.advance(seconds=61)

    with pytest.raises(ChainError):
        chain_of(others.health.id)
    assert others.asked


def test_a_new_bundle_forgets_what_the_old_one_allowed(others: Neighbours, chain_of: Find) -> None:
    chain_of(others.health.id)

    others.status, others.seq = RegionStatus.SUSPENDED, 2

    with pytest.raises((ChainError, NotTrusted)):
        chain_of(others.health.id)


def test_a_name_that_leads_inside_is_not_called(provider: Provider, others: Neighbours) -> None:
    """By its own name, as a superior, or as the place where a superior says that it answers."""
    app = others.client(provider)
    inside = "https://169.254.169.254/latest"
    others.west.metadata["federation_entity"]["federation_fetch_endpoint"] = inside
    answers = [app.push_signed()[1]]
    others.health.claims["authority_hints"] = [inside, "http://10.0.0.1/"]
    provider.clock.advance(seconds=20)
    answers.append(app.push_signed()[1])
    app.client_id = inside
    answers.append(app.push_signed()[1])

    assert {answer.error for answer in answers} <= {"invalid_trust_chain", "invalid_client"}
    assert all("169.254" not in entity for entity, _ in others.asked)
