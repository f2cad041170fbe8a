"""The board that figures are counted on: of a fixed size, in memory that several processes may share."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from idp.foundation.figures import OTHER, Family


class Cells(Protocol):
    """Numbers that one process writes and others may read."""

    @property
    def own(self) -> memoryview:
        """This process's, each a whole number of 64 bits."""
        ...

    def summed(self) -> list[int]:
        """Over all processes, those that ended included: never less than before."""
        ...


class Memory(Protocol):
    """Where boards are laid out, one after the other and in every process in the same order."""

    def take(self, count: int) -> Cells:
        """The next `count` cells."""
        ...


class Board:
    """What was counted. Counting takes under a microsecond and never fails; reading sums over all processes."""

    def __init__(self, families: Sequence[Family], memory: Memory) -> None:
        self.families = tuple(families)
        self._places, count = _laid_out(self.families)
        self._cells = memory.take(count)
        self._own = self._cells.own
        # Adding is a read and a write; threads of one process would lose counts between the two.
        self._lock = threading.Lock()

    def count(self, family: Family, *values: str) -> None:
        """One more. A value that is not listed counts as `other`, in the families that have it."""
        place = self._place(family, values)
        with self._lock:
            self._own[place] += 1

    def observe(self, family: Family, seconds: float, *values: str) -> None:
        """One more in a histogram of durations."""
        place = self._place(family, values)
        bucket = place + bisect_left(family.bounds, seconds)
        total = place + len(family.bounds) + 1
        with self._lock:
            self._own[bucket] += 1
            # In microseconds: cells hold whole numbers.
            self._own[total] += int(seconds * 1_000_000)

    def read(self) -> Reading:
        """Everything counted so far."""
        return Reading(self.families, self._places, self._cells.summed())

    def _place(self, family: Family, values: tuple[str, ...]) -> int:
        place = self._places.get((family.name, *values))
        if place is None:
            known = (
                v if v in label.values else OTHER for v, label in zip(values, family.labels, strict=True)
            )
            place = self._places[family.name, *known]
        return place


@cache
def _laid_out(families: tuple[Family, ...]) -> tuple[Mapping[tuple[str, ...], int], int]:
    """Where each combination's cells begin, and how many cells there are; the same for every board of a kind."""
    places = {}
    at = 0
    for family in families:
        for combination in family.combinations():
            places[family.name, *combination] = at
            at += family.cells
    return places, at


@dataclass(frozen=True, slots=True)
class Reading:
    """What stood on a board at one moment."""

    families: tuple[Family, ...]
    places: Mapping[tuple[str, ...], int]
    numbers: Sequence[int]

    def of(self, family: Family, *values: str) -> Sequence[int]:
        """The cells of one combination."""
        place = self.places[family.name, *values]
        return self.numbers[place : place + family.cells]

    def since(self, before: Sequence[int]) -> Reading:
        """What came on top of an earlier reading's numbers; all of it where the board was laid out otherwise."""
        if len(before) != len(self.numbers):
            return self
        added = [now - then for now, then in zip(self.numbers, before, strict=True)]
        return Reading(self.families, self.places, added)


class OwnMemory:
    """Cells of this process alone: for whoever runs without other workers beside it."""

    def take(self, count: int) -> Cells:
        return _OwnCells(count)


class _OwnCells:
    def __init__(self, count: int) -> None:
        self.own = memoryview(bytearray(8 * count)).cast("Q")

    def summed(self) -> list[int]:
        return self.own.tolist()


@dataclass(frozen=True, slots=True)
class Together:
    """What the processes of one server share."""

    memory: Memory
    is_stopping: Callable[[], bool]
    """Whether the server has been told to stop."""
    run: str
    """Names this run of the server: what its boards say is added to the hours once."""
