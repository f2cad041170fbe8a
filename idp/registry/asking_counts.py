"""How often people were asked to agree to what a mini-app wants, and answered: counted in the memory of one process.

Nobody waits for it and nothing is written while somebody signs in; what was counted is taken away once a minute and
kept by day. Whoever closes the page writes nothing anywhere, so this is the only place that knows of them.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping

from idp.registry.app_store import AppFigure

MOST_APPS = 10_000
"""That are counted between two turns; more are not counted before the next."""
REMEMBERED = 4_096
"""Pages shown lately: one that is loaded again is not counted again."""

Counts = Mapping[tuple[str, AppFigure], int]


class AskingCounts:
    """One for a process. Bounded, whoever asks for whatever."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, AppFigure]] = Counter()
        self._shown: dict[str, None] = {}
        self._lock = threading.Lock()

    def asked(self, client_id: str, transaction_id: str) -> bool:
        """Somebody is shown the page. False: it was shown to them before in this transaction, as far as is known."""
        with self._lock:
            if transaction_id in self._shown:
                return False
            if len(self._shown) >= REMEMBERED:
                self._shown.pop(next(iter(self._shown)))
            self._shown[transaction_id] = None
            self._add(client_id, AppFigure.ASKED)
        return True

    def answered(self, client_id: str) -> None:
        """They agreed, or did not."""
        with self._lock:
            self._add(client_id, AppFigure.ANSWERED)

    def take(self) -> Counts:
        """What was counted since this was last called."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken

    def put_back(self, taken: Counts) -> None:
        """What could not be kept is counted again with the rest."""
        with self._lock:
            self._counts.update(taken)

    def _add(self, client_id: str, figure: AppFigure) -> None:
        if (client_id, figure) in self._counts or len(self._counts) < 2 * MOST_APPS:
            self._counts[client_id, figure] += 1
