"""Pushing events to receivers: one at a time on each stream and in order, as often as it takes.

The row stays until the receiver has acknowledged it, so a killed process loses none; one that was under way is pushed
again with the same `jti`. What is refused again and again goes, so that what comes after it is heard.
Spec: RFC 8935 §2.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind, EventLog
from idp.oidc.client import Client
from idp.signals.event_signing import EventSigner
from idp.signals.security_event import QueuedEvent
from idp.signals.stream import FULL, MOST_WAITING, Stream
from idp.signals.stream_store import SEAL_AUTHORIZATION, Seals
from idp.signals.telling import LEASE, LOOKED_AT, Reply, wait_after

SILENT = "No sign of life came from the receiver for a week."
TIDY_EVERY = timedelta(minutes=1)
MOST_REFUSALS = 6
"""A refusal may be about our credentials there, or about a key that the receiver has not fetched yet: five minutes."""
UNTRUSTED_FOR = timedelta(minutes=10)
"""How long after one look at a receiver whose trust has ended the next is."""

log = logging.getLogger("idp.signals")


@dataclass(frozen=True, slots=True)
class DueStream:
    """A stream that may be pushed to, and the first event that waits on it."""

    stream: Stream
    event: QueuedEvent
    attempts: int


class EventOutbox(Protocol):
    """Events that wait to be pushed."""

    def due(self, limit: int, *, now: datetime) -> tuple[DueStream, ...]:
        """Streams that may be pushed to now, the longest due first, each with its first event.

        None of a client that is switched off. Whether others trust an entity is for the caller to see.
        """
        ...

    def claim(self, due: DueStream, until: datetime, *, now: datetime) -> bool:
        """Take a stream until then. Atomic: of concurrent calls exactly one is True.

        None of them is, when the event has gone since it was seen: pushed again, it would come after the next one.
        """
        ...

    def heard(self, due: DueStream, *, now: datetime) -> None:
        """The event was acknowledged or refused: it goes, and the next may follow at once."""
        ...

    def postpone(self, due: DueStream, until: datetime) -> None:
        """Let the receiver rest."""
        ...

    def pause_silent(self, reason: str, *, now: datetime) -> tuple[str, ...]:
        """Pause every stream whose receiver is silent while events wait; the ids of those that this call paused."""
        ...

    def pause_full(self, reason: str, most: int, *, now: datetime) -> tuple[str, ...]:
        """Pause every stream on which more than `most` wait, and keep nothing more for it; the ids of those."""
        ...


@dataclass(frozen=True, slots=True)
class Push:
    """A claimed event and the token made for it just now."""

    due: DueStream
    address: str
    token: str = field(repr=False)
    authorization: str | None = field(repr=False)

    @property
    def client_id(self) -> str:
        return self.due.stream.client_id


class Receivers(Protocol):
    """The registry of mini-apps, as far as pushing needs it."""

    def find_by_id(self, client_id: str) -> Client | None:
        """The client; None when there is none."""
        ...


class Pushing:
    """Hands out pushes and notes how they ended. Its own caller is one thread of a worker."""

    def __init__(
        self,
        outbox: EventOutbox,
        tokens: EventSigner,
        seals: Seals,
        clients: Receivers,
        events: EventLog,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._outbox, self._tokens, self._seals, self._clients = outbox, tokens, seals, clients
        self._events, self._clock, self._entropy = events, clock, entropy
        self._tidy_at: datetime | None = None
        self.bell = threading.Event()
        """Rings when there may be something to do before the next round would look."""

    def hurry(self) -> None:
        """Look now. Waits for nothing, and says nothing about whether it worked."""
        self.bell.set()

    def errands(self, room: int, busy: Set[str] = frozenset()) -> tuple[Push, ...]:
        """At most `room` pushes, none to the `busy` receivers. Each is to be settled, or its lease will lapse.

        Raises: ServerError — there is no key to sign with.
        """
        now = self._clock.now()
        self._tidy(now)
        taken: list[Push] = []
        for due in self._outbox.due(LOOKED_AT, now=now) if room > 0 else ():
            if len(taken) >= room:
                break
            if due.stream.client_id in busy or not self._outbox.claim(due, now + LEASE, now=now):
                continue
            if self._is_in_force(due.stream.client_id):
                taken.append(self._push(due))
            else:
                # What waits goes on waiting: trust may come back.
                self._outbox.postpone(due, now + UNTRUSTED_FOR)
        return tuple(taken)

    def settle(self, push: Push, reply: Reply) -> None:
        """Note how a push ended."""
        due, now = push.due, self._clock.now()
        is_final = reply is Reply.REFUSED and due.attempts + 1 >= MOST_REFUSALS
        if reply is not Reply.HEARD and not is_final:
            self._outbox.postpone(due, now + self._jittered(wait_after(due.attempts)))
            return
        self._outbox.heard(due, now=now)
        if is_final:
            kind, jti = EventKind.STREAM_EVENT_REFUSED, due.event.jti
            self._events.record(Event(kind, now, client_id=push.client_id, subject=jti))

    def _is_in_force(self, client_id: str) -> bool:
        client = self._clients.find_by_id(client_id)
        return client is not None and client.enabled

    def _push(self, due: DueStream) -> Push:
        stream = due.stream
        sealed, address = stream.authorization_sealed, stream.endpoint_url
        if address is None:
            raise LookupError("a stream that is fetched from is not pushed to")
        opened = None if sealed is None else self._seals.open(SEAL_AUTHORIZATION, stream.id, sealed).decode()
        return Push(due, address, self._tokens.signed(due.event, stream.client_id), opened)

    def _tidy(self, now: datetime) -> None:
        if self._tidy_at is not None and now < self._tidy_at:
            return
        self._tidy_at = now + TIDY_EVERY
        for stream_id in self._outbox.pause_silent(SILENT, now=now):
            log.warning("a stream is paused: its receiver is silent", extra={"detail": stream_id})
            self._events.record(Event(EventKind.STREAM_PAUSED, now, subject=stream_id))
        for stream_id in self._outbox.pause_full(FULL, MOST_WAITING, now=now):
            log.warning("a stream is paused: too many events wait on it", extra={"detail": stream_id})
            self._events.record(Event(EventKind.STREAM_PAUSED, now, subject=stream_id))

    def _jittered(self, wait: timedelta) -> timedelta:
        """A fifth more or less, so that not all come back at once."""
        return wait * (0.8 + 0.4 * int.from_bytes(self._entropy.bytes(2)) / 0xFFFF)
