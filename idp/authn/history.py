"""What happened to an account, latest first, a page at a time: the audit trail together with the sessions it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.foundation.events import Event
from idp.oidc.proofs import Proof


@dataclass(frozen=True, slots=True)
class Visit:
    """The browser session that an event speaks of, as far as it is still kept."""

    user_agent: str
    address: str
    proofs: tuple[Proof, ...]

    def shown_by(self, at: datetime) -> tuple[Proof, ...]:
        """What had been proved by then; later proofs of the same session have events of their own."""
        return tuple(proof for proof in self.proofs if proof.at <= at)


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a person's history."""

    key: int
    """Where the line stands; a page begins before one."""
    event: Event
    visit: Visit | None


class HistoryStore(Protocol):
    """The history of accounts."""

    def of(self, account_id: str, *, before: int | None, limit: int) -> tuple[Happening, ...]:
        """At most `limit` lines, latest first, of those that stand before the line with this key."""
        ...
