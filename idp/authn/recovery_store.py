"""Where recoveries are kept: the port, and what it promises when several reach for one recovery."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from idp.authn.recovery import Recovery


class RecoveryOver(Exception):
    """It was finished, stopped, replaced or has lapsed, here or in another window."""


class RecoveryStore(Protocol):
    """Recoveries. Each change is atomic and demands the step it follows; of concurrent callers one wins."""

    def add(self, recovery: Recovery, digest: bytes | None) -> None:
        """Keep a new one; `digest` is of the value that its browser holds."""
        ...

    def find(self, digest: bytes) -> Recovery | None:
        """The one that a browser holds, lapsed and closed ones too."""
        ...

    def find_by_id(self, recovery_id: str) -> Recovery | None:
        """The one with this public handle."""
        ...

    def find_open(self, account_id: str, *, now: datetime) -> Recovery | None:
        """The one of an account that waits or is ready. There is at most one."""
        ...

    def find_by_stop_key(self, stop_hash: bytes, *, now: datetime) -> Recovery | None:
        """The open one that a notice's link can stop."""
        ...

    def list_open(self, limit: int, *, now: datetime) -> tuple[Recovery, ...]:
        """Those that somebody could still finish, without those in which too little is proved; the latest first."""
        ...

    def move(self, before: Recovery, after: Recovery, *, now: datetime) -> bool:
        """Take one step. False when it is no longer where it was."""
        ...

    def wait(self, before: Recovery, after: Recovery, stop_hash: bytes, *, now: datetime) -> bool:
        """Begin the waiting, unless another recovery of the account waits or is ready."""
        ...

    def approve(self, before: Recovery, after: Recovery, code_hash: bytes, *, now: datetime) -> bool:
        """Note the second officer and the digest of the code that the person is handed."""
        ...

    def take_over(
        self, account_id: str, code_hash: bytes, digest: bytes, *, expires_at: datetime, now: datetime
    ) -> Recovery | None:
        """Use up a counter's code and give its recovery to a browser; whatever else waited for the account ends."""
        ...

    def finish(self, recovery: Recovery, *, now: datetime) -> bool:
        """Use it up. True once, and only when its waiting is over and its account active.

        In the same transaction every session, code and grant of the account ends, and every other recovery.
        """
        ...

    def cancel(self, recovery_id: str, *, now: datetime) -> bool:
        """Stop it. True when this call did it."""
        ...

    def count_wrong_answer(self, recovery_id: str) -> int:
        """Count a wrong answer, committed at once; returns the count so far."""
        ...
