"""Somebody at a page, for commands that say at which, and wait until something was done there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from idp.cli import at_page

Step = Callable[[], object]


class _Wait:
    """In the place of the time between two looks of a command: in the first such wait the step is done."""

    def __init__(self, step: Step) -> None:
        self._steps = [step]

    @property
    def is_over(self) -> bool:
        return not self._steps

    def total_seconds(self) -> float:
        while self._steps:
            self._steps.pop()()
        return 0.0


@contextmanager
def meanwhile(step: Step) -> Iterator[None]:
    """Do `step` once a command in the block has looked in vain and waits. It must come to that."""
    wait = _Wait(step)
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(at_page, "LOOK_EVERY", wait)
        yield
    assert wait.is_over, "no command waited for what is done at a page"
