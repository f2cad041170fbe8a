"""Claims in the words of the person they are about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import format_date

from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext

_LABELS = {
    "name": lazy_gettext("Full name"),
    "family_name": lazy_gettext("Family name"),
    "given_name": lazy_gettext("Given name"),
    "middle_name": lazy_gettext("Middle name"),
    "nickname": lazy_gettext("Nickname"),
    "preferred_username": lazy_gettext("User name"),
    "profile": lazy_gettext("Profile page"),
    "picture": lazy_gettext("Picture"),
    "website": lazy_gettext("Website"),
    "gender": lazy_gettext("Gender"),
    "birthdate": lazy_gettext("Date of birth"),
    "zoneinfo": lazy_gettext("Time zone"),
    "locale": lazy_gettext("Language"),
    "updated_at": lazy_gettext("When this was last changed"),
    "email": lazy_gettext("E-mail address"),
    "email_verified": lazy_gettext("Whether the e-mail address was checked"),
    "phone_number": lazy_gettext("Telephone number"),
    "phone_number_verified": lazy_gettext("Whether the telephone number was checked"),
    "address": lazy_gettext("Postal address"),
    "real_name_assurance": lazy_gettext("How well your real name was checked"),
}

_ASSURANCE = {
    0: lazy_gettext("As you gave it; not checked"),
    1: lazy_gettext("Checked against an identity document"),
    2: lazy_gettext("Checked by an officer in person"),
}

_GENDERS = {"female": lazy_gettext("female"), "male": lazy_gettext("male")}


def claim_label(claim: str) -> str:
    """What the claim is called."""
    return str(_LABELS.get(claim, claim))


def claim_value(claim: str, person: Mapping[str, Any]) -> str:
    """What the app would learn, readable; says so when there is nothing."""
    value = person.get(claim)
    if value is None or value == "":
        return _("not given")
    return _readable(claim, value)


def assurance_words(level: int) -> str:
    """The real-name assurance level in words."""
    return str(_ASSURANCE[level])


def default_purpose() -> str:
    """Said when the app registered no reason; an honest blank."""
    return _("The app gave no reason.")


def _readable(claim: str, value: Any) -> str:
    match claim:
        case "real_name_assurance":
            return assurance_words(value)
        case "updated_at":
            return str(format_date(datetime.fromtimestamp(value, UTC), "long"))
        case "birthdate":
            return _birthdate(str(value))
        case "gender":
            return str(_GENDERS.get(value, value))
        case "address":
            return str(value.get("formatted") or ", ".join(str(part) for part in value.values()))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _birthdate(value: str) -> str:
    """A full date in the reader's way of writing; a year alone, or a date without a year, as it is (§5.1)."""
    try:
        return str(format_date(date.fromisoformat(value), "long"))
    except ValueError:
        return value
