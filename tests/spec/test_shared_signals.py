"""Shared Signals Framework 1.0 and the CAEP Interoperability Profile 1.0, as a receiver and the official tests ask."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.event_receiver import (
    EVERYTHING,
    POLL,
    PUSH,
    SESSION_REVOKED,
    VERIFICATION,
    StreamClient,
    events_of,
)
from tests.support.provider import Provider
from tests.support.relying_party import Answer

SCOPES = ("openid", "profile", "ssf.read", "ssf.manage")
ADDRESS = "https://tax.example/events"


def receiver_at(provider: Provider, client_id: str = "tax", **changes: Any) -> StreamClient:
    client = StreamClient(provider.client(client_id, scopes=SCOPES, resources=(), **changes))
    client.authorize()
    return client


@pytest.fixture
def tax(provider: Provider) -> StreamClient:
    return receiver_at(provider)


@pytest.fixture
def stream(tax: StreamClient) -> Answer:
    return tax.create()


def test_the_transmitter_says_what_it_can(provider: Provider, tax: StreamClient) -> None:
    """SSF §7.1.1; CAEPIOP §2.3."""
    answer = tax.app.send("GET", "/.well-known/ssf-configuration")

    found = answer.members
    issuer = provider.issuer
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert (found["issuer"], found["spec_version"], found["jwks_uri"]) == (
        issuer,
        "1_0",
        f"{issuer}/jwks.json",
    )
    assert found["delivery_methods_supported"] == [PUSH, POLL]
    assert found["authorization_schemes"] == [{"spec_urn": "urn:ietf:rfc:6749"}]
    assert found["default_subjects"] == "ALL"
    endpoints = {value for name, value in found.items() if name.endswith("_endpoint")}
    assert len(endpoints) == 5
    assert all(one.startswith(f"{issuer}/ssf/") for one in endpoints)
    assert all(value != [] for value in found.values())


def test_a_token_for_the_scopes_alone_is_for_the_transmitter_and_short_lived(tax: StreamClient) -> None:
    """CAEPIOP §2.7: receivers name no resource."""
    answer = tax.authorize("ssf.read")

    told = tax.app.introspect(answer.access_token)
    assert answer.scope == "ssf.read"
    assert answer.expires_in <= 3600
    assert told.error is None


def test_a_stream_is_created_with_everything_that_it_must_say(provider: Provider, tax: StreamClient) -> None:
    """SSF §8.1.1, §8.1.1.1."""
    wanted = [*EVERYTHING, "https://schemas.example/unknown"]

    answer = tax.create(events_requested=wanted, description="Tax", delivery={"method": POLL})

    assert (answer.status, answer.headers["Cache-Control"]) == (201, "no-store")
    assert (answer.iss, answer.aud, answer.description) == (provider.issuer, "tax", "Tax")
    assert answer.events_supported == EVERYTHING
    assert answer.events_requested == wanted
    assert answer.events_delivered == EVERYTHING
    assert answer.delivery["method"] == POLL
    assert answer.delivery["endpoint_url"].startswith(f"{provider.issuer}/ssf/poll?stream_id=")
    assert isinstance(answer.min_verification_interval, int)
    assert isinstance(answer.inactivity_timeout, int)
    assert answer.members == tax.ask("GET", f"/ssf/stream?stream_id={answer.stream_id}").members


def test_a_stream_that_says_nothing_is_fetched_and_hears_of_nothing(tax: StreamClient) -> None:
    """§8.1.1.1: poll is what is meant when nothing is said."""
    answer = tax.ask("POST", "/ssf/stream", {})

    assert answer.status == 201
    assert answer.delivery["method"] == POLL
    assert answer.events_delivered == []


def test_the_receiver_does_not_choose_where_it_fetches(tax: StreamClient) -> None:
    answer = tax.create(delivery={"method": POLL, "endpoint_url": "https://elsewhere.example/"})

    assert "elsewhere" not in answer.delivery["endpoint_url"]


def test_a_client_has_one_stream(tax: StreamClient, stream: Answer) -> None:
    """§8.1.1.1: 409."""
    assert tax.create().status == 409
    assert [one["stream_id"] for one in tax.ask("GET", "/ssf/stream").list] == [stream.stream_id]


def test_who_has_no_stream_reads_an_empty_list(tax: StreamClient) -> None:
    """§8.1.1.2."""
    answer = tax.ask("GET", "/ssf/stream")

    assert (answer.status, answer.list) == (200, [])


def test_a_patch_changes_what_it_names_and_drops_nothing(tax: StreamClient) -> None:
    """§8.1.1.3."""
    push = {"method": PUSH, "endpoint_url": ADDRESS, "authorization_header": "Bearer secret-of-tax"}
    stream = tax.create(delivery=push, description="before")

    answer = tax.ask("PATCH", "/ssf/stream", {"stream_id": stream.stream_id, "description": "after"})

    assert answer.status == 200
    assert answer.members == {**stream.members, "description": "after"}
    assert "secret-of-tax" not in str(answer.members)


def test_a_put_replaces_everything_that_the_receiver_says(tax: StreamClient) -> None:
    """§8.1.1.4."""
    stream = tax.create(description="before", delivery={"method": PUSH, "endpoint_url": ADDRESS})

    answer = tax.ask(
        "PUT", "/ssf/stream", {"stream_id": stream.stream_id, "events_requested": [SESSION_REVOKED]}
    )

    assert answer.status == 200
    assert "description" not in answer.members
    assert answer.events_delivered == [SESSION_REVOKED]
    assert answer.delivery["method"] == POLL


def test_what_was_read_can_be_written_back(tax: StreamClient, stream: Answer) -> None:
    """§8.1.1.4: the transmitter's own members are allowed where they are unchanged."""
    answer = tax.ask("PUT", "/ssf/stream", {**stream.members, "description": "edited"})

    assert answer.members == {**stream.members, "description": "edited"}


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://evil.example"},
        {"aud": "health"},
        {"events_supported": [SESSION_REVOKED]},
        {"min_verification_interval": 1},
        {"inactivity_timeout": 1},
    ],
)
def test_what_is_the_transmitters_is_not_changed(
    tax: StreamClient, stream: Answer, method: str, change: dict[str, Any]
) -> None:
    assert tax.ask(method, "/ssf/stream", {"stream_id": stream.stream_id, **change}).status == 400
    assert tax.ask("GET", f"/ssf/stream?stream_id={stream.stream_id}").members == stream.members


