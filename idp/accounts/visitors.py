"""Visitors: people whom another region vouches for, with an account here and no way of their own to sign in.

They are found by who they are at home and by nothing else: a name, a number or an address is what two people of two
regions can share. What is known of them is what their region told us, for what was asked.
Spec: NIST SP 800-63C-4 §3.8.1; OpenID Connect Core §5.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from idp.accounts.claim_rules import RULES, Unfit
from idp.accounts.person import Account, RealNameAssurance
from idp.accounts.registration import ACCOUNT_ID_BYTES
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, new_value

_NEEDED_BY = {"email_verified": "email", "phone_number_verified": "phone_number"}
_OF_VISITORS = "visitor "
"""Begins their user names. Nobody types it, and with a space in it nobody can have it by choice."""
_REAL_NAME_ASSURANCE = "real_name_assurance"
LATEST = 253_402_300_799
"""The last second of the year 9999, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class LinkedSubject:
    """Whose account it is when somebody comes from a region under this name."""

    home_iss: str
    home_sub: str
    account_id: str
    is_visitor: bool
    """Whether the account was made for them; else they linked one that they had here."""
    created_at: datetime
    last_used_at: datetime


class AlreadyLinked(Exception):
    """This person of that region has an account here already."""


class LinkOver(Exception):
    """Nothing waits to be linked under this name in this session: too late, answered, or somebody else's."""


class LinkedSubjectStore(Protocol):
    """(home region, subject there) → account here, written once."""

    def find(self, home_iss: str, home_sub: str) -> LinkedSubject | None:
        """Whose account it is; None at a first arrival."""
        ...

    def arrive(self, home_iss: str, home_sub: str, candidate: Account, *, now: datetime) -> LinkedSubject:
        """Who comes under this name; with `candidate` as their account when nobody has come before.

        Atomic: concurrent callers all get the same account, and no other one is left behind.
        """
        ...

    def link(self, home_iss: str, home_sub: str, account_id: str, *, now: datetime) -> bool:
        """Let the name lead to an account that its owner has here. False when it leads to one already."""
        ...

    def unlink(self, home_iss: str, home_sub: str, account_id: str) -> bool:
        """Let the name lead to this account no more. False when it did not, or when the account was made for it."""
        ...

    def of(self, account_id: str) -> tuple[LinkedSubject, ...]:
        """Who comes into this account from elsewhere, the first first."""
        ...

    def use(self, home_iss: str, home_sub: str, *, now: datetime) -> None:
        """Remember that it was used."""
        ...


def is_visitor(username: str) -> bool:
    """Whether this is the user name of an account that was made for a visitor."""
    return username.startswith(_OF_VISITORS)


def new_visitor(entropy: Entropy, *, now: datetime) -> Account:
    """An account for a first arrival, not yet stored, of which nothing is known."""
    account_id = new_value(Kind.ACCOUNT, entropy, ACCOUNT_ID_BYTES)
    return Account(
        id=account_id,
        username=f"{_OF_VISITORS}{account_id}",
        claims={},
        assurance=RealNameAssurance.SELF_ASSERTED,
        is_active=True,
        created_at=now,
    )


def refreshed(
    account: Account, asked: tuple[str, ...], told: Mapping[str, Any], *, now: datetime
) -> tuple[Account, tuple[str, ...]]:
    """The visitor as their region describes them today, and the names of claims that cannot be kept.

    Of what was asked nothing older stays; what was not asked this time stays as it was.
    """
    before = {claim: value for claim, value in account.claims.items() if claim not in asked}
    kept, unfit = _readable({claim: told[claim] for claim in asked if claim in told}, now.date())
    claims = before | kept
    for claim, needed in _NEEDED_BY.items():
        if needed not in claims:
            claims.pop(claim, None)
    assurance = RealNameAssurance(claims.get(_REAL_NAME_ASSURANCE, RealNameAssurance.SELF_ASSERTED))
    return replace(account, claims=claims, assurance=assurance), unfit


def _readable(told: Mapping[str, Any], today: date) -> tuple[dict[str, Any], tuple[str, ...]]:
    kept: dict[str, Any] = {}
    for claim, value in told.items():
        try:
            kept[claim] = _OWN_RULES[claim](value) if claim in _OWN_RULES else RULES[claim](value, today)
        except (Unfit, KeyError):
            continue
    return kept, tuple(claim for claim in told if claim not in kept)


def _assurance(value: Any) -> int:
    if type(value) is not int or value not in tuple(RealNameAssurance):
        raise Unfit("must be a step of the ladder")
    return value


def _second(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= LATEST:
        raise Unfit("must be a number of seconds")
    return value


_OWN_RULES = {_REAL_NAME_ASSURANCE: _assurance, "updated_at": _second}
"""What we keep ourselves of our own people, another region keeps of its own."""
