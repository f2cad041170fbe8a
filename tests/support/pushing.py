"""The pusher of one worker, a round at a time."""

from __future__ import annotations

from collections.abc import Callable

from idp.cli.telling_apps import Pusher
from tests.support.provider import Provider
from tests.support.waiting import wait_until


class Pushing:
    """Pushes what waits in the provider's database, as a process of its own would."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._pusher = Pusher(provider.services)

    def until(self, is_enough: Callable[[], bool]) -> None:
        """Go on until it came to that. Raises: AssertionError."""
        assert self._pusher.round()
        wait_until(is_enough, meanwhile=self._go_on)

    def _go_on(self) -> None:
        bell = self._provider.services.signals.pushing.bell
        assert self._pusher.round()
        bell.wait(0.05)
        bell.clear()

    def until_idle(self) -> None:
        """Go on until nothing is due and nothing under way."""

        def is_done() -> bool:
            due = self._provider.services.stores.event_pushes.due(1, now=self._provider.clock.now())
            return not due and self._pusher.is_idle

        self.until(is_done)
