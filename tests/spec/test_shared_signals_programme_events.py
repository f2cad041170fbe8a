"""The OpenID Foundation's test programme for Shared Signals transmitters, replayed: what is delivered.

As in `test_shared_signals_programme.py`; there is also said where this was taken from.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp.signals.stream import StreamStatus
from tests.flows.test_event_streams import change_password, sign_out, visit
from tests.support.event_receiver import (
    CREDENTIAL_CHANGE,
    LEVEL_CHANGE,
    SESSION_REVOKED,
    EventReceiver,
    StreamClient,
    event_receiver,
)
from tests.support.provider import Provider
from tests.support.pushing import Pushing
from tests.support.relying_party import Answer
from tests.support.signals_programme import (
    AT_ONCE,
    DESCRIPTION,
    WANTED,
    Inspector,
    delivered_to,
    require_polled,
    require_status,
)

SCOPES = ("openid", "profile", "ssf.read", "ssf.manage")
HEADER = "Bearer push_token_of_a_test_programme"


@pytest.fixture
def programme(provider: Provider) -> StreamClient:
    client = StreamClient(provider.client("programme", scopes=SCOPES, resources=()))
    client.authorize()
    return client


@pytest.fixture
def listening() -> Iterator[EventReceiver]:
    with event_receiver() as receiver:
        yield receiver


@pytest.fixture
def pushing(provider: Provider) -> Pushing:
    return Pushing(provider)


@pytest.fixture
def fetched(programme: StreamClient) -> Answer:
    return made(programme, delivered_to(None))


def made(programme: StreamClient, delivery: dict[str, str], wanted: list[str] = WANTED) -> Answer:
    body = {"description": DESCRIPTION, "events_requested": wanted, "delivery": delivery}
    answer = programme.ask("POST", "/ssf/stream", body)
    assert answer.status == 201, answer.members
    return answer


def verify(provider: Provider, programme: StreamClient, stream: Answer, state: str) -> None:
    """As the programme does it: told that it is too soon, it waits as long as it is told, and asks once more."""
    body = {"stream_id": stream.stream_id, "state": state}
    answer = programme.ask("POST", "/ssf/verify", body)
    if answer.status == 429:
        provider.clock.advance(seconds=int(answer.headers["Retry-After"]))
        answer = programme.ask("POST", "/ssf/verify", body)
    assert (answer.status, answer.members) == (204, {})


def set_status(programme: StreamClient, stream: Answer, status: str) -> None:
    body = {"stream_id": stream.stream_id, "status": status, "reason": "A test programme asked for it"}
    require_status(programme.ask("POST", "/ssf/status", body), stream, status)


def test_a_verification_event_is_fetched_and_stays_until_it_is_acknowledged(
    provider: Provider, programme: StreamClient, fetched: Answer
) -> None:
    """openid-ssf-transmitter-stream-verification-poll-only, …-ack-only"""
    verify(provider, programme, fetched, "one")

    sets = require_polled(programme.fetch(fetched, **AT_ONCE), 10)
    ((jti, token),) = sets.items()
    Inspector(provider, programme, fetched).verification(token, "one", jti)
    assert require_polled(programme.fetch(fetched, ack=[jti], maxEvents=0), 0) == {}
    assert require_polled(programme.fetch(fetched, **AT_ONCE), 10) == {}


def test_one_request_acknowledges_an_event_and_fetches_the_next(
    provider: Provider, programme: StreamClient, fetched: Answer
) -> None:
    """openid-ssf-transmitter-stream-verification-poll-and-ack"""
    verify(provider, programme, fetched, "one")
    first = require_polled(programme.fetch(fetched, **AT_ONCE), 10)
    verify(provider, programme, fetched, "two")

    answer = programme.fetch(fetched, **AT_ONCE, ack=list(first))

    ((jti, token),) = require_polled(answer, 10).items()
    assert jti not in first
    Inspector(provider, programme, fetched).verification(token, "two", jti)


def test_an_event_is_fetched_by_who_would_wait_for_it(
    provider: Provider, programme: StreamClient, fetched: Answer
) -> None:
    """openid-ssf-transmitter-stream-verification-long-poll

    The module polls again after an empty answer, and so does not tell that we hold no request open.
    """
    verify(provider, programme, fetched, "one")

    ((jti, token),) = require_polled(
        programme.fetch(fetched, maxEvents=10, returnImmediately=False), 10
    ).items()

    Inspector(provider, programme, fetched).verification(token, "one", jti)


def test_an_event_is_reported_wrong_and_does_not_come_again(
    provider: Provider, programme: StreamClient, fetched: Answer
) -> None:
    """openid-ssf-transmitter-stream-verification-set-errs"""
    verify(provider, programme, fetched, "one")
    sets = require_polled(programme.fetch(fetched, **AT_ONCE), 10)
    errors = {jti: {"err": "invalid_request", "description": "of a test programme"} for jti in sets}
    address = fetched.delivery["endpoint_url"].removeprefix(provider.issuer)
    body = {"maxEvents": 0, "returnImmediately": True, "setErrs": errors}

    answer = programme.ask("POST", address, body, **{"Content-Language": "en"})

    assert require_polled(answer, 0) == {}
    assert require_polled(programme.fetch(fetched, **AT_ONCE), 10) == {}


@pytest.mark.parametrize("header", [HEADER, None], ids=["push", "error-push-no-auth"])
def test_a_verification_event_is_pushed_with_the_header_that_was_asked_for(
    provider: Provider,
    programme: StreamClient,
    listening: EventReceiver,
    pushing: Pushing,
    header: str | None,
) -> None:
    """openid-ssf-transmitter-stream-verification-push, …-error-push-no-auth"""
    stream = made(programme, delivered_to(listening.address, header))
    assert stream.delivery["endpoint_url"] == listening.address
    pushing.until_idle()
    verify(provider, programme, stream, "one")

    pushing.until_idle()

    ((headers, token),) = listening.requests
    assert headers["content-type"] == "application/secevent+jwt"
    assert "application/json" in headers["accept"]
    assert headers.get("authorization") == header
    Inspector(provider, programme, stream).verification(token, "one")


@pytest.mark.parametrize("status", ["paused", "disabled"])
def test_a_fetched_stream_that_is_stopped_gives_nothing_and_flows_again(
    provider: Provider, programme: StreamClient, fetched: Answer, status: str
) -> None:
    """openid-ssf-transmitter-paused-stream-holds-events, …-disabled-stream-drops-events"""
    of_status = f"/ssf/status?stream_id={fetched.stream_id}"
    require_status(programme.ask("GET", of_status), fetched, "enabled")
    set_status(programme, fetched, status)
    verify(provider, programme, fetched, "while stopped")
    for _ in range(4):
        provider.clock.advance(seconds=5)
        assert require_polled(programme.fetch(fetched, **AT_ONCE), 10) == {}

    set_status(programme, fetched, "enabled")
    if status == "disabled":
        verify(provider, programme, fetched, "afterwards")

    ((jti, token),) = require_polled(programme.fetch(fetched, **AT_ONCE), 10).items()
    wanted = "while stopped" if status == "paused" else "afterwards"
    Inspector(provider, programme, fetched).verification(token, wanted, jti)


@pytest.mark.parametrize("status", ["paused", "disabled"])
def test_a_pushed_stream_that_is_stopped_pushes_nothing_and_flows_again(
    provider: Provider,
    programme: StreamClient,
    listening: EventReceiver,
    pushing: Pushing,
    status: str,
) -> None:
    """openid-ssf-transmitter-paused-stream-holds-events, …-disabled-stream-drops-events"""
    stream = made(programme, delivered_to(listening.address, HEADER))
    set_status(programme, stream, status)
    verify(provider, programme, stream, "while stopped")
    for _ in range(4):
        provider.clock.advance(seconds=5)
        pushing.until_idle()
    assert listening.requests == []

    set_status(programme, stream, "enabled")
    if status == "disabled":
        verify(provider, programme, stream, "afterwards")
    pushing.until_idle()

    ((headers, token),) = listening.requests
    assert headers["authorization"] == HEADER
    wanted = "while stopped" if status == "paused" else "afterwards"
    Inspector(provider, programme, stream).verification(token, wanted)


def test_what_happens_to_a_person_is_fetched_as_the_profile_wants_it(
    provider: Provider, programme: StreamClient
) -> None:
    """openid-ssf-transmitter-stream-caep-interop, fetched; a person does what the programme's operator would do."""
    stream = made(programme, delivered_to(None), [*WANTED, LEVEL_CHANGE])
    assert stream.events_delivered == [SESSION_REVOKED, CREDENTIAL_CHANGE, LEVEL_CHANGE]
    require_status(programme.ask("GET", f"/ssf/status?stream_id={stream.stream_id}"), stream, "enabled")
    verify(provider, programme, stream, "one")
    inspector, heard = Inspector(provider, programme, stream), []

    first = require_polled(programme.fetch(stream, **AT_ONCE), 10)
    lose_everything(provider, programme)
    answer = programme.fetch(stream, **AT_ONCE, ack=list(first))
    for jti, token in require_polled(answer, 10).items():
        assert inspector.claims(token)["jti"] == jti
        heard.append(inspector.caep(token)[0])
    require_polled(programme.fetch(stream, ack=list(answer.sets), maxEvents=0), 0)

    assert set(heard) == set(stream.events_delivered)
    assert programme.ask("DELETE", f"/ssf/stream?stream_id={stream.stream_id}").status == 204


