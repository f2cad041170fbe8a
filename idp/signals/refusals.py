"""Why a receiver does not get what it asks for. `description` is for it and quotes nothing; `detail` for our log."""

from __future__ import annotations

from datetime import timedelta


class StreamRefusal(Exception):
    """What was asked of a stream is not done."""

    def __init__(self, description: str, *, detail: str = "") -> None:
        super().__init__(description)
        self.description = description
        self.detail = detail


class BadStreamRequest(StreamRefusal):
    """It cannot be read, or asks for what cannot be."""


class UnknownStream(StreamRefusal):
    """There is no such stream for this client; it may be another's."""


class SecondStream(StreamRefusal):
    """The client has one."""


class HeldStream(StreamRefusal):
    """An operator of the region holds it, and its receiver cannot lift that."""


class TooSoon(StreamRefusal):
    """The same was asked for a moment ago."""

    def __init__(self, description: str, retry_after: timedelta) -> None:
        super().__init__(description)
        self.retry_after = retry_after
