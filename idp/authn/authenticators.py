"""What a person has set up to prove who they are: one line for each, whatever the factor.

The secrets are the factors' own (passwords, seeds, public keys, sealed templates); here is what all have in common:
a name, when and where it was last used, whether it is suspended. Spec: NIST SP 800-63B-4 §4 (authenticator events).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.foundation.entropy import Entropy
from idp.oidc.proofs import Method, Property

ID_BYTES = 12
LABEL_LENGTH = 64
"""Characters of the name a person gives an authenticator."""

FIRST_WAYS = frozenset({Method.PASSWORD, Method.PASSKEY})
"""What opens an account on any device. One of these must always remain."""


class LastWayIn(Exception):
    """Without this one nobody could sign in to the account any more."""


@dataclass(frozen=True, slots=True)
class Authenticator:
    """One way in, or part of one."""

    account_id: str
    id: str
    """For those of which a person has one, the method's name; else the name, a dash and random characters."""
    method: Method
    properties: frozenset[Property]
    """What a proof by it shows at best."""
    label: str
    """The name its owner gave it, or the maker's; empty when there is none to tell apart."""
    created_at: datetime
    last_used_at: datetime | None = None
    last_used_address: str = ""
    last_used_agent: str = ""
    suspended_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        return self.suspended_at is None


@dataclass(frozen=True, slots=True)
class Use:
    """When and from where an authenticator was used."""

    at: datetime
    address: str
    user_agent: str


def new_authenticator_id(method: Method, entropy: Entropy) -> str:
    """For a method of which a person may have several."""
    return f"{method}-{entropy.token(ID_BYTES)}"


class AuthenticatorStore(Protocol):
    """Every authenticator of every account. Whoever receives events of its person hears of each change with it."""

    def add(self, authenticator: Authenticator) -> None:
        """Keep a new one, or replace the one with the same id. Call it in the transaction that keeps its secret."""
        ...

    def of(self, account_id: str) -> tuple[Authenticator, ...]:
        """All of a person, the oldest first, suspended ones too."""
        ...

    def find(self, account_id: str, authenticator_id: str) -> Authenticator | None:
        """One of them."""
        ...

    def use(self, account_id: str, authenticator_id: str, use: Use) -> bool:
        """Note a use. Atomic: False, and nothing noted, when it was suspended or removed meanwhile."""
        ...

    def rename(self, account_id: str, authenticator_id: str, label: str) -> bool:
        """Give it another name. False when there is none such."""
        ...

    def suspend(self, account_id: str, authenticator_id: str, *, now: datetime) -> bool:
        """Put it out of use until `resume`. True when this call did it.

        Raises: LastWayIn — of two concurrent calls that would together close every way, one.
        """
        ...

    def resume(self, account_id: str, authenticator_id: str, *, now: datetime) -> bool:
        """Put it back into use. True when this call did it."""
        ...

    def remove(self, account_id: str, authenticator_id: str, *, now: datetime) -> bool:
        """Delete it and its secret. True when this call did it. Raises: LastWayIn, as `suspend`."""
        ...
