"""The people of the demonstration: citizens of East and of West, with passwords that everybody may know.

They exist in demo mode alone, and stand in `people.toml`. Their account ids are fixed, so that a real region can tell
that they got in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idp.accounts.person import AccountStore, RealNameAssurance

ID_PREFIX = "acct_demo_"
TOWNS = {"east": ("东区", "晨光市"), "west": ("西区", "锦屏市")}
"""Region and town of an address, by the key of the region."""


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast."""

    username: str
    password: str
    about: str
    """Who they are, in a few words, for the list that `idp demo` prints."""
    assurance: RealNameAssurance
    claims: Mapping[str, Any] = field(repr=False)
    totp_seed: bytes | None = field(default=None, repr=False)
    is_active: bool = True

    @property
    def account_id(self) -> str:
        return ID_PREFIX + self.username

    @property
    def name(self) -> str:
        return str(self.claims["name"])


def _person(
    key: str,
    username: str,
    password: str,
    about: str,
    assurance: str,
    claims: dict[str, Any],
    address: tuple[str, str] | None = None,
    totp_seed: str | None = None,
    is_active: bool = True,
) -> Person:
    known = claims if address is None else {**claims, "address": _address(key, *address)}
    level = RealNameAssurance[assurance.upper()]
    seed = None if totp_seed is None else totp_seed.encode()
    return Person(username, password, about, level, known, seed, is_active)


def _address(key: str, street: str, postal_code: str) -> dict[str, str]:
    region, locality = TOWNS[key]
    return {
        "formatted": f"{region}{locality}{street}",
        "street_address": street,
        "locality": locality,
        "region": region,
        "postal_code": postal_code,
        "country": "CN",
    }


def _read() -> dict[str, tuple[Person, ...]]:
    cast = tomllib.loads(Path(__file__).with_name("people.toml").read_text(encoding="utf-8"))
    return {key: tuple(_person(key, **one) for one in cast[key]) for key in TOWNS}


PEOPLE_OF: Mapping[str, tuple[Person, ...]] = _read()
"""By the key of their region."""
EAST_PEOPLE, WEST_PEOPLE = PEOPLE_OF["east"], PEOPLE_OF["west"]
PEOPLE = (*EAST_PEOPLE, *WEST_PEOPLE)
ANNA, CHEN, SUN = EAST_PEOPLE[:3]
"""Those that others call by name."""


def live_here(accounts: AccountStore) -> bool:
    """Whether any of them has an account in this database."""
    return any(accounts.find_by_id(person.account_id) for person in PEOPLE)
