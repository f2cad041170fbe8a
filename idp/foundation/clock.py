"""The one place that reads the time of day. Everything else takes `now` as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; tests bring one that they move by hand."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC)


def to_milliseconds(moment: datetime) -> int:
    """An instant as whole milliseconds since 1970, the form in which it is stored."""
    return int(moment.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    """The inverse of `to_milliseconds`."""
    return datetime.fromtimestamp(value / 1000, UTC)


def to_seconds(moment: datetime) -> int:
    """An instant as a JWT NumericDate, rounded down. Spec: RFC 7519 §2."""
    return int(moment.timestamp())


def from_seconds(value: int) -> datetime:
    """A JWT NumericDate as an instant."""
    return datetime.fromtimestamp(value, UTC)
