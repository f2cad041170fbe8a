"""Counts what a request costs: hashes computed and statements run. Watches, and changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Any

import argon2
import pytest

from idp.storage.statement import Prepared


class Work:
    """What was done since the last `take`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.counted: Counter[str] = Counter()
        self._counting = Lock()
        self._watch(monkeypatch, argon2.PasswordHasher, "hash", "hashes")
        self._watch(monkeypatch, argon2.PasswordHasher, "verify", "hashes")
        self._watch(monkeypatch, Prepared, "rows", "statements")
        self._watch(monkeypatch, Prepared, "count", "statements")

    def take(self) -> dict[str, int]:
        """The counts, which begin afresh."""
        counted, self.counted = dict(self.counted), Counter()
        return counted

    def _watch(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, what: str) -> None:
        really: Callable[..., Any] = getattr(owner, name)

        def counting(*arguments: Any, **options: Any) -> Any:
            with self._counting:
                self.counted[what] += 1
            return really(*arguments, **options)

        monkeypatch.setattr(owner, name, counting)
