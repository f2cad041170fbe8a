"""Leaving a region alone that does not answer, so that its trouble stays its own.

After a few failures in a row of seconds nobody waits for it any more; a little later one request tries. Kept in memory:
each process finds out by itself.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FAILURES = 5
WITHIN = timedelta(seconds=10)
OPEN_FOR = timedelta(seconds=5)


@dataclass(slots=True)
class _State:
    failed_at: deque[datetime] = field(default_factory=lambda: deque(maxlen=FAILURES))
    opened_at: datetime | None = None
    trying_since: datetime | None = None


class CircuitOpen(Exception):
    """It failed again and again a moment ago; it is not asked now."""


class Circuits:
    """One circuit for each region. Shared by every thread of a process."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._now = clock
        self._lock = threading.Lock()
        self._states: dict[str, _State] = {}

    def is_open(self, issuer: str) -> bool:
        """Whether it would not be asked now."""
        state = self._states.get(issuer)
        return state is not None and state.opened_at is not None and self._now() < state.opened_at + OPEN_FOR

    def enter(self, issuer: str) -> None:
        """Before a request. Raises: CircuitOpen — it is closed off, or somebody else is trying just now."""
        now = self._now()
        with self._lock:
            state = self._states.setdefault(issuer, _State())
            if state.opened_at is None:
                return
            if now < state.opened_at + OPEN_FOR:
                raise CircuitOpen
            # Half open: one tries. Should it never come back, another may after the same while.
            if state.trying_since is not None and now < state.trying_since + OPEN_FOR:
                raise CircuitOpen
            state.trying_since = now

    def succeeded(self, issuer: str) -> None:
        """It answered, whatever it said."""
        with self._lock:
            self._states.pop(issuer, None)

    def failed(self, issuer: str) -> None:
        """It did not answer, or with an error of its own."""
        now = self._now()
        with self._lock:
            state = self._states.setdefault(issuer, _State())
            state.failed_at.append(now)
            is_often = len(state.failed_at) == FAILURES and now - state.failed_at[0] <= WITHIN
            if state.trying_since is not None or is_often:
                state.opened_at, state.trying_since = now, None
