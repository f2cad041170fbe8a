"""Dynamic time warping: how far two pieces of speech are apart when one may be spoken faster than the other.

Spec: Sakoe and Chiba, 1978, the symmetric form, normalised by both lengths.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from idp.adapters.numpy_sound import Array


def distances(ours: Sequence[Array], theirs: Sequence[Array]) -> Array:
    """The distance of each of `ours` (rows) from each of `theirs` (columns).

    All pairs walk together, a diagonal at a time, so that numpy does the work and not the interpreter.
    Memory and time grow with the longest of each: the caller bounds them.
    """
    our_lengths, their_lengths = [len(one) for one in ours], [len(one) for one in theirs]
    rows, columns = max(our_lengths), max(their_lengths)
    steps = _steps(ours, theirs, rows, columns)
    cost = np.full((len(steps), rows + 1, columns + 1), np.inf, np.float32)
    cost[:, 0, 0] = 0
    for diagonal in range(2, rows + columns + 1):
        row = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        column = diagonal - row
        step = steps[:, row - 1, column - 1]
        aside = np.minimum(cost[:, row - 1, column], cost[:, row, column - 1]) + step
        cost[:, row, column] = np.minimum(aside, cost[:, row - 1, column - 1] + 2 * step)
    ends = np.repeat(our_lengths, len(theirs)), np.tile(their_lengths, len(ours))
    ways = cost[np.arange(len(steps)), *ends] / (ends[0] + ends[1])
    result: Array = ways.reshape(len(ours), len(theirs)).astype(np.float64)
    return result


def _steps(ours: Sequence[Array], theirs: Sequence[Array], rows: int, columns: int) -> NDArray[np.float32]:
    """The distance of every frame from every frame, one table a pair, padded to the same size."""
    steps = np.zeros((len(ours) * len(theirs), rows, columns), np.float32)
    for number, table in enumerate(steps):
        one, other = ours[number // len(theirs)], theirs[number % len(theirs)]
        squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
        table[: len(one), : len(other)] = np.sqrt(np.maximum(0, squares))
    return steps
