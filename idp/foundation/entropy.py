"""The one place that draws random numbers. Everything else takes `entropy` as an argument."""

from __future__ import annotations

import secrets
from typing import Protocol


class Entropy(Protocol):
    """A source of unguessable values; tests may bring a repeatable one."""

    def token(self, size_bytes: int = 32) -> str:
        """`size_bytes` random bytes, base64url without padding."""
        ...

    def bytes(self, size_bytes: int) -> bytes:
        """`size_bytes` random bytes."""
        ...


class SystemEntropy:
    """The operating system's generator."""

    def token(self, size_bytes: int = 32) -> str:
        return secrets.token_urlsafe(size_bytes)

    def bytes(self, size_bytes: int) -> bytes:
        return secrets.token_bytes(size_bytes)
