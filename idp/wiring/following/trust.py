"""What this process knows of the federation: a snapshot in memory, replaced as a whole.

Asking costs a look at a clock. At most once a second one thread sees whether the stored bundle changed, while the
others go on with what there is; nothing here ever waits for another server. While the database cannot be read, what
is held stays, and its age takes from it what the bundle says.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idp.foundation.compact_jws import Malformed, parse_object
from idp.oidc.acr import AcrNames
from idp.oidc.vocabulary import AcrLevel
from idp.storage.failures import StorageError
from idp.storage.generations import GenerationRepository, Remembered
from idp.storage.trust_bundles import AdmittedBundle, TrustBundles
from idp.trustlist.bundle import Bundle
from idp.trustlist.claims import BadBundle
from idp.trustlist.narrowing import narrow
from idp.trustlist.snapshot import TrustSnapshot
from idp.wiring.following.bundle_reading import MAX_BRACKETS, read_stored

LOOK_AGAIN_AFTER = 1.0
"""Seconds for which a generation that was read is believed."""
RETRY_AFTER = 5.0
"""Seconds for which a database that failed is left alone: a request waits for it at most this often."""

log = logging.getLogger("idp.trust")

Trust = Callable[[], TrustSnapshot]
"""The snapshot of the moment: from memory, as often as one likes."""


def ladder_of(acr: AcrNames) -> tuple[str, ...]:
    """Every `acr` that we know, weakest first."""
    return tuple(acr.name(level) for level in sorted(AcrLevel))


def nobody(ladder: tuple[str, ...]) -> Trust:
    """The trust of who joined no federation."""
    snapshot = TrustSnapshot.of(None, ladder)
    return lambda: snapshot


@dataclass(frozen=True, slots=True)
class _Since:
    """It was at least `moment` when our stopwatch showed `elapsed`."""

    moment: datetime
    elapsed: float

    def at(self, elapsed: float) -> datetime:
        return self.moment + timedelta(seconds=max(elapsed - self.elapsed, 0.0))


class HeldTrust:
    """The trust of one process. Shared by its threads; called, it answers the snapshot."""

    def __init__(
        self,
        bundles: TrustBundles,
        generations: GenerationRepository,
        hub: str,
        root_version: int,
        ladder: tuple[str, ...],
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bundles, self._generations = bundles, generations
        self._hub, self._root_version = hub, root_version
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._snapshot = TrustSnapshot.of(None, ladder)
        self._held: AdmittedBundle | None = None
        self._generation = -1
        self._look_at = float("-inf")
        self._at_least: _Since | None = None

    def __call__(self) -> TrustSnapshot:
        if self._elapsed() >= self._look_at:
            # The first one has to wait; later ones take what there is while somebody looks.
            self._look(wait=self._generation < 0)
        return self._snapshot

    def look_now(self) -> TrustSnapshot:
        """The snapshot after a look at the database. Raises: StorageError."""
        with self._lock:
            self._refresh(self._elapsed())
        return self._snapshot

    def look_at_both(self) -> tuple[TrustSnapshot, AdmittedBundle | None]:
        """The snapshot after a look at the database, and what is known of its bundle. Raises: StorageError."""
        with self._lock:
            self._refresh(self._elapsed())
            return self._snapshot, self._held

    @property
    def held(self) -> AdmittedBundle | None:
        """What is known of the bundle in the snapshot."""
        return self._held

    def _look(self, *, wait: bool) -> None:
        if not self._lock.acquire(blocking=wait):
            return
        try:
            now = self._elapsed()
            if now >= self._look_at:
                self._refresh(now)
        except (StorageError, LookupError) as error:
            self._look_at = self._elapsed() + RETRY_AFTER
            log.warning("the trust bundle cannot be read; what is held stays", extra={"detail": str(error)})
        finally:
            self._lock.release()

    def _refresh(self, now: float) -> None:
        """Noted is the time before the question was asked: the answer is at least as old as that."""
        generation = self._generations.of(Remembered.TRUST)
        if generation != self._generation:
            self._take(now)
            self._generation = generation
        self._look_at = now + LOOK_AGAIN_AFTER
        if self._at_least is not None:
            self._snapshot = replace(self._snapshot, earliest_now=self._at_least.at(now))

    def _take(self, now: float) -> None:
        stored = self._bundles.find(self._hub)
        if self._generation < 0:
            self._remember_time(self._bundles.find_latest(self._hub), now)
        if stored is None or stored.root_version < self._root_version:
            # Held under keys that the operator has replaced: as if nothing had ever come.
            self._snapshot, self._held = TrustSnapshot.of(None, self._snapshot.ladder), None
            return
        before, known = self._snapshot.bundle, self._held
        if before is not None and known is not None and _is_same(known, stored):
            self._snapshot, self._held = self._snapshot.renewed(_signed_again(before, stored)), stored
        else:
            self._read()
        self._remember_time(stored.issued_at, now)

    def _read(self) -> None:
        found = self._bundles.read_narrowed(self._hub)
        bundle = None
        try:
            if found is not None:
                # As old as its witnesses say, and not as it says itself.
                bundle = replace(read_stored(found[1]), issued_at=found[0].issued_at)
                bundle = narrow(bundle, parse_object(found[2].encode(), MAX_BRACKETS)) if found[2] else bundle
        except (BadBundle, Malformed) as error:
            bundle = None
            # Of a release that knew another format; the next pull brings it in ours.
            log.error("the stored trust bundle cannot be read", extra={"detail": str(error)})
        self._snapshot = TrustSnapshot.of(bundle, self._snapshot.ladder)
        self._held = None if found is None else found[0]

    def _remember_time(self, moment: datetime | None, now: float) -> None:
        if moment is not None and (self._at_least is None or self._at_least.at(now) < moment):
            self._at_least = _Since(moment, now)


def _is_same(known: AdmittedBundle, stored: AdmittedBundle) -> bool:
    return (known.content_hash, known.narrowing) == (stored.content_hash, stored.narrowing)


def _signed_again(bundle: Bundle, later: AdmittedBundle) -> Bundle:
    return replace(
        bundle, issued_at=later.issued_at, expires_at=later.expires_at, next_update=later.next_update
    )
