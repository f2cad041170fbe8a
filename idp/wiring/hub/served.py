"""What one process of the hub has in memory of the newest bundle: bytes to send, and the snapshot for itself."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.storage.failures import StorageError
from idp.storage.trust_list import TrustListRepository
from idp.trustlist.snapshot import TrustSnapshot
from idp.wiring.following.bundle_reading import read_stored

CHECK_EVERY = timedelta(seconds=1)
_log = logging.getLogger("idp.hub")


@dataclass(frozen=True, slots=True)
class ServedBundle:
    """The newest bundle, ready to be sent."""

    seq: int
    body: bytes
    etag: str
    """With its quotes. Strong: every signature has its own (RFC 9110 §8.8.1)."""


@dataclass(frozen=True, slots=True)
class _Held:
    mark: tuple[int, int] | None
    served: ServedBundle | None
    snapshot: TrustSnapshot


class ServedBundles:
    """Looks at most once a second whether there is a newer one. While the database is away, the last one stays."""

    def __init__(self, lists: TrustListRepository, ladder: tuple[str, ...]) -> None:
        self._lists, self._ladder = lists, ladder
        self._held = _Held(None, None, TrustSnapshot.of(None, ladder))
        self._checked_at: datetime | None = None
        self._lock = threading.Lock()

    def newest(self, *, now: datetime) -> ServedBundle | None:
        """The bundle to send; None before the first one was signed."""
        return self._current(now).served

    def snapshot(self, *, now: datetime) -> TrustSnapshot:
        """Whom the hub itself trusts: its own list."""
        return self._current(now).snapshot

    def _current(self, now: datetime) -> _Held:
        at = self._checked_at
        # A clock set back must not keep us from looking.
        if (at is None or not at <= now < at + CHECK_EVERY) and self._lock.acquire(blocking=at is None):
            try:
                self._held = self._look()
            except StorageError as error:
                if at is None:
                    raise
                _log.warning("the trust list cannot be read", extra={"detail": str(error)})
            finally:
                self._checked_at = now
                self._lock.release()
        return self._held

    def _look(self) -> _Held:
        mark = self._lists.contents.newest_mark()
        if mark is None or mark == self._held.mark:
            return self._held
        newest = self._lists.contents.out()
        if newest is None or newest.signed is None:
            return self._held
        served = ServedBundle(
            newest.seq, newest.signed.encode("ascii"), f'"{newest.seq}-{int(newest.signed_at.timestamp())}"'
        )
        return _Held(mark, served, TrustSnapshot.of(read_stored(newest.signed), self._ladder))
