"""Time that moves only when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


class FakeClock:
    """A clock that stands still; `advance` moves it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, **duration: float) -> None:
        """Move on, as in `advance(minutes=5)`."""
        self._now += timedelta(**duration)