def test_what_happens_to_a_person_is_pushed_as_the_profile_wants_it(
    provider: Provider, programme: StreamClient, listening: EventReceiver, pushing: Pushing
) -> None:
    """openid-ssf-transmitter-stream-caep-interop, pushed"""
    stream = made(programme, delivered_to(listening.address, HEADER), [*WANTED, LEVEL_CHANGE])
    verify(provider, programme, stream, "one")
    pushing.until_idle()
    inspector = Inspector(provider, programme, stream)

    lose_everything(provider, programme)
    pushing.until_idle()

    (_, verification), *events = listening.requests
    inspector.verification(verification, "one")
    assert {inspector.caep(token)[0] for _, token in events} == set(stream.events_delivered)
    assert {headers["authorization"] for headers, _ in events} == {HEADER}


def test_a_stream_that_an_operator_stops_says_so_in_an_event(
    provider: Provider, programme: StreamClient, fetched: Answer
) -> None:
    """What every module holds a stream-updated event against that comes in between."""
    streams, now = provider.services.stores.streams, provider.clock.now()

    assert streams.set_status(fetched.stream_id, StreamStatus.PAUSED, "a disk is full", tell=True, now=now)

    (token,) = require_polled(programme.fetch(fetched, **AT_ONCE), 10).values()
    Inspector(provider, programme, fetched).update(token, "paused")


def lose_everything(provider: Provider, programme: StreamClient) -> None:
    """Somebody changes their password, loses an authenticator, and signs out."""
    account = provider.person()
    here, _ = visit(provider, programme)
    provider.enrol_totp(account)
    assert provider.services.stores.authenticators.remove(account.id, "totp", now=provider.clock.now())
    change_password(here)
    sign_out(here)
