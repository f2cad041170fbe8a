"""Telling mini-apps of sign-outs while the region is served: one thread in every worker, and one for each errand."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from datetime import timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING

from idp.settings import Role
from idp.signals.telling import Errand, Reply

if TYPE_CHECKING:
    from idp.wiring import Services

EVERY = timedelta(seconds=1)
"""How long a sign-out waits at most before some worker looks; the worker that saw it looks at once."""
AFTER_TROUBLE = timedelta(seconds=30)
MOST_AT_ONCE = 32
"""Errands under way in one worker. Each is a thread that waits for a mini-app, at most a few seconds."""

log = logging.getLogger("idp.telling")


def start(services: Services) -> None:
    """Begin. A hub signs nobody in, and so has nobody to tell."""
    if services.settings.role is Role.HUB:
        return
    threading.Thread(target=Teller(services).run, name="telling", daemon=True).start()


class Teller:
    """Gives errands out and takes them back. The database is touched by its own thread alone."""

    def __init__(self, services: Services) -> None:
        self._telling = services.telling
        self._posts = services.logout_posts
        self._ended: SimpleQueue[tuple[Errand, Reply]] = SimpleQueue()
        self._under_way: Counter[str] = Counter()

    def run(self) -> None:
        """Go on for ever."""
        bell = self._telling.bell
        while True:
            rest = EVERY if self.round() else AFTER_TROUBLE
            bell.wait(rest.total_seconds())
            bell.clear()

    def round(self) -> bool:
        """One look; False when the database or the keys could not be used. What waits goes on waiting there."""
        from idp.oidc.errors import ProtocolError
        from idp.storage.failures import StorageError

        try:
            while not self._ended.empty():
                self._settle(*self._ended.get())
            room = MOST_AT_ONCE - self._under_way.total()
            for errand in self._telling.errands(room, frozenset(self._under_way)):
                self._send_out(errand)
        except (StorageError, ProtocolError) as error:
            log.warning("could not tell mini-apps of sign-outs", extra={"detail": str(error)})
            return False
        return True

    def _send_out(self, errand: Errand) -> None:
        self._under_way[errand.client_id] += 1
        threading.Thread(target=self._carry, args=(errand,), name="telling an app", daemon=True).start()

    def _carry(self, errand: Errand) -> None:
        reply = Reply.NO_ANSWER
        try:
            reply = self._posts.carry(errand)
        finally:
            self._ended.put((errand, reply))
            self._telling.hurry()

    def _settle(self, errand: Errand, reply: Reply) -> None:
        self._under_way[errand.client_id] -= 1
        # A mini-app with nothing under way is not busy, and a counter remembers a zero.
        self._under_way += Counter()
        self._telling.settle(errand, reply)
