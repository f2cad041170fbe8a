"""What a person agreed to share with a mini-app, and may withdraw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Consent:
    """One agreement in force, between one person and one client."""

    account_id: str
    client_id: str
    scopes: frozenset[str]
    claims: frozenset[str]
    agreed_at: datetime


class ConsentStore(Protocol):
    """Agreements, one row for each (account, client)."""

    def agree(
        self,
        account_id: str,
        client_id: str,
        scopes: frozenset[str],
        claims: frozenset[str],
        *,
        now: datetime,
    ) -> None:
        """Add to what was agreed before; replaces a withdrawn agreement. Durable when it returns."""
        ...

    def list_of(self, account_id: str) -> tuple[Consent, ...]:
        """Agreements in force, latest first."""
        ...

    def withdraw(self, account_id: str, client_id: str, *, now: datetime) -> bool:
        """End the agreement and every grant made under it, offline ones too, in one transaction.

        True when this call withdrew it.
        """
        ...