def test_a_stream_is_deleted_once(tax: StreamClient, stream: Answer) -> None:
    """§8.1.1.5."""
    address = f"/ssf/stream?stream_id={stream.stream_id}"

    assert [tax.ask("DELETE", address).status for _ in range(2)] == [204, 404]
    assert tax.ask("GET", address).status == 404
    assert tax.create().status == 201


def test_a_stream_is_paused_disabled_and_enabled(tax: StreamClient, stream: Answer) -> None:
    """§8.1.2."""
    address = f"/ssf/status?stream_id={stream.stream_id}"
    assert tax.ask("GET", address).members == {"stream_id": stream.stream_id, "status": "enabled"}

    for status in ("paused", "disabled", "enabled"):
        body = {"stream_id": stream.stream_id, "status": status, "reason": "a try"}
        answer = tax.ask("POST", "/ssf/status", body)

        assert (answer.status, answer.members) == (200, body)
        assert tax.ask("GET", address).members == body


BAD_BODIES = [b";{ broken", b"[]", b"", b"null", b'{"stream_id": "a", "stream_id": "a"}']


@pytest.mark.parametrize("body", BAD_BODIES)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/ssf/stream"),
        ("PATCH", "/ssf/stream"),
        ("PUT", "/ssf/stream"),
        ("POST", "/ssf/status"),
        ("POST", "/ssf/verify"),
        ("POST", "/ssf/subjects/add"),
        ("POST", "/ssf/subjects/remove"),
    ],
)
def test_what_cannot_be_read_is_refused(tax: StreamClient, method: str, path: str, body: bytes) -> None:
    answer = tax.ask(method, path, body)

    assert (answer.status, answer.error) == (400, "invalid_request")


