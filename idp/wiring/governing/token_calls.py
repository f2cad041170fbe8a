"""How often API tokens call: counted over all processes, and written down once in many calls.

A process takes a token's calls by the share out of the count that all processes have in common, and uses them up in
memory: a call that only reads writes nothing, but for one in a share. What it took and did not use is lost.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.adapters.lru import LruCache
from idp.authn.credentials import Schedule, ThrottleStore
from idp.authn.throttle import TooManyAttempts

MINUTE = timedelta(minutes=1)
SHARES = 20
"""Of a minute's calls. More would be more exact, and more to write."""
MOST_REMEMBERED = 1_000
"""Tokens. One that was forgotten takes another share."""


@dataclass(slots=True)
class _Share:
    """Calls that were counted already."""

    left: int
    refused_until: datetime | None = None


class TokenCalls:
    """One for a process."""

    def __init__(self, throttles: ThrottleStore, a_minute: int) -> None:
        self._throttles = throttles
        self._size = max(1, a_minute // SHARES)
        # Whoever stays below the limit is never stopped; whoever goes on waits twice as long each time.
        self._schedule = Schedule(
            free=max(1, a_minute // self._size),
            first_delay=MINUTE / SHARES,
            longest_delay=MINUTE,
            window=MINUTE,
        )
        self._shares: LruCache[str, _Share] = LruCache(MOST_REMEMBERED)
        self._lock = threading.Lock()

    def count(self, token_id: str, *, now: datetime) -> None:
        """Count one call. Raises: TooManyAttempts."""
        with self._lock:
            share = self._shares.find(token_id)
            if share is None or not share.left:
                share = self._next(token_id, share, now)
            share.left -= 1

    def _next(self, token_id: str, spent: _Share | None, now: datetime) -> _Share:
        """Another share. Raises: TooManyAttempts."""
        if spent is not None and spent.refused_until is not None and now < spent.refused_until:
            raise TooManyAttempts(spent.refused_until, disabled=False)
        charge = self._throttles.charge(f"staff-token:{token_id}", self._schedule, now=now)
        share = _Share(self._size if charge.allowed else 0, charge.retry_at)
        self._shares.keep(token_id, share)
        if not charge.allowed:
            raise TooManyAttempts(charge.retry_at, disabled=False)
        return share
