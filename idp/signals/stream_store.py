"""What the transmitter asks of outside: where streams are kept, and their secrets sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from idp.signals.security_event import QueuedEvent
from idp.signals.stream import Stream, StreamStatus

SEAL_AUTHORIZATION = "stream-authorization"


class StreamStore(Protocol):
    """Streams and what waits on them."""

    def add(self, stream: Stream) -> bool:
        """Keep a new one. False: its client has one. Atomic: of concurrent calls for one client exactly one is True."""
        ...

    def find(self, stream_id: str, client_id: str) -> Stream | None:
        """The client's stream of this id."""
        ...

    def of_client(self, client_id: str) -> Stream | None:
        """The client's stream."""
        ...

    def change(self, stream: Stream, *, now: datetime) -> bool:
        """Write what its receiver may change. False: it is gone."""
        ...

    def set_status(
        self, stream_id: str, status: StreamStatus, reason: str, *, tell: bool, now: datetime
    ) -> bool:
        """Set its status; disabling it drops what waits. False: it is gone, or held.

        `tell`: an operator's word. The receiver hears of it, and cannot lift it.
        """
        ...

    def remove(self, stream_id: str, client_id: str) -> bool:
        """Forget it, and what waits on it. True when this call did it; never while it is held."""
        ...

    def verify(self, stream_id: str, client_id: str, state: str | None, *, now: datetime) -> bool:
        """Have a verification event wait. False: too soon after the last, by one statement for all of them."""
        ...

    def exclude(self, stream_id: str, subject: str, *, now: datetime) -> None:
        """Tell it nothing more of this person. Who never came to its client is passed over."""
        ...

    def include(self, stream_id: str, subject: str) -> None:
        """Tell it of this person again."""
        ...

    def window(self, stream_id: str, most: int) -> tuple[QueuedEvent, ...]:
        """What waits longest, in order."""
        ...

    def drop(self, events: tuple[QueuedEvent, ...]) -> None:
        """They were acknowledged, or refused."""
        ...

    def hear(self, stream_id: str, *, now: datetime) -> None:
        """Note that its receiver lives, at most once an hour."""
        ...


class Seals(Protocol):
    """Keeps secrets that we have to say again."""

    def seal(self, purpose: str, context: str, plaintext: bytes) -> bytes: ...
    def open(self, purpose: str, context: str, sealed: bytes) -> bytes: ...