@pytest.mark.parametrize(
    "members",
    [
        {"events_requested": "session-revoked"},
        {"events_requested": [1]},
        {"events_requested": None},
        {"delivery": "push"},
        {"delivery": {"method": "urn:x"}},
        {"delivery": {"method": ["urn:ietf:rfc:8936"]}},
        {"delivery": {"method": PUSH}},
        {"delivery": {"method": PUSH, "endpoint_url": "http://tax.example/events"}},
        {"delivery": {"method": PUSH, "endpoint_url": "https://user:word@tax.example/events"}},
        {"delivery": {"method": PUSH, "endpoint_url": "https://tax.example/events#part"}},
        {"delivery": {"method": PUSH, "endpoint_url": ADDRESS, "authorization_header": "a\r\nHost: b"}},
        {"description": None},
        {"description": 7},
    ],
)
def test_a_stream_with_a_broken_member_is_not_created(tax: StreamClient, members: dict[str, Any]) -> None:
    assert tax.create(**members).status == 400
    assert tax.ask("GET", "/ssf/stream").list == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/ssf/stream?stream_id=unknown", None),
        ("DELETE", "/ssf/stream?stream_id=unknown", None),
        ("PATCH", "/ssf/stream", {"stream_id": "unknown"}),
        ("PUT", "/ssf/stream", {"stream_id": "unknown"}),
        ("GET", "/ssf/status?stream_id=unknown", None),
        ("POST", "/ssf/status", {"stream_id": "unknown", "status": "paused"}),
        ("POST", "/ssf/verify", {"stream_id": "unknown"}),
        ("POST", "/ssf/subjects/add", {"stream_id": "unknown", "subject": {"format": "opaque", "id": "x"}}),
        (
            "POST",
            "/ssf/subjects/remove",
            {"stream_id": "unknown", "subject": {"format": "opaque", "id": "x"}},
        ),
        ("POST", "/ssf/poll?stream_id=unknown", {}),
    ],
)
def test_an_unknown_stream_is_not_found(
    tax: StreamClient, stream: Answer, method: str, path: str, body: object
) -> None:
    assert tax.ask(method, path, body).status == 404


@pytest.mark.parametrize("path", ["/ssf/stream", "/ssf/status"])
def test_a_stream_that_is_not_named_cannot_be_meant(tax: StreamClient, path: str) -> None:
    method = "DELETE" if path == "/ssf/stream" else "GET"

    assert tax.ask(method, path).status == 400


def test_without_a_token_nothing_is_told(tax: StreamClient, stream: Answer) -> None:
    """CAEPIOP §2.7.3; RFC 6750 §3: and the answer says how to come back."""
    token, tax.token = tax.token, None

    for answer in (
        tax.ask("GET", "/ssf/stream"),
        tax.ask("POST", "/ssf/stream", {}),
        tax.ask("GET", f"/ssf/stream?stream_id={stream.stream_id}&access_token={token}"),
        tax.fetch(stream),
    ):
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_that_is_none_is_named_so(tax: StreamClient, stream: Answer) -> None:
    tax.token = "invalid"

    for method, path in (("GET", "/ssf/stream"), ("GET", "/ssf/status"), ("DELETE", "/ssf/stream")):
        answer = tax.ask(method, f"{path}?stream_id={stream.stream_id}")

        assert (answer.status, answer.error) == (401, "invalid_token")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_who_may_only_read_changes_nothing(tax: StreamClient, stream: Answer) -> None:
    """RFC 6750 §3.1: 403 and the scope that is missing."""
    tax.authorize("ssf.read")
    this = {"stream_id": stream.stream_id}

    refused = [
        tax.create(),
        tax.ask("PATCH", "/ssf/stream", this),
        tax.ask("DELETE", f"/ssf/stream?stream_id={stream.stream_id}"),
        tax.ask("POST", "/ssf/status", {**this, "status": "paused"}),
        tax.ask("POST", "/ssf/verify", this),
    ]

    assert {(one.status, one.error) for one in refused} == {(403, "insufficient_scope")}
    assert tax.ask("GET", f"/ssf/stream?stream_id={stream.stream_id}").status == 200
    assert tax.fetch(stream).status == 200


