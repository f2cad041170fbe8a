"""The OpenID Foundation's test programme for Shared Signals transmitters, replayed: managing streams.

Each test makes the requests of one module of the programme's two plans for transmitters (Shared Signals Framework 1.0;
CAEP Interoperability Profile) and holds the answers against what the module asks. The docstring names the module. The
requests and conditions were read in the programme's public source and are written here in our own way.
`test_shared_signals_programme_events.py` has the modules about what is delivered.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.event_receiver import POLL, PUSH, SESSION_REVOKED, StreamClient
from tests.support.leak_guard import LeakGuard
from tests.support.provider import Provider, build_provider, settings_for
from tests.support.relying_party import Answer
from tests.support.signals_programme import (
    AT_ONCE,
    DESCRIPTION,
    MADE_UP,
    WANTED,
    delivered_to,
    require_challenge,
    require_configuration,
    require_kept,
    require_status,
)

ISSUER = "https://id.east.example"
SCOPES = ("openid", "ssf.read", "ssf.manage")
PUSHED_TO = "https://receiver.example/ssf-push"
BROKEN = b";{ broken"


@pytest.fixture
def provider(
    tmp_path: Path, sqlite_template: Path, clock: FakeClock, leak_guard: LeakGuard
) -> Iterator[Provider]:
    """With an issuer as the programme wants it: https, and nothing behind the host."""
    settings = settings_for(f"sqlite:///{tmp_path / 'idp.db'}", issuer=ISSUER)
    built = build_provider(settings, clock, leak_guard, sqlite_template)
    yield built
    built.services.close()


@pytest.fixture
def programme(provider: Provider) -> StreamClient:
    """The programme as a receiver, with the token that it gets by itself (`SsfAuthMode` dynamic)."""
    client = StreamClient(provider.client("programme", scopes=SCOPES, resources=()))
    assert client.authorize(client_id="programme").expires_in <= 3600
    return client


@pytest.fixture(params=[None, PUSHED_TO], ids=["poll", "push"])
def delivery(request: pytest.FixtureRequest) -> dict[str, str]:
    """Both plans are run for each method of delivery."""
    return delivered_to(request.param, None if request.param is None else "Bearer push_token")


def config(delivery: dict[str, str], **changes: Any) -> dict[str, Any]:
    return {"description": DESCRIPTION, "events_requested": WANTED, "delivery": delivery, **changes}


def made(programme: StreamClient) -> Answer:
    answer = programme.ask("POST", "/ssf/stream", config(delivered_to(None)))
    assert answer.status == 201, answer.members
    return answer


def gone(programme: StreamClient) -> str:
    """The id of a stream that was."""
    stream_id: str = made(programme).stream_id
    assert programme.ask("DELETE", f"/ssf/stream?stream_id={stream_id}").status == 204
    return stream_id


def with_token(programme: StreamClient, token: str | None) -> StreamClient:
    return StreamClient(programme.app, token)


def test_the_metadata_has_every_member_that_the_profile_wants_and_its_keys_can_be_read(
    provider: Provider, programme: StreamClient
) -> None:
    """openid-ssf-transmitter-metadata"""
    answer = programme.app.send("GET", "/.well-known/ssf-configuration")

    found = answer.members
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert found["issuer"] == ISSUER
    addresses = [value for name, value in found.items() if name.endswith(("_endpoint", "jwks_uri"))]
    assert len(addresses) == 6
    assert all(address.startswith("https://") for address in addresses)
    assert found["spec_version"] == "1_0"
    assert found["default_subjects"] in ("ALL", "NONE")
    assert set(found["delivery_methods_supported"]) == {PUSH, POLL}
    assert {"spec_urn": "urn:ietf:rfc:6749"} in found["authorization_schemes"]
    assert [] not in found.values()
    keys = programme.app.send("GET", found["jwks_uri"].removeprefix(ISSUER)).members["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    assert not [key for key in keys if {"d", "k", "p", "q"} & key.keys()]
    assert any(key["kty"] == "RSA" and key["use"] == "sig" for key in keys)


def test_a_stream_is_made_read_listed_changed_replaced_paused_and_removed(
    programme: StreamClient, delivery: dict[str, str]
) -> None:
    """openid-ssf-stream-control-happy-path"""
    sent = config(delivery, events_requested=[*WANTED, MADE_UP])
    stream = programme.ask("POST", "/ssf/stream", sent)
    address = f"/ssf/stream?stream_id={stream.stream_id}"
    assert stream.status == 201
    require_configuration(stream, ISSUER, sent)
    require_configuration(programme.ask("GET", address), ISSUER, sent)
    assert stream.stream_id in [one["stream_id"] for one in programme.ask("GET", "/ssf/stream").list]

    less = config(delivery, events_requested=[SESSION_REVOKED])
    del less["description"]
    for method, body in (("PATCH", config(delivery)), ("PUT", config(delivery)), ("PUT", less)):
        answer = programme.ask(method, "/ssf/stream", {"stream_id": stream.stream_id, **body})
        assert (answer.status, answer.iss) == (200, ISSUER)
        require_kept(answer, body, replaces=method == "PUT")
        require_kept(programme.ask("GET", address), body, replaces=method == "PUT")

    of_status = f"/ssf/status?stream_id={stream.stream_id}"
    require_status(programme.ask("GET", of_status), stream, "enabled")
    for status in ("enabled", "paused", "disabled"):
        body = {"stream_id": stream.stream_id, "status": status, "reason": "A test programme asked for it"}
        require_status(programme.ask("POST", of_status, body), stream, status)

    assert programme.ask("DELETE", address).status == 204
    assert programme.ask("GET", "/ssf/stream").list == []


def test_a_stream_without_a_delivery_is_fetched(programme: StreamClient) -> None:
    """openid-ssf-stream-control-create-stream-without-delivery"""
    answer = programme.ask("POST", "/ssf/stream", {"description": DESCRIPTION, "events_requested": WANTED})

    assert (answer.status, answer.delivery["method"]) == (201, POLL)
    assert answer.delivery["endpoint_url"].startswith("https://")
    assert programme.ask("DELETE", f"/ssf/stream?stream_id={answer.stream_id}").status == 204


def test_without_a_token_the_list_is_refused_with_a_challenge(programme: StreamClient) -> None:
    """openid-ssf-stream-control-error-read-stream-without-token"""
    require_challenge(with_token(programme, None).ask("GET", "/ssf/stream"), 401, None)


def test_a_token_in_the_address_is_not_accepted(programme: StreamClient) -> None:
    """openid-ssf-stream-control-error-token-in-uri-query"""
    answer = with_token(programme, None).ask("GET", f"/ssf/stream?access_token={programme.token}")

    assert answer.status in (400, 401)


def test_who_may_only_read_makes_no_stream(programme: StreamClient) -> None:
    """openid-ssf-stream-control-error-create-stream-with-read-only-token"""
    assert programme.authorize("ssf.read", client_id="programme").scope == "ssf.read"

    require_challenge(
        programme.ask("POST", "/ssf/stream", config(delivered_to(None))), 403, "insufficient_scope"
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "/ssf/stream", config(delivered_to(None)), id="create-stream"),
        pytest.param("GET", "/ssf/stream?stream_id={}", None, id="read-stream"),
        pytest.param("PATCH", "/ssf/stream", {"stream_id": "{}", "description": "x"}, id="update-stream"),
        pytest.param("PUT", "/ssf/stream", {"stream_id": "{}", "description": "x"}, id="replace-stream"),
        pytest.param("DELETE", "/ssf/stream?stream_id={}", None, id="delete-stream"),
        pytest.param("GET", "/ssf/status?stream_id={}", None, id="read-stream-status"),
        pytest.param("POST", "/ssf/verify", {"stream_id": "{}", "state": "x"}, id="stream-verification"),
    ],
)
def test_a_token_that_is_none_is_refused_with_a_challenge_that_says_so(
    programme: StreamClient, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """openid-ssf-stream-control-error-…-with-invalid-token (six of them)

    openid-ssf-transmitter-stream-verification-error-invalid-token
    """
    for stream_id in (gone(programme), made(programme).stream_id):
        asked = None if body is None else {**body, "stream_id": stream_id}

        answer = with_token(programme, "invalid").ask(method, path.format(stream_id), asked)

        require_challenge(answer, 401, "invalid_token")


def test_where_events_are_fetched_a_token_is_needed_too(programme: StreamClient) -> None:
    """openid-ssf-transmitter-poll-endpoint-authorization"""
    stream = made(programme)

    require_challenge(with_token(programme, None).fetch(stream, **AT_ONCE), 401, None)
    require_challenge(with_token(programme, "invalid").fetch(stream, **AT_ONCE), 401, "invalid_token")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "/ssf/stream", BROKEN, id="create-stream"),
        pytest.param("PATCH", "/ssf/stream", BROKEN, id="update-stream"),
        pytest.param("PUT", "/ssf/stream", BROKEN, id="replace-stream"),
        pytest.param("POST", "/ssf/verify", b'{"stream_id": ', id="stream-verification"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    programme: StreamClient, method: str, path: str, body: bytes
) -> None:
    """openid-ssf-stream-control-error-create-stream-with-broken-input, …-with-invalid-body (two of them)

    openid-ssf-transmitter-stream-verification-error-invalid-body
    """
    made(programme)

    assert programme.ask(method, path, body).status == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("GET", "/ssf/stream?stream_id={}", None, id="read-stream"),
        pytest.param("PATCH", "/ssf/stream", config(delivered_to(None)), id="update-stream"),
        pytest.param("PUT", "/ssf/stream", config(delivered_to(None)), id="replace-stream"),
        pytest.param("DELETE", "/ssf/stream?stream_id={}", None, id="delete-stream"),
        pytest.param("GET", "/ssf/status?stream_id={}", None, id="read-stream-status"),
        pytest.param("POST", "/ssf/verify", {"state": "x"}, id="stream-verification"),
    ],
)
def test_a_stream_that_is_gone_is_not_found(
    programme: StreamClient, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """openid-ssf-stream-control-error-…-unknown-stream (five of them)

    openid-ssf-transmitter-stream-verification-error-unknown-stream
    """
    stream_id = gone(programme)
    asked = None if body is None else {**body, "stream_id": stream_id}

    assert programme.ask(method, path.format(stream_id), asked).status == 404


def test_a_second_stream_of_one_receiver_is_a_conflict(programme: StreamClient) -> None:
    """openid-ssf-stream-control-error-create-stream-with-duplicate-config; the programme takes 201 or 409.

    openid-ssf-transmitter-poll-endpoint-url-unique-per-stream skips itself at the same answer.
    """
    made(programme)

    assert programme.ask("POST", "/ssf/stream", config(delivered_to(None))).status == 409


def test_a_subject_is_added_and_removed(programme: StreamClient) -> None:
    """openid-ssf-stream-subject-control"""
    stream = made(programme)
    body = {
        "stream_id": stream.stream_id,
        "subject": {"format": "email", "email": "somebody@mail.example"},
    }

    assert programme.ask("POST", "/ssf/subjects/add", {**body, "verified": True}).status == 200
    assert programme.ask("POST", "/ssf/subjects/remove", body).status == 204


def test_the_transmitters_own_members_must_be_what_they_were_before_the_change(
    programme: StreamClient,
) -> None:
    """No module asks; SSF §8.1.1.3 and §8.1.1.4 say it of `events_delivered` by name."""
    stream = made(programme)
    ahead = {
        **stream.members,
        "events_requested": [SESSION_REVOKED],
        "events_delivered": [SESSION_REVOKED],
    }

    for method in ("PATCH", "PUT"):
        assert programme.ask(method, "/ssf/stream", ahead).status == 400
        back = {**ahead, "events_delivered": stream.events_delivered}
        assert programme.ask(method, "/ssf/stream", back).events_delivered == [SESSION_REVOKED]
        stream = programme.ask(
            method, "/ssf/stream", {**back, "events_delivered": [SESSION_REVOKED], "events_requested": WANTED}
        )
        assert stream.status == 200
