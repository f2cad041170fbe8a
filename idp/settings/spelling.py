"""How the value of a setting is written, by its type: as text in a variable, or as TOML has it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from idp.foundation.secret import Secret
from idp.settings.values import DatabaseSync, Mode, Network, Role, Settings


class Unreadable(ValueError):
    """A value is not written as its type wants it; the text says how to write it."""


def _duration(value: Any) -> timedelta:
    """Seconds as a number, or a number with s, m, h or d: `90`, `15m`, `12h`."""
    text = str(value).strip()
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86_400}.get(text[-1:], 0)
    number = text[:-1] if unit else text
    if not number.isdecimal() or int(number) == 0:
        raise Unreadable("write a length of time such as 90s, 15m, 12h or 30d")
    return timedelta(seconds=int(number) * (unit or 1))


def _number(value: Any) -> int:
    if not str(value).isdecimal() or int(value) == 0:
        raise Unreadable("write a whole number above zero")
    return int(value)


def _flag(value: Any) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    answer = known.get(str(value).lower())
    if answer is None:
        raise Unreadable("write true or false")
    return answer


def _texts(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(tag): str(text) for tag, text in value.items()}
    pairs = [part.partition("=") for part in str(value).split(",")]
    if not all(tag and text for tag, _, text in pairs):
        raise Unreadable("write language=name pairs: en=East,zh-CN=东区")
    return {tag.strip(): text.strip() for tag, _, text in pairs}


def _list(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else str(value).split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _networks(value: Any) -> tuple[Network, ...]:
    parts = value if isinstance(value, list) else str(value).split(",")
    return tuple(ipaddress.ip_network(str(part).strip()) for part in parts if str(part).strip())


_BY_TYPE: Mapping[str, Callable[[Any], Any]] = {
    "str": str,
    "Secret": Secret,
    "Mode": Mode,
    "Role": Role,
    "DatabaseSync": DatabaseSync,
    "Mapping[str, str]": _texts,
    "timedelta": _duration,
    "int": _number,
    "Path | None": Path,
    "tuple[Network, ...]": _networks,
    "tuple[str, ...]": _list,
    "bool": _flag,
}
READERS: Mapping[str, Callable[[Any], Any]] = {
    item.name: _BY_TYPE[item.type] for item in fields(Settings) if isinstance(item.type, str)
}
"""By the name of the setting. They raise ValueError, TypeError or KeyError for what they cannot read."""
