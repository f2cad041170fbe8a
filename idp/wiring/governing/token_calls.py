"""How often API tokens call: counted over all processes, and written down once in many calls.

A process takes a token's calls by the share out of the count that all processes have in common, and uses them up in
memory: a call that only reads writes nothing, but for one in a share. What it took and did not use is lost: so a
caller of many processes is stopped earlier, by less than a share for each, but never within the first `SHARES` calls.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.adapters.lru import LruCache
from idp.authn.credentials import Schedule, ThrottleStore
from idp.authn.throttle import TooManyAttempts

MINUTE = timedelta(minutes=1)
SHARES = 60
"""Of a minute's calls. More would be more exact, and more to write."""
MOST_REMEMBERED = 1_000
"""Tokens. One that was forgotten takes another share."""


@dataclass(slots=True)
class _Share:
    """Calls of one token that were counted already."""

    left: int = 0
    refused_until: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class TokenCalls:
    """One for a process."""

    def __init__(self, throttles: ThrottleStore, a_minute: int) -> None:
        self._throttles = throttles
        self._size = max(1, a_minute // SHARES)
        # Whoever goes on waits twice as long each time.
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
        share = self._share_of(token_id)
        # The database is asked under this lock: it keeps nobody waiting but the same token's other calls.
        with share.lock:
            if not share.left:
                self._fill(share, token_id, now)
            share.left -= 1

    def _share_of(self, token_id: str) -> _Share:
        with self._lock:
            share = self._shares.find(token_id)
            if share is None:
                share = _Share()
                self._shares.keep(token_id, share)
            return share

    def _fill(self, share: _Share, token_id: str, now: datetime) -> None:
        """Take another share. Raises: TooManyAttempts."""
        if share.refused_until is not None and now < share.refused_until:
            raise TooManyAttempts(share.refused_until, disabled=False)
        charge = self._throttles.charge(f"staff-token:{token_id}", self._schedule, now=now)
        share.refused_until = charge.retry_at
        if not charge.allowed:
            raise TooManyAttempts(charge.retry_at, disabled=False)
        share.left = self._size
