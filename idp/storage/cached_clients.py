"""Clients as one process remembers them, never more than a second out of date."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from idp.oidc.client import Client
from idp.oidc.ports import ClientDirectory
from idp.storage.generations import GenerationRepository, Remembered

CAPACITY = 10_000
"""Clients remembered; one takes about 2 kB."""
ABSENT_CAPACITY = 1_000
"""Unknown ids remembered, apart from the clients: nobody pushes them out by asking for ids that do not exist."""
LOOK_AGAIN_AFTER = 1.0
"""Seconds for which a generation that was read is believed."""


class _Memory:
    """What is remembered of one generation. A change begins a new one, so a late answer cannot get into it."""

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.known: OrderedDict[str, Client] = OrderedDict()
        self.absent: set[str] = set()


class CachedClients:
    """Implements `idp.oidc.ports.ClientDirectory`. Shared by the threads of a process."""

    def __init__(
        self,
        registry: ClientDirectory,
        generations: GenerationRepository,
        elapsed: Callable[[], float] = time.monotonic,
        capacity: int = CAPACITY,
    ) -> None:
        self._registry = registry
        self._generations = generations
        self._elapsed = elapsed
        self._capacity = capacity
        self._lock = threading.Lock()
        self._memory = _Memory(-1)
        self._looked_at = float("-inf")

    def find_by_id(self, client_id: str) -> Client | None:
        with self._lock:
            memory = self._present_memory()
            client = memory.known.get(client_id)
            if client is not None:
                memory.known.move_to_end(client_id)
                return client
            if client_id in memory.absent:
                return None
        client = self._registry.find_by_id(client_id)
        with self._lock:
            self._remember(memory, client_id, client)
        return client

    def _present_memory(self) -> _Memory:
        # Noted before the question is asked: the answer is at least as old as that.
        now = self._elapsed()
        if now - self._looked_at >= LOOK_AGAIN_AFTER:
            generation = self._generations.of(Remembered.CLIENTS)
            self._looked_at = now
            if generation != self._memory.generation:
                self._memory = _Memory(generation)
        return self._memory

    def _remember(self, memory: _Memory, client_id: str, client: Client | None) -> None:
        if client is None and "://" in client_id:
            # An entity of the federation may register by this very request, and the next page looks for it at once.
            return
        if client is None:
            if len(memory.absent) >= ABSENT_CAPACITY:
                memory.absent.clear()
            memory.absent.add(client_id)
            return
        memory.known[client_id] = client
        if len(memory.known) > self._capacity:
            memory.known.popitem(last=False)
