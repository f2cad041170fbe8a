"""How to reach a person: only what was verified, and in which language."""

from __future__ import annotations

from dataclasses import dataclass, field

from idp.accounts.person import Account, AccountStore


@dataclass(frozen=True, slots=True)
class Contact:
    """Where messages to a person go."""

    email: str | None = field(repr=False)
    """The verified e-mail address."""
    phone_number: str | None = field(repr=False)
    """The verified telephone number."""
    locale: str
    """The language they are written in; empty when it is not known."""


class Contacts:
    """Looks people up. Nothing is ever sent to an address or number that its owner has not shown to be theirs."""

    def __init__(self, accounts: AccountStore) -> None:
        self._accounts = accounts

    def of(self, account_id: str) -> Contact:
        """Where to reach this person now; nowhere when there is no such account."""
        account = self._accounts.find_by_id(account_id)
        return Contact(None, None, "") if account is None else contact_of(account)


def contact_of(account: Account) -> Contact:
    """Where to reach the person of an account."""
    return Contact(
        _verified(account, "email"), _verified(account, "phone_number"), str(account.claims.get("locale", ""))
    )


def _verified(account: Account, claim: str) -> str | None:
    value = account.claims.get(claim)
    return str(value) if value and account.claims.get(f"{claim}_verified") is True else None
