"""Waiting for what comes, with much patience: how long it takes on a busy machine says nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.02


def pause() -> None:
    """Let others go on."""
    time.sleep(PAUSE_SECONDS)


def wait_until(
    holds: Callable[[], bool],
    otherwise: Callable[[], str] = lambda: "it did not come to that",
    meanwhile: Callable[[], None] = pause,
) -> None:
    """Look until something holds, and do `meanwhile` in between. Raises: AssertionError, with what `otherwise` says."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, otherwise()
        meanwhile()
