"""The transmitter: what a receiver may do with its stream, and what it fetches from it.

A client sees its own stream and no other; somebody else's is not there for it. Spec: SSF 1.0 §8; RFC 8936 §2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind, EventLog
from idp.oidc.client import Client
from idp.signals import poll_request
from idp.signals import stream_request as request
from idp.signals.event_signing import EventSigner
from idp.signals.refusals import HeldStream, SecondStream, TooSoon, UnknownStream
from idp.signals.security_event import QueuedEvent
from idp.signals.stream import VERIFIED_APART, Stream, configuration, status_of
from idp.signals.stream_store import SEAL_AUTHORIZATION, Seals, StreamStore

MOST_AT_ONCE = 50
"""Events in one answer to a poll: each costs a signature."""
ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Transmitter:
    """Shared by every thread of a process. Every method raises StreamRefusal; UnknownStream for others'."""

    issuer: str
    streams: StreamStore
    tokens: EventSigner
    seals: Seals
    events: EventLog
    entropy: Entropy
    allow_http_localhost: bool

    # §8.1.1

    def create(self, client: Client, body: bytes, *, now: datetime) -> dict[str, Any]:
        """A new stream. Raises: SecondStream — the client has one."""
        members = request.parse(body)
        stream_id = self.entropy.token(ID_BYTES)
        asked = request.delivery(members, allow_http_localhost=self.allow_http_localhost)
        stream = Stream(
            id=stream_id,
            client_id=client.client_id,
            events_requested=request.events_requested(members),
            method=asked.method,
            created_at=now,
            heard_at=now,
            endpoint_url=asked.endpoint_url,
            authorization_sealed=self._sealed(asked.authorization, stream_id),
            description=request.description(members),
        )
        if not self.streams.add(stream):
            raise SecondStream("this client has a stream already: change that one")
        self.events.record(
            Event(EventKind.STREAM_CHANGED, now, client_id=client.client_id, subject=stream_id)
        )
        return configuration(stream, self.issuer)

    def read(self, client: Client, stream_id: str | None, *, now: datetime) -> Any:
        """One stream; without an id a list of all that the client has."""
        if stream_id is None:
            found = self.streams.of_client(client.client_id)
            return [] if found is None else [configuration(found, self.issuer)]
        return configuration(self._found(client, stream_id, now), self.issuer)

    def update(self, client: Client, body: bytes, *, now: datetime) -> dict[str, Any]:
        """Change what is named, and leave the rest as it is."""
        members = request.parse(body)
        before = self._found(client, request.stream_id_of(members), now)
        request.require_unchanged(members, configuration(before, self.issuer))
        after = before
        if "events_requested" in members:
            after = replace(after, events_requested=request.events_requested(members))
        if "description" in members:
            after = replace(after, description=request.description(members))
        if "delivery" in members:
            after = self._delivered(after, members)
        return self._changed(after, now)

    def replace(self, client: Client, body: bytes, *, now: datetime) -> dict[str, Any]:
        """Change everything that the receiver may say: what is not named goes back to what it is without a word."""
        members = request.parse(body)
        before = self._found(client, request.stream_id_of(members), now)
        request.require_unchanged(members, configuration(before, self.issuer))
        after = replace(
            before,
            events_requested=request.events_requested(members),
            description=request.description(members),
        )
        return self._changed(self._delivered(after, members), now)

    def remove(self, client: Client, stream_id: str, *, now: datetime) -> None:
        """End it, and what waits on it. Raises: HeldStream — else a new one would lift the hold."""
        if not self.streams.remove(stream_id, client.client_id):
            self._found(client, stream_id, now)
            raise _held()
        self.events.record(
            Event(EventKind.STREAM_CHANGED, now, client_id=client.client_id, subject=stream_id)
        )

    # §8.1.2

    def status(self, client: Client, stream_id: str, *, now: datetime) -> dict[str, Any]:
        """Whether it flows."""
        return status_of(self._found(client, stream_id, now))

    def set_status(self, client: Client, body: bytes, *, now: datetime) -> dict[str, Any]:
        """Pause it, stop it, or let it flow again. Raises: HeldStream — an operator of the region stopped it."""
        members = request.parse(body)
        stream = self._found(client, request.stream_id_of(members), now)
        wanted, reason = request.status(members)
        if not self.streams.set_status(stream.id, wanted, reason, tell=False, now=now):
            self._found(client, stream.id, now)
            raise _held()
        return status_of(replace(stream, status=wanted, reason=reason))

    # §8.1.3

    def add_subject(self, client: Client, body: bytes, *, now: datetime) -> None:
        """Hear of a person again. Who is not ours is passed over, so that nobody learns who is (§9.1)."""
        stream, subject = self._subject(client, body, now)
        if subject is not None:
            self.streams.include(stream.id, subject)

    def remove_subject(self, client: Client, body: bytes, *, now: datetime) -> None:
        """Hear nothing more of a person."""
        stream, subject = self._subject(client, body, now)
        if subject is not None:
            self.streams.exclude(stream.id, subject, now=now)

    # §8.1.4

    def verify(self, client: Client, body: bytes, *, now: datetime) -> None:
        """Send a verification event. Raises: TooSoon — one was asked for a moment ago."""
        members = request.parse(body)
        stream = self._found(client, request.stream_id_of(members), now)
        if not self.streams.verify(stream.id, client.client_id, request.state(members), now=now):
            raise TooSoon("a verification event was asked for a moment ago", VERIFIED_APART)

    # RFC 8936

    def poll(self, client: Client, stream_id: str, body: bytes, *, now: datetime) -> dict[str, Any]:
        """What waits, less what is acknowledged with the same request. Answers at once, however patient the asker."""
        asked = poll_request.poll(request.parse(body))
        stream = self._found(client, stream_id, now)
        self._settle(stream, asked, now)
        most = MOST_AT_ONCE if asked.most is None else min(asked.most, MOST_AT_ONCE)
        waiting = self.streams.window(stream.id, most + 1)
        sets = {event.jti: self.tokens.signed(event, client.client_id) for event in waiting[:most]}
        return {"sets": sets, "moreAvailable": True} if len(waiting) > most else {"sets": sets}

    def _settle(self, stream: Stream, asked: poll_request.Poll, now: datetime) -> None:
        """Only what could have been given out can be acknowledged: nobody knows the name of a later one."""
        settled = asked.acknowledged | asked.refused.keys()
        if not settled:
            return
        given = self.streams.window(stream.id, MOST_AT_ONCE)
        self.streams.drop(tuple(event for event in given if event.jti in settled))
        for event in given:
            if event.jti in asked.refused:
                self._record_refusal(stream, event, now)

    def _record_refusal(self, stream: Stream, event: QueuedEvent, now: datetime) -> None:
        kind = EventKind.STREAM_EVENT_REFUSED
        self.events.record(Event(kind, now, client_id=stream.client_id, subject=event.jti))

    def _found(self, client: Client, stream_id: str, now: datetime) -> Stream:
        stream = self.streams.find(stream_id, client.client_id)
        if stream is None:
            raise _unknown()
        self.streams.hear(stream.id, now=now)
        return stream

    def _subject(self, client: Client, body: bytes, now: datetime) -> tuple[Stream, str | None]:
        members = request.parse(body)
        subject = request.subject(members, self.issuer)
        return self._found(client, request.stream_id_of(members), now), subject

    def _delivered(self, stream: Stream, members: Mapping[str, Any]) -> Stream:
        asked = request.delivery(members, allow_http_localhost=self.allow_http_localhost)
        sealed = self._sealed(asked.authorization, stream.id)
        if request.kept_authorization(asked, stream):
            sealed = stream.authorization_sealed
        return replace(
            stream, method=asked.method, endpoint_url=asked.endpoint_url, authorization_sealed=sealed
        )

    def _changed(self, stream: Stream, now: datetime) -> dict[str, Any]:
        if not self.streams.change(stream, now=now):
            raise _unknown()
        self.events.record(
            Event(EventKind.STREAM_CHANGED, now, client_id=stream.client_id, subject=stream.id)
        )
        return configuration(stream, self.issuer)

    def _sealed(self, authorization: str | None, stream_id: str) -> bytes | None:
        if authorization is None:
            return None
        return self.seals.seal(SEAL_AUTHORIZATION, stream_id, authorization.encode())


def _held() -> HeldStream:
    return HeldStream("an operator of the region holds this stream")


def _unknown() -> UnknownStream:
    """The same words whether it never was or is another's."""
    return UnknownStream("there is no such stream")
