"""No event is lost on its way to a receiver, whichever process dies when; and none changes its name or its place."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import pytest
from sqlalchemy import update

from idp.storage.rows import NOW
from idp.storage.schema import streams
from idp.storage.statement import Statement
from tests.fire.test_logouts import sid_of, sign_out
from tests.fire.test_power_cuts import answer_or_none, start_again
from tests.fire.visits import Visit, visit
from tests.fire.volley import Volley
from tests.support.event_receiver import PUSH, EventReceiver, StreamClient, event_receiver
from tests.support.relying_party import Answer
from tests.support.server import RunningProvider
from tests.support.waiting import wait_until

SIGN_OUTS = 20
LET_LEASES_LAPSE = Statement(update(streams).values(due_at=NOW))
"""What half a minute would do."""
SCOPES = ("openid", "profile", "ssf.read", "ssf.manage")


@pytest.fixture
def receiver() -> Iterator[EventReceiver]:
    with event_receiver() as listening:
        yield listening


def receiver_at(
    region: RunningProvider, *, delivery: dict[str, str] | None = None
) -> tuple[StreamClient, Answer]:
    client = StreamClient(region.client(scopes=SCOPES, resources=()))
    client.authorize()
    stream = client.create(**({} if delivery is None else {"delivery": delivery}))
    assert stream.status == 201, stream.members
    return client, stream


def visits(region: RunningProvider, client: StreamClient, number: int) -> dict[str, Visit]:
    """So many people, each signed in to the mini-app; by the `sid` of their session."""
    people = (visit(region, f"person{count}", client.app) for count in range(number))
    return {sid_of(here): here for here in people}


def pushed(listening: EventReceiver) -> list[str]:
    """Sessions in the order in which they were told, each once: one that comes again comes at once."""
    told = [(claims["jti"], claims["sub_id"]["session"]["id"]) for claims in listening.claims]
    return [sid for (_, sid), _ in groupby(told)]


def over(here: dict[str, Visit]) -> set[str]:
    """Whose session has ended."""
    return {sid for sid, one in here.items() if one.browser.get("/account").path == "/login"}


@pytest.mark.parametrize("answers_before", [0, 10])
def test_a_server_killed_amid_sign_outs_pushes_each_that_happened(
    own_region: RunningProvider, receiver: EventReceiver, answers_before: int
) -> None:
    """Whoever saw the page that says so is told of; nobody is told of what did not happen; and in one order."""
    client, _ = receiver_at(own_region, delivery={"method": PUSH, "endpoint_url": receiver.address})
    here = visits(own_region, client, SIGN_OUTS)
    requests = [sign_out(one) for one in here.values()]

    with Volley(own_region, len(requests)) as volley:
        connections = volley.send(requests)
        answered = []
        for number, (sid, connection) in enumerate(zip(here, connections, strict=True)):
            if number == answers_before:
                own_region.kill()
            if answer := answer_or_none(connection):
                assert answer.status == 303
                answered.append(sid)
    start_again(own_region, LET_LEASES_LAPSE)
    ended = over(here)
    wait_until(lambda: set(pushed(receiver)) >= ended)

    own_region.stop()
    assert ended >= set(answered)
    assert set(pushed(receiver)) == ended
    assert len(pushed(receiver)) == len(ended), "one that comes again comes before the next"


def test_what_a_receiver_did_not_acknowledge_before_the_crash_it_is_given_again(
    own_region: RunningProvider,
) -> None:
    """Fetched, and the answer or the acknowledgement is lost with the server: the same token, by the same name."""
    client, stream = receiver_at(own_region)
    here = visits(own_region, client, 5)
    for one in here.values():
        with Volley(own_region, 1) as volley:
            volley.fire([sign_out(one)])
    before = client.poll(stream)

    own_region.kill()
    start_again(own_region)
    after = client.poll(stream)
    client.fetch(stream, ack=[claims["jti"] for claims in after], maxEvents=0)

    assert [claims["sub_id"]["session"]["id"] for claims in before] == list(here)
    assert after == before
    assert client.poll(stream) == []


def test_a_push_whose_acknowledgement_was_lost_comes_again_with_the_same_jti(
    own_region: RunningProvider, receiver: EventReceiver
) -> None:
    client, _ = receiver_at(own_region, delivery={"method": PUSH, "endpoint_url": receiver.address})
    ((sid, here),) = visits(own_region, client, 1).items()
    receiver.before_answer = own_region.kill
    with Volley(own_region, 1) as volley:
        volley.send([sign_out(here)])
        receiver.wait_for(1)
    own_region.process.wait()
    receiver.before_answer = lambda: None

    start_again(own_region, LET_LEASES_LAPSE)

    first, second = receiver.wait_for(2)
    assert first == second
    assert first["sub_id"]["session"]["id"] == sid
    own_region.stop()
    assert len(receiver.requests) == 2
