"""What a person agreed to share with a mini-app, and may withdraw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.oidc.rp_display import RpDisplay


@dataclass(frozen=True, slots=True)
class Consent:
    """One agreement in force, between one person and one client."""

    account_id: str
    client_id: str
    scopes: frozenset[str]
    claims: frozenset[str]
    agreed_at: datetime


@dataclass(frozen=True, slots=True)
class ConsentOnBehalf:
    """One agreement in force, between one person and one mini-app of another region, whose broker asks for it."""

    account_id: str
    client_id: str
    """The broker."""
    display: RpDisplay
    """The mini-app as it was named when the person agreed."""
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

    def was_withdrawn(self, account_id: str, client_id: str) -> bool:
        """Whether the person took back what they agreed to, and has not agreed again since."""
        ...

    def withdraw(self, account_id: str, client_id: str, *, now: datetime) -> bool:
        """End the agreement and every grant made under it, offline ones too, in one transaction.

        True when this call withdrew it.
        """
        ...


class ConsentOnBehalfStore(Protocol):
    """Agreements with mini-apps of other regions, one row for each (account, broker, sector of the mini-app)."""

    def agree(
        self,
        account_id: str,
        client_id: str,
        display: RpDisplay,
        scopes: frozenset[str],
        claims: frozenset[str],
        *,
        now: datetime,
    ) -> None:
        """Add to what was agreed before; replaces a withdrawn agreement. Durable when it returns."""
        ...

    def list_of(self, account_id: str) -> tuple[ConsentOnBehalf, ...]:
        """Agreements in force, latest first."""
        ...

    def withdraw(self, account_id: str, client_id: str, sector: str, *, now: datetime) -> bool:
        """End the agreement and every grant that the broker has of this person, in one transaction.

        True when this call withdrew it.
        """
        ...
