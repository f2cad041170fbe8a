"""When somebody may be offered a passkey: rarely, and not at all once they said no often enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idp.authn.authenticators import Authenticator
from idp.oidc.proofs import Method, Proof

OFFER_EVERY = timedelta(days=30)
MOST_SKIPS = 3
"""Skips after which we do not offer again; the account pages still do."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What we remember of the offers to one person."""

    offered_at: datetime
    skips: int


class OfferStore(Protocol):
    """The last offer to each person."""

    def find(self, account_id: str) -> Offer | None:
        """None when there never was one."""
        ...

    def note(self, account_id: str, *, now: datetime) -> None:
        """The page was shown."""
        ...

    def skip(self, account_id: str) -> None:
        """And they said: not now."""
        ...


def is_offer_due(
    proofs: Iterable[Proof], enrolled: Iterable[Authenticator], last: Offer | None, *, now: datetime
) -> bool:
    """Whether this is a good moment: somebody without a passkey has just typed a password."""
    if any(one.method is Method.PASSKEY for one in enrolled):
        return False
    if not any(proof.method is Method.PASSWORD for proof in proofs):
        return False
    return last is None or (last.skips < MOST_SKIPS and now - last.offered_at >= OFFER_EVERY)