def test_a_verification_event_repeats_the_state(tax: StreamClient, stream: Answer) -> None:
    """§8.1.4."""
    answer = tax.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id, "state": "of mine"})

    (token,) = tax.fetch(stream).sets.values()
    header, claims = tax.app.verified(token, "RS256")
    assert answer.status == 204
    assert (header["typ"], header["alg"]) == ("secevent+jwt", "RS256")
    assert claims["sub_id"] == {"format": "opaque", "id": stream.stream_id}
    assert claims["events"] == {VERIFICATION: {"state": "of mine"}}
    assert {"iss", "aud", "iat", "jti", "txn"} <= claims.keys()
    assert not {"exp", "sub", "nonce"} & claims.keys()


def test_a_verification_event_without_a_state_has_none(tax: StreamClient, stream: Answer) -> None:
    tax.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id})

    (claims,) = tax.poll(stream)
    assert claims["events"] == {VERIFICATION: {}}


def test_verification_events_are_not_asked_for_all_the_time(
    provider: Provider, tax: StreamClient, stream: Answer
) -> None:
    """§8.1.4.2: 429, and not when the interval is kept."""
    ask = {"stream_id": stream.stream_id}
    assert tax.ask("POST", "/ssf/verify", ask).status == 204

    soon = tax.ask("POST", "/ssf/verify", ask)
    provider.clock.advance(seconds=stream.min_verification_interval)
    later = tax.ask("POST", "/ssf/verify", ask)

    assert (soon.status, later.status) == (429, 204)
    assert int(soon.headers["Retry-After"]) <= stream.min_verification_interval


def test_events_are_fetched_until_they_are_acknowledged(tax: StreamClient, stream: Answer) -> None:
    """RFC 8936 §2.4: poll only, acknowledge only, both at once."""
    tax.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id, "state": "one"})
    first, again = tax.poll(stream), tax.poll(stream)

    nothing = tax.fetch(stream, ack=[first[0]["jti"]], maxEvents=0)

    assert first == again
    assert (nothing.status, nothing.sets) == (200, {})
    assert tax.poll(stream) == []


def test_no_more_come_than_are_wanted(provider: Provider, tax: StreamClient, stream: Answer) -> None:
    """RFC 8936 §2.2, §2.3: `maxEvents`, `moreAvailable`; and in order."""
    for number in range(3):
        tax.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id, "state": str(number)})
        provider.clock.advance(seconds=30)

    first = tax.fetch(stream, maxEvents=2)
    rest = tax.fetch(stream, maxEvents=2, ack=list(first.sets))

    assert (len(first.sets), first.moreAvailable) == (2, True)
    assert len(rest.sets) == 1
    assert "moreAvailable" not in rest.members


def test_an_event_that_is_reported_wrong_is_not_sent_again(tax: StreamClient, stream: Answer) -> None:
    """RFC 8936 §2.4.4."""
    tax.ask("POST", "/ssf/verify", {"stream_id": stream.stream_id})
    (claims,) = tax.poll(stream)
    errors = {claims["jti"]: {"err": "invalid_request", "description": "of no use"}}

    answer = tax.fetch(stream, setErrs=errors, maxEvents=0)

    assert (answer.status, answer.sets) == (200, {})
    assert tax.poll(stream) == []


