"""JSON that cannot be changed, for what many threads are given and none may spoil for the others.

Still `dict` and `list` to whoever reads it or writes it out; a copy (`copy.deepcopy`) can be changed again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn


def frozen(value: Any) -> Any:
    """The same JSON, unchangeable all the way down."""
    if isinstance(value, dict):
        return FrozenDict({name: frozen(member) for name, member in value.items()})
    if isinstance(value, list):
        return FrozenList([frozen(member) for member in value])
    return value


def thawed(value: Any) -> Any:
    """A copy that can be changed."""
    if isinstance(value, dict):
        return {name: thawed(member) for name, member in value.items()}
    return [thawed(member) for member in value] if isinstance(value, list) else value


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError("shared by everybody: change a copy")


def _unchangeable(*names: str) -> Callable[[type], type]:
    def close(kind: type) -> type:
        for name in names:
            setattr(kind, name, _refuse)
        return kind

    return close


@_unchangeable("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update")
class FrozenDict(dict[str, Any]):
    """A JSON object."""

    __slots__ = ()

    def __deepcopy__(self, _: dict[int, Any]) -> dict[str, Any]:
        copied: dict[str, Any] = thawed(self)
        return copied


@_unchangeable(
    "__setitem__",
    "__delitem__",
    "__iadd__",
    "__imul__",
    "append",
    "clear",
    "extend",
    "insert",
    "pop",
    "remove",
    "reverse",
    "sort",
)
class FrozenList(list[Any]):
    """A JSON array."""

    __slots__ = ()

    def __deepcopy__(self, _: dict[int, Any]) -> list[Any]:
        copied: list[Any] = thawed(self)
        return copied
