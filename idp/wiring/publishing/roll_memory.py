"""The roll as one process remembers it, never more than a second out of date."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.federation.roll import HeldMark, Roll
from idp.foundation.clock import Clock
from idp.storage.failures import StorageError
from idp.storage.federation_entities import FederationEntities
from idp.storage.generations import GenerationRepository, Remembered

LOOK_AGAIN_AFTER = timedelta(seconds=1)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RollView:
    """The roll at one generation of the store."""

    generation: int
    roll: Roll
    marks_of: Mapping[str, tuple[HeldMark, ...]] = field(init=False)
    """By their subject, the newest last."""

    def __post_init__(self) -> None:
        by_subject: dict[str, tuple[HeldMark, ...]] = {}
        for mark in self.roll.marks:
            by_subject[mark.subject] = (*by_subject.get(mark.subject, ()), mark)
        object.__setattr__(self, "marks_of", by_subject)


class RollMemory:
    """Reads the roll when another process or this one changed it. Shared by the threads of a process."""

    def __init__(self, store: FederationEntities, generations: GenerationRepository, clock: Clock) -> None:
        self._store, self._generations, self._clock = store, generations, clock
        self._lock = threading.Lock()
        self._view: RollView | None = None
        self._looked_at: datetime | None = None

    def view(self) -> RollView:
        """The roll as it was at most a second ago, unless the store cannot be reached."""
        now = self._clock.now()
        with self._lock:
            if self._view is None or self._is_look_due(now):
                self._view = self._read(now)
                self._looked_at = now
            return self._view

    def _is_look_due(self, now: datetime) -> bool:
        looked_at = self._looked_at
        return looked_at is None or not looked_at <= now < looked_at + LOOK_AGAIN_AFTER

    def _read(self, now: datetime) -> RollView:
        try:
            generation = self._generations.of(Remembered.FEDERATION)
            if self._view is not None and self._view.generation == generation:
                return self._view
            return RollView(generation, self._store.roll(ended_before=now))
        except StorageError:
            if self._view is None:
                raise
            _log.exception("the roll of subordinates cannot be read; we go on with what we remember")
            return self._view
