"""Reading single parameters out of client metadata that somebody else wrote."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """What is wrong with a registration, in the words of RFC 7591 §3.2.2."""

    METADATA = "invalid_client_metadata"
    REDIRECT_URI = "invalid_redirect_uri"


class Unusable(Exception):
    """A parameter that we cannot use; the message says why, without quoting it."""

    def __init__(self, message: str, code: Fault = Fault.METADATA) -> None:
        super().__init__(message)
        self.code = code


def text(metadata: Mapping[str, Any], name: str) -> str | None:
    """A parameter that is a string. Raises: Unusable."""
    value = metadata.get(name)
    if name in metadata and not isinstance(value, str):
        raise Unusable(f"{name} must be a string")
    return value


def flag(metadata: Mapping[str, Any], name: str) -> bool:
    """A parameter that is true or false; false when it is not there. Raises: Unusable."""
    value = metadata.get(name, False)
    if not isinstance(value, bool):
        raise Unusable(f"{name} must be true or false")
    return value


def strings(metadata: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A parameter that is an array of strings, without repetitions; empty when not there. Raises: Unusable."""
    value = metadata.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unusable(f"{name} must be an array of strings")
    return tuple(dict.fromkeys(value))


def words(metadata: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A parameter that is a string of words. Raises: Unusable."""
    return tuple((text(metadata, name) or "").split())


def names(metadata: Mapping[str, Any], name: str) -> dict[str, str]:
    """A parameter in every language it is given in: language tag → text. Without a tag it counts as English.

    Raises: Unusable. Spec: OpenID Connect Registration §2.1.
    """
    found = {
        each.partition("#")[2]: text(metadata, each) or "" for each in metadata if each.startswith(f"{name}#")
    }
    plain = text(metadata, name)
    # An explicit English one says it better.
    return {**({"en": plain} if plain else {}), **found}
