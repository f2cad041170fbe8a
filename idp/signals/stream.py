"""An event stream: what its receiver wants to hear, and how it gets there. Spec: SSF 1.0 §8.1.1, §8.1.2, §10.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from idp.foundation.clock import to_seconds
from idp.signals.event_types import ABOUT_PEOPLE, EventType

POLL_PATH = "/ssf/poll"
VERIFIED_APART = timedelta(seconds=30)
"""How long after one wish for a verification event the next may come."""
SILENT_FOR = timedelta(days=7)
"""A receiver from which nothing is heard for so long is waited for, and its stream paused."""
MOST_WAITING = 10_000
"""Events that wait on one stream. Beyond it the stream is paused, and nothing more is kept until it flows again."""
FULL = "Too many events wait. Of what ends from now on nothing is kept until the stream is enabled again."
MISSED = "Too many events waited. Some that happened before this one were not kept."


class Method(StrEnum):
    """How events travel. SSF 1.0 §10.3.1."""

    PUSH = "urn:ietf:rfc:8935"
    POLL = "urn:ietf:rfc:8936"


class StreamStatus(StrEnum):
    """SSF 1.0 §8.1.2."""

    ENABLED = "enabled"
    PAUSED = "paused"
    """Events wait."""
    DISABLED = "disabled"
    """Events are neither sent nor kept."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream as it is kept. Each client has one at most."""

    id: str
    client_id: str
    events_requested: tuple[str, ...]
    """Word for word as the receiver asked, also what we do not know."""
    method: Method
    created_at: datetime
    heard_at: datetime
    """When its receiver last showed that it lives, within an hour."""
    endpoint_url: str | None = None
    """Where events are pushed to; None: they are fetched here."""
    authorization_sealed: bytes | None = field(default=None, repr=False)
    """What the receiver wants in the `Authorization` header of a push."""
    description: str | None = None
    status: StreamStatus = StreamStatus.ENABLED
    reason: str = ""
    is_held: bool = False
    """An operator stopped it, and its receiver cannot lift that."""

    @property
    def events_delivered(self) -> tuple[EventType, ...]:
        """Of those asked for, the ones that we send."""
        return tuple(event for event in ABOUT_PEOPLE if event in self.events_requested)


def configuration(stream: Stream, issuer: str) -> dict[str, Any]:
    """A stream as its receiver sees it. The `Authorization` value is not repeated: who wrote it knows it."""
    address = stream.endpoint_url or f"{issuer}{POLL_PATH}?stream_id={stream.id}"
    members: dict[str, Any] = {
        "stream_id": stream.id,
        "iss": issuer,
        "aud": stream.client_id,
        "events_supported": [str(event) for event in ABOUT_PEOPLE],
        "events_requested": list(stream.events_requested),
        "events_delivered": [str(event) for event in stream.events_delivered],
        "delivery": {"method": stream.method.value, "endpoint_url": address},
        "min_verification_interval": int(VERIFIED_APART.total_seconds()),
        "inactivity_timeout": int(SILENT_FOR.total_seconds()),
    }
    return members if stream.description is None else {**members, "description": stream.description}


def status_of(stream: Stream) -> dict[str, Any]:
    """Its status as its receiver sees it."""
    members = {"stream_id": stream.id, "status": stream.status.value}
    return {**members, "reason": stream.reason} if stream.reason else members


@dataclass(frozen=True, slots=True)
class StreamLine:
    """A stream as operators see it."""

    stream: Stream
    waiting: int
    """Events that its receiver has not acknowledged."""
    oldest_at: datetime | None

    def to_json(self) -> Mapping[str, Any]:
        """For a command's `--json`."""
        stream = self.stream
        return {
            "stream_id": stream.id,
            "client_id": stream.client_id,
            "status": stream.status.value,
            "reason": stream.reason,
            "held": stream.is_held,
            "delivery": stream.method.value,
            "endpoint_url": stream.endpoint_url,
            "events_delivered": [str(event) for event in stream.events_delivered],
            "waiting": self.waiting,
            "oldest": None if self.oldest_at is None else to_seconds(self.oldest_at),
        }
