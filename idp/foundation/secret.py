"""A value that must not be printed, logged or compared carelessly."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Holds a secret string: prints as `Secret(…)`, compares in constant time, gives itself up only on `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._value

    def matches(self, other: str) -> bool:
        """Whether `other` is the same secret, in time that does not depend on where they differ."""
        return hmac.compare_digest(self._value.encode(), other.encode())

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("compare secrets with Secret.matches")

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self._value)
