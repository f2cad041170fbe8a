"""A natural person as the region knows them.

Claims are kept under their standard names (OpenID Connect Core §5.1) with the right types: `email_verified` and
`phone_number_verified` are booleans, `updated_at` is seconds since 1970, `address` is an object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol


class RealNameAssurance(IntEnum):
    """How well the region knows that the name is the person's real one; released as `real_name_assurance`."""

    SELF_ASSERTED = 0
    DOCUMENT_CHECKED = 1
    """An identity document's number was checked against its register."""
    IN_PERSON = 2
    """An officer compared the person with the document."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account."""

    id: str
    username: str
    claims: Mapping[str, Any]
    """Every claim with a value, `real_name_assurance` and `updated_at` included; never `sub`."""
    assurance: RealNameAssurance
    is_active: bool
    created_at: datetime

    @property
    def name(self) -> str:
        """What pages call the person."""
        return str(self.claims.get("name", self.username))


class UsernameTaken(ValueError):
    """Another account has this username, e-mail address or telephone number as its identifier."""


class AccountStore(Protocol):
    """People, and the identifiers they sign in with."""

    def add(self, account: Account, identifiers: tuple[str, ...]) -> None:
        """Keep a new account. `identifiers` are normalised (`names.normalise_identifier`).

        Raises: UsernameTaken.
        """
        ...

    def find_by_id(self, account_id: str) -> Account | None:
        """The account, active or not."""
        ...

    def find_by_identifier(self, identifier: str) -> Account | None:
        """The account that signs in with this normalised identifier."""
        ...

    def search(self, after: str, limit: int) -> tuple[Account, ...]:
        """Accounts in order of username, from just behind `after`."""
        ...

    def set_claims(self, account: Account, identifiers: tuple[str, ...]) -> None:
        """Replace what is known of a person, and the identifiers that follow from it, in one transaction.

        Raises: UsernameTaken.
        """
        ...

    def set_active(self, account_id: str, active: bool, *, now: datetime) -> bool:
        """Switch an account on or off. Off also ends its sessions and grants, in one transaction.

        True when this call changed it.
        """
        ...