@pytest.mark.parametrize(
    "members",
    [
        {"maxEvents": -1},
        {"maxEvents": True},
        {"maxEvents": "2"},
        {"returnImmediately": "yes"},
        {"ack": "jti"},
        {"ack": [1]},
        {"setErrs": []},
        {"setErrs": {"jti": {}}},
    ],
)
def test_a_poll_with_a_broken_member_is_refused(
    tax: StreamClient, stream: Answer, members: dict[str, Any]
) -> None:
    assert tax.fetch(stream, **members).status == 400


def test_somebody_who_is_patient_is_answered_at_once(tax: StreamClient, stream: Answer) -> None:
    """RFC 8936 §2.2: how long to wait is the transmitter's to say. It holds no request open."""
    answer = tax.fetch(stream, returnImmediately=False)

    assert (answer.status, answer.sets) == (200, {})


def test_a_paused_stream_waits_and_a_disabled_one_forgets(tax: StreamClient, stream: Answer) -> None:
    """§8.1.2.1."""
    this = {"stream_id": stream.stream_id}
    tax.ask("POST", "/ssf/verify", {**this, "state": "one"})

    tax.ask("POST", "/ssf/status", {**this, "status": "paused"})
    paused = tax.poll(stream)
    tax.ask("POST", "/ssf/status", {**this, "status": "enabled"})
    enabled = tax.poll(stream)
    tax.ask("POST", "/ssf/status", {**this, "status": "disabled"})
    tax.ask("POST", "/ssf/status", {**this, "status": "enabled"})

    assert paused == []
    assert [events_of(one) for one in enabled] == [(VERIFICATION, {"state": "one"})]
    assert tax.poll(stream) == []


@pytest.mark.parametrize(
    "subject",
    [
        {"format": "email", "email": "someone@example.org"},
        {"format": "opaque", "id": "somebody"},
        {"format": "iss_sub", "iss": "https://elsewhere.example", "sub": "somebody"},
        {
            "format": "complex",
            "user": {"format": "iss_sub", "iss": "https://elsewhere.example", "sub": "somebody"},
        },
    ],
)
def test_subjects_that_are_not_ours_are_taken_without_a_word(
    tax: StreamClient, stream: Answer, subject: dict[str, Any]
) -> None:
    """§8.1.3.2, §9.1: whoever tries subjects learns nothing of who is known."""
    body = {"stream_id": stream.stream_id, "subject": subject, "verified": True}

    added, removed = tax.ask("POST", "/ssf/subjects/add", body), tax.ask("POST", "/ssf/subjects/remove", body)

    assert (added.status, added.members) == (200, {})
    assert (removed.status, removed.members) == (204, {})


@pytest.mark.parametrize("subject", [None, "somebody", {}, {"format": "iss_sub", "iss": "https://a.example"}])
def test_a_subject_that_is_none_is_refused(tax: StreamClient, stream: Answer, subject: object) -> None:
    body = {"stream_id": stream.stream_id, "subject": subject}

    assert tax.ask("POST", "/ssf/subjects/add", body).status == 400


def test_whether_a_subject_was_verified_is_yes_or_no(tax: StreamClient, stream: Answer) -> None:
    """§8.1.3.2."""
    body = {"stream_id": stream.stream_id, "subject": {"format": "opaque", "id": "somebody"}}

    answers = [
        tax.ask("POST", "/ssf/subjects/add", {**body, "verified": one}).status for one in (True, False, "yes")
    ]

    assert answers == [200, 200, 400]


def test_only_machines_registered_for_it_get_the_scopes(provider: Provider) -> None:
    deaf = StreamClient(provider.client("deaf"))

    answer = deaf.authorize()

    assert (answer.status, answer.error) == (400, "invalid_scope")


def test_the_scopes_are_offered(provider: Provider, tax: StreamClient) -> None:
    found = tax.app.send("GET", "/.well-known/openid-configuration").scopes_supported

    assert {"ssf.read", "ssf.manage"} <= set(found)
