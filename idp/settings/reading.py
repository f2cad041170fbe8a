"""From variables and a file to settings, or to every problem with them."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idp.settings.safety import unsafe
from idp.settings.spelling import READERS
from idp.settings.values import Settings

_NOT_SETTINGS = frozenset({"IDP_SETTINGS_FILE", "IDP_STAFF_TOKEN_FILE"})
"""Where the settings are, and who runs a command: neither is about the installation."""
_NEEDED = {
    "issuer": "the provider's public address, such as https://id.example.org",
    "secret_key": "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
}


class BadSettings(Exception):
    """The settings cannot be used; `problems` has one sentence for each fault."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read, check and freeze the settings.

    Raises: BadSettings — with every problem found.
    """
    environment = os.environ if environment is None else environment
    problems: list[str] = []
    written = _from_file(environment, problems) | _from_environment(environment, problems)
    values = _read(written, problems)
    if not _NEEDED.keys() <= values.keys():
        raise BadSettings(tuple(problems))
    settings = Settings(**values)
    problems.extend(unsafe(settings))
    if problems:
        raise BadSettings(tuple(problems))
    return settings


def _read(written: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in written.items():
        try:
            values[name] = READERS[name](value)
        except (ValueError, TypeError, KeyError) as error:
            problems.append(f"{_variable(name)}: {error}")
    for name, help_text in _NEEDED.items():
        if name not in written:
            problems.append(f"{_variable(name)} is not set: {help_text}")
    return values


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable, value in environment.items():
        if variable.startswith("IDP_") and variable not in _NOT_SETTINGS:
            _find(variable.removeprefix("IDP_").lower(), value, variable, found, problems)
    return found


def _from_file(environment: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    path = environment.get("IDP_SETTINGS_FILE")
    if not path:
        return {}
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"IDP_SETTINGS_FILE cannot be read: {error}")
        return {}
    found: dict[str, Any] = {}
    for name, value in content.items():
        _find(name, value, f"{name} in {path}", found, problems)
    return found


def _find(name: str, value: Any, place: str, found: dict[str, Any], problems: list[str]) -> None:
    """Put one written value into `found`; a secret key may be named by its file."""
    if name == "secret_key_file":
        _read_secret_file(str(value), found, problems)
    elif name in READERS:
        found[name] = value
    else:
        problems.append(f"{place} is not a setting")


def _read_secret_file(path: str, found: dict[str, Any], problems: list[str]) -> None:
    try:
        found["secret_key"] = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        problems.append(f"IDP_SECRET_KEY_FILE cannot be read: {error}")


def _variable(name: str) -> str:
    return f"IDP_{name.upper()}"
