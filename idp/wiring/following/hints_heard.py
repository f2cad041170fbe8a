"""What others say of newer bundles, for the thread that pulls. Requests speak, the thread listens."""

from __future__ import annotations

import threading
from datetime import timedelta

from idp.trustlist.bundle import Bundle
from idp.trustlist.pulling import QUESTIONS, is_worth_asking


class HintsHeard:
    """Nobody signed them: whatever is said costs the hub a few questions, a second apart."""

    def __init__(self) -> None:
        self._woken = threading.Event()
        self._seq = self._questions_left = 0

    @property
    def is_due(self) -> bool:
        """Whether the hub is to be asked."""
        return self._woken.is_set()

    def hear(self, seq: int) -> None:
        """Somebody says that there is a bundle of this number."""
        self._seq, self._questions_left = max(self._seq, seq), QUESTIONS
        self._woken.set()

    def wait(self, patience: timedelta) -> bool:
        """Wait until somebody speaks, for so long at most; whether anybody did."""
        is_due = self._woken.wait(patience.total_seconds())
        # Before the question: what is said while we ask may be of something newer still.
        self._woken.clear()
        return is_due

    def asked(self, held: Bundle | None) -> None:
        """The hub was asked. Ask again when what was said is still to come.

        Each process of a hub looks once a second for what another has published, so the one that answered may not have
        known yet. Without another question the news would wait for the next poll.
        """
        self._questions_left -= 1
        if self._questions_left > 0 and is_worth_asking(self._seq, held):
            self._woken.set()
        elif not self.is_due:
            # It was a lie, or it has come. A number out of the air is not to raise the price of later hints.
            self._seq = 0
