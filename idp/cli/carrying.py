"""Carrying errands while the region is served: one thread in every worker that gives them out, and one for each."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Set
from datetime import timedelta
from queue import SimpleQueue
from typing import Generic, Protocol, TypeVar

from idp.signals.telling import Reply

EVERY = timedelta(seconds=1)
"""How long an errand waits at most before some worker looks; the worker that saw its cause looks at once."""
AFTER_TROUBLE = timedelta(seconds=30)
MOST_AT_ONCE = 32
"""Errands under way in one worker. Each is a thread that waits for a mini-app, at most a few seconds."""

log = logging.getLogger("idp.telling")


class Errand(Protocol):
    """Something to be brought to a mini-app."""

    @property
    def client_id(self) -> str: ...


E = TypeVar("E", bound=Errand)
E_in = TypeVar("E_in", bound=Errand, contravariant=True)


class Work(Protocol[E]):
    """Where errands come from."""

    @property
    def bell(self) -> threading.Event: ...
    def hurry(self) -> None: ...
    def errands(self, room: int, busy: Set[str]) -> tuple[E, ...]: ...
    def settle(self, errand: E, reply: Reply, /) -> None: ...


class Posts(Protocol[E_in]):
    """Who goes there."""

    def carry(self, errand: E_in, /) -> Reply: ...


class Carrier(Generic[E]):
    """Gives errands out and takes them back. The database is touched by its own thread alone."""

    def __init__(self, work: Work[E], posts: Posts[E]) -> None:
        self._work, self._posts = work, posts
        self._ended: SimpleQueue[tuple[E, Reply]] = SimpleQueue()
        self._under_way: Counter[str] = Counter()

    def run(self) -> None:
        """Go on for ever."""
        bell = self._work.bell
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
            for errand in self._work.errands(room, frozenset(self._under_way)):
                self._send_out(errand)
        except (StorageError, ProtocolError) as error:
            log.warning("could not tell mini-apps what has ended", extra={"detail": str(error)})
            return False
        return True

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    def _send_out(self, errand: E) -> None:
        self._under_way[errand.client_id] += 1
        threading.Thread(target=self._carry, args=(errand,), name="telling an app", daemon=True).start()

    def _carry(self, errand: E) -> None:
        reply = Reply.NO_ANSWER
        try:
            reply = self._posts.carry(errand)
        finally:
            self._ended.put((errand, reply))
            self._work.hurry()

    def _settle(self, errand: E, reply: Reply) -> None:
        self._under_way[errand.client_id] -= 1
        # A mini-app with nothing under way is not busy, and a counter remembers a zero.
        self._under_way += Counter()
        self._work.settle(errand, reply)
