"""How secrets that must be read again are kept: sealed, each for one purpose and one owner."""

from __future__ import annotations

from typing import Protocol


class BrokenSeal(Exception):
    """Not sealed by this provider for this purpose and context, or changed since."""


class Seal(Protocol):
    """Encrypts and authenticates."""

    def seal(self, purpose: str, context: str, plaintext: bytes) -> bytes:
        """Seal `plaintext`. `context` names its owner: moved to another owner's row it cannot be opened."""
        ...

    def open(self, purpose: str, context: str, sealed: bytes) -> bytes:
        """The plaintext. Raises: BrokenSeal."""
        ...
