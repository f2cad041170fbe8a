"""Whether this process should be sent requests: looked into every few seconds, told from memory in between.

However often somebody asks, the database is written at most once in `LOOK_EVERY`, and nobody waits for a look that
hangs: after `BELIEVED_FOR` without a new one the answer is no.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from idp.adapters.keyring import Keyring
from idp.authn.factors.seal import BrokenSeal
from idp.foundation.clock import Clock
from idp.foundation.resources import folder
from idp.oidc.errors import ServerError
from idp.storage import revisions
from idp.storage.db import Database
from idp.storage.failures import StorageError
from idp.storage.figures import FigureRepository
from idp.trustlist.snapshot import AHEAD
from idp.wiring.following.trust import Trust

LOOK_EVERY = timedelta(seconds=3)
BELIEVED_FOR = timedelta(seconds=30)

log = logging.getLogger("idp.health")


class Check(StrEnum):
    """What must be right before requests may come."""

    SERVING = "serving"
    """The server has not been told to stop."""
    DATABASE = "database"
    """It can be reached, and takes what is written."""
    MIGRATIONS = "migrations"
    """The tables are those of this release, or of a later one."""
    KEYS = "keys"
    """For every purpose there is a key that can sign now."""
    CLOCK = "clock"
    """It does not lag behind what the hub has signed."""


_NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Health:
    """What a look found."""

    at: datetime
    checks: Mapping[Check, bool]
    facts: Mapping[str, int]
    """What is good to know and keeps nobody away: how old the trust bundle is, in seconds."""

    @property
    def is_ready(self) -> bool:
        return all(self.checks.values())


class Readiness:
    """The health of one process."""

    def __init__(
        self,
        database: Database,
        figures: FigureRepository,
        keyrings: tuple[Keyring, ...],
        trust: Trust,
        is_stopping: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._database, self._figures, self._keyrings = database, figures, keyrings
        self._trust, self._is_stopping, self._clock = trust, is_stopping, clock
        self._earlier: frozenset[str] | None = None
        """Revisions before the one that this release expects."""
        self._lock = threading.Lock()
        self._last: Health | None = None

    def now(self) -> Health:
        """The health of the last few seconds. Looks by itself when nobody did; never waits for somebody else's look."""
        now, last = self._clock.now(), self._last
        if (last is None or not last.at <= now < last.at + LOOK_EVERY) and self._lock.acquire(blocking=False):
            try:
                last = self._last = self._look(now)
            finally:
                self._lock.release()
        if last is None or now - last.at > BELIEVED_FOR:
            return Health(now, dict.fromkeys(Check, False), _NOTHING)
        # Asked each time: a balancer should hear of it at once.
        return replace(last, checks={**last.checks, Check.SERVING: not self._is_stopping()})

    def _look(self, now: datetime) -> Health:
        checks = {
            Check.DATABASE: self._can_write(now),
            Check.MIGRATIONS: self._is_migrated(),
            Check.KEYS: self._can_sign(),
            Check.CLOCK: self._is_not_behind(now),
        }
        self._tell(checks)
        return Health(now, checks, self._facts(now))

    def _can_write(self, now: datetime) -> bool:
        try:
            self._figures.probe(now=now)
        except StorageError:
            return False
        return True

    def _is_migrated(self) -> bool:
        """A database that a later release has migrated is one that this release still works with."""
        if self._earlier is None:
            migrations = folder("migrations")
            self._earlier = revisions.known(migrations) - {revisions.expected(migrations)}
        try:
            at = revisions.current(self._database)
        except StorageError:
            return False
        return at is not None and at not in self._earlier

    def _can_sign(self) -> bool:
        try:
            for keyring in self._keyrings:
                for algorithm in keyring.algorithms:
                    keyring.signing_key(algorithm)
        except (ServerError, StorageError, BrokenSeal):
            return False
        return True

    def _is_not_behind(self, now: datetime) -> bool:
        """The hub's word on time, of which we hold no proof that is later than the truth."""
        bundle = self._trust().bundle
        return bundle is None or bundle.issued_at - now <= AHEAD

    def _facts(self, now: datetime) -> Mapping[str, int]:
        snapshot = self._trust()
        if snapshot.bundle is None:
            return _NOTHING
        return {"trust_age_seconds": int(snapshot.age(now=now).total_seconds())}

    def _tell(self, checks: Mapping[Check, bool]) -> None:
        before = self._last.checks if self._last else {}
        for check, is_fine in checks.items():
            if before.get(check, True) and not is_fine:
                log.error("not ready", extra={"error": check.value})
            elif not before.get(check, True) and is_fine:
                log.info("ready again", extra={"error": check.value})
