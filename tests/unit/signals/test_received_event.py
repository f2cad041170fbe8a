"""What a believed event says, and what makes one unbelievable before anybody asks who it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from idp.signals.credential_changes import Change
from idp.signals.event_types import EventType
from idp.signals.received_event import BadEvent, EventError, HeardEvent, read_event
from idp.signals.stream import StreamStatus

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
EAST, WEST = "https://east.example", "https://west.example/rp"
ADA = {"format": "iss_sub", "iss": EAST, "sub": "ada"}


def event(kind: str = EventType.SESSION_REVOKED, **changes: Any) -> dict[str, Any]:
    members = changes.pop("members", {})
    right = {
        "iss": EAST,
        "aud": WEST,
        "iat": SECONDS,
        "jti": "one",
        "sub_id": ADA,
        "events": {str(kind): members},
    }
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


def read(claims: dict[str, Any], typ: object = "secevent+jwt") -> HeardEvent:
    return read_event(typ, claims, issuer=EAST, audience=WEST, now=NOW)


def test_a_person_is_told_of_with_all_their_sessions() -> None:
    heard = read(event(members={"event_timestamp": SECONDS - 60}))

    assert (heard.subject, heard.sid) == ("ada", None)
    assert heard.happened_at.timestamp() == SECONDS - 60
    assert heard.casts_doubt


def test_a_session_is_told_of_by_its_name() -> None:
    session = {"format": "opaque", "id": "sid"}

    heard = read(event(sub_id={"format": "complex", "user": ADA, "session": session}))

    assert (heard.subject, heard.sid) == ("ada", "sid")


@pytest.mark.parametrize("change", list(Change))
def test_only_a_new_credential_puts_nothing_in_doubt(change: Change) -> None:
    members = {"credential_type": "password", "change_type": change.value}

    heard = read(event(EventType.CREDENTIAL_CHANGE, members=members))

    assert heard.change is change
    assert heard.casts_doubt is (change is not Change.CREATE)


def test_a_level_is_read_as_it_was_said() -> None:
    members = {"namespace": "any", "current_level": "urn:any:2"}

    assert read(event(EventType.ASSURANCE_LEVEL_CHANGE, members=members)).level == "urn:any:2"


def test_a_stream_speaks_of_itself() -> None:
    about = {"format": "opaque", "id": "a stream"}

    updated = read(event(EventType.STREAM_UPDATED, sub_id=about, members={"status": "paused"}))
    verified = read(event(EventType.VERIFICATION, sub_id=about, members={"state": "x"}))

    assert (updated.status, updated.subject) == (StreamStatus.PAUSED, None)
    assert not updated.casts_doubt
    assert not verified.casts_doubt


def test_an_event_that_we_do_not_know_is_taken_and_means_nothing() -> None:
    heard = read(event("https://schemas.example/new"))

    assert heard.type is None
    assert not heard.casts_doubt


@pytest.mark.parametrize("typ", ["secevent+jwt", "SECEVENT+JWT", "application/secevent+jwt"])
def test_the_type_is_read_as_media_types_are(typ: str) -> None:
    assert read(event(), typ).jti == "one"


@pytest.mark.parametrize("typ", [None, "", "JWT", "at+jwt", "logout+jwt", 7])
def test_another_type_is_no_event(typ: object) -> None:
    with pytest.raises(BadEvent) as refused:
        read(event(), typ)

    assert refused.value.code is EventError.INVALID_REQUEST


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": WEST}, EventError.INVALID_ISSUER),
        ({"iss": None}, EventError.INVALID_ISSUER),
        ({"aud": EAST}, EventError.INVALID_AUDIENCE),
        ({"aud": [WEST, EAST]}, EventError.INVALID_AUDIENCE),
        ({"iat": SECONDS + 61}, EventError.INVALID_REQUEST),
        ({"iat": -1}, EventError.INVALID_REQUEST),
        ({"members": {"event_timestamp": SECONDS + 61}}, EventError.INVALID_REQUEST),
        ({"members": {"event_timestamp": 1.5}}, EventError.INVALID_REQUEST),
        ({"sub": "ada"}, EventError.INVALID_REQUEST),
        ({"exp": SECONDS + 60}, EventError.INVALID_REQUEST),
        ({"nonce": "x"}, EventError.INVALID_REQUEST),
        ({"sub_id": "ada"}, EventError.INVALID_REQUEST),
        ({"sub_id": {**ADA, "sub": ""}}, EventError.INVALID_REQUEST),
        ({"jti": "\u202e"}, EventError.INVALID_REQUEST),
    ],
)
def test_what_does_not_fit_is_refused_by_its_code(changes: dict[str, Any], code: EventError) -> None:
    with pytest.raises(BadEvent) as refused:
        read(event(**changes))

    assert refused.value.code is code
