"""Finding the account that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idp.cli.output import Refused

if TYPE_CHECKING:
    from idp.accounts.person import Account
    from idp.wiring import Services


def find_account(services: Services, identifier: str) -> Account:
    """The account that somebody signs in to with this identifier. Raises: Refused — there is none."""
    from idp.accounts.names import normalise_identifier

    found = services.stores.accounts.find_by_identifier(normalise_identifier(identifier))
    if found is None:
        raise Refused(f"nobody signs in with {identifier!r}: `idp account list` shows who does")
    return found
