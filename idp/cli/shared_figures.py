"""What the worker processes of one server share: the boards they count on, and the word that they are to stop.

One piece of memory, made before the workers are forked. Each worker locks a part of it for itself; the kernel lets go
of the lock when the worker ends, however it ends. The next worker goes on from the counts that it finds there, so that
sums never go back.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import tempfile
from dataclasses import dataclass
from typing import Final

from idp.foundation.board import Cells, OwnMemory, Together
from idp.foundation.entropy import Entropy, SystemEntropy

PART_BYTES: Final = 512 * 1024
"""Of one worker, a quarter of it used. Pages that nobody touches take no memory."""
STOPPING: Final = 0
"""The byte that says so, in a part of its own before all others."""


@dataclass(frozen=True, slots=True)
class SharedMemory:
    """The memory of one server."""

    descriptor: int
    memory: mmap.mmap
    parts: int
    run: str

    @classmethod
    def of(cls, workers: int, entropy: Entropy) -> SharedMemory:
        """For so many workers, and as many again that take over from them."""
        parts = 2 * workers + 2
        # Nameless from the start, so that nobody else can open it and nothing is left behind.
        descriptor = _nameless_file()
        os.ftruncate(descriptor, (parts + 1) * PART_BYTES)
        return cls(descriptor, mmap.mmap(descriptor, 0), parts, entropy.token(16))

    def stop(self) -> None:
        """Tell every worker that the server is about to stop."""
        self.memory[STOPPING] = 1

    def is_stopping(self) -> bool:
        """Whether that was said."""
        return self.memory[STOPPING] != 0

    def join(self) -> Together:
        """Take a part for this process. With none free it counts for itself, and is missing from the sums."""
        for number in range(1, self.parts + 1):
            if self._lock(number):
                return Together(_Part(self, number), self.is_stopping, self.run)
        return Together(OwnMemory(), self.is_stopping, self.run)

    def _lock(self, number: int) -> bool:
        try:
            fcntl.lockf(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number * PART_BYTES)
        except OSError:
            return False
        return True


class _Part:
    """Implements `idp.foundation.figures.Memory` on the part of one worker."""

    def __init__(self, shared: SharedMemory, number: int) -> None:
        self._shared, self._number, self._used = shared, number, 0

    def take(self, count: int) -> Cells:
        begin, self._used = self._used, self._used + count
        if self._used * 8 > PART_BYTES:
            raise ValueError("there is more to count than a worker's part of the memory holds")
        return _SharedCells(self._shared, self._number, begin, count)


class _SharedCells:
    """Implements `idp.foundation.figures.Cells`."""

    def __init__(self, shared: SharedMemory, number: int, begin: int, count: int) -> None:
        self._numbers = memoryview(shared.memory).cast("Q")
        self._begins = [part * PART_BYTES // 8 + begin for part in range(1, shared.parts + 1)]
        self._count = count
        mine = number * PART_BYTES // 8 + begin
        self.own = self._numbers[mine : mine + count]

    def summed(self) -> list[int]:
        parts = (self._numbers[begin : begin + self._count].tolist() for begin in self._begins)
        return [sum(cells) for cells in zip(*parts, strict=True)]


_shared: SharedMemory | None = None
"""Set before the workers are forked: they find it here, and nothing of it could be handed to them otherwise."""


def begin(workers: int) -> SharedMemory:
    """Make the memory of this server, for the workers that are forked from this process."""
    global _shared
    _shared = SharedMemory.of(workers, SystemEntropy())
    return _shared


def join() -> Together | None:
    """Take a part of the server's memory for this worker; None in a process that no server was the parent of."""
    return _shared.join() if _shared is not None else None


def _nameless_file() -> int:
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
