"""What each standard claim must look like. Spec: OpenID Connect Core §5.1, §5.1.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from idp.accounts.names import NameRefused, is_forbidden, normalise_name, normalise_phone

MAX_TEXT = 200
MAX_URL = 2_048
MAX_EMAIL = 254
MAX_ADDRESS_PART = 500
ADDRESS_PARTS = ("formatted", "street_address", "locality", "region", "postal_code", "country")

Rule = Callable[[Any, date], Any]
"""Takes a value and today's date, returns the value to keep, raises `Unfit`."""


class Unfit(ValueError):
    """A value that is not of the claim's type; says what is wanted and never what was given."""


def _person_name(value: Any, _today: date) -> str:
    if not isinstance(value, str):
        raise Unfit("must be text")
    try:
        return normalise_name(value)
    except NameRefused as error:
        raise Unfit(f"is not a name: {error.problem.value}") from error


def _text(value: Any, _today: date) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= MAX_TEXT or not _is_clean(text):
        raise Unfit(f"must be a text of 1 to {MAX_TEXT} characters, without control characters")
    return text


def _https_url(value: Any, _today: date) -> str:
    wanted = Unfit("must be an https address")
    if not isinstance(value, str) or len(value) > MAX_URL or not _is_one_word(value):
        raise wanted
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise wanted from error
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise wanted
    return value


def _email(value: Any, _today: date) -> str:
    wanted = Unfit("must be an e-mail address")
    if not isinstance(value, str) or len(value) > MAX_EMAIL or not _is_one_word(value):
        raise wanted
    local, _, domain = value.rpartition("@")
    labels = domain.split(".")
    if not local or "@" in local or any(not label or "-" in (label[0], label[-1]) for label in labels):
        raise wanted
    return value


def _phone(value: Any, _today: date) -> str:
    phone = normalise_phone(value) if isinstance(value, str) else None
    if phone is None:
        raise Unfit("must be a telephone number with its country code, such as +8613800000000")
    return phone


def _flag(value: Any, _today: date) -> bool:
    if not isinstance(value, bool):
        raise Unfit("must be true or false")
    return value


def _birthdate(value: Any, today: date) -> str:
    """`YYYY-MM-DD`; `0000-MM-DD` when the year is withheld; `YYYY` when only the year is known."""
    wanted = Unfit("must be a date as YYYY-MM-DD, YYYY or 0000-MM-DD, not in the future")
    if not isinstance(value, str):
        raise wanted
    shape = "".join("9" if character in "0123456789" else character for character in value)
    # A leap year stands in for the withheld one, so that 29 February is a birthday too.
    full = {"9999": f"{value}-01-01", "9999-99-99": value.replace("0000-", "2000-")}.get(shape, "")
    try:
        is_past = date.fromisoformat(full) <= today
    except ValueError as error:
        raise wanted from error
    if not is_past:
        raise wanted
    return value


def _zoneinfo(value: Any, _today: date) -> str:
    """By shape: which zones exist changes every year, and not every machine has the list."""
    parts = value.split("/") if isinstance(value, str) and value.isascii() and len(value) <= MAX_TEXT else []
    plain = [part.replace("_", "").replace("-", "").replace("+", "") for part in parts]
    if not plain or not all(part.isalnum() for part in plain) or (len(plain) == 1 and value != "UTC"):
        raise Unfit("must be a time zone such as Asia/Shanghai")
    return str(value)


def _locale(value: Any, _today: date) -> str:
    """A language tag. Spec: RFC 5646 §2.1, by shape; §5.1 allows an underscore."""
    parts = value.replace("_", "-").split("-") if isinstance(value, str) and value.isascii() else [""]
    if not (2 <= len(parts[0]) <= 8 and parts[0].isalpha()) or len(parts) > 8:
        raise Unfit("must be a language tag such as zh-CN")
    if not all(1 <= len(part) <= 8 and part.isalnum() for part in parts):
        raise Unfit("must be a language tag such as zh-CN")
    return str(value)


def _address(value: Any, _today: date) -> dict[str, str]:
    """Spec: OpenID Connect Core §5.1.1."""
    if not isinstance(value, Mapping) or not value or not set(value) <= set(ADDRESS_PARTS):
        raise Unfit("must be an object with some of " + ", ".join(ADDRESS_PARTS))
    if not all(_is_address_text(part) for part in value.values()):
        raise Unfit(f"must have texts of 1 to {MAX_ADDRESS_PART} characters")
    return {name: str(value[name]) for name in ADDRESS_PARTS if name in value}


def _is_address_text(part: Any) -> bool:
    # Only `formatted` and `street_address` have reason to, but any part may have several lines.
    return (
        isinstance(part, str)
        and 0 < len(part.strip()) <= MAX_ADDRESS_PART
        and all(_is_clean(line) for line in part.splitlines())
    )


def _is_clean(text: str) -> bool:
    return not any(is_forbidden(character) for character in text)


def _is_one_word(text: str) -> bool:
    return _is_clean(text) and text.split() == [text]


RULES: Mapping[str, Rule] = {
    "name": _person_name,
    "family_name": _person_name,
    "given_name": _person_name,
    "middle_name": _person_name,
    "nickname": _text,
    "preferred_username": _text,
    "profile": _https_url,
    "picture": _https_url,
    "website": _https_url,
    "gender": _text,
    "birthdate": _birthdate,
    "zoneinfo": _zoneinfo,
    "locale": _locale,
    "email": _email,
    "email_verified": _flag,
    "phone_number": _phone,
    "phone_number_verified": _flag,
    "address": _address,
}
"""Every claim that can be given; `updated_at` and `real_name_assurance` are kept by the provider itself."""
