"""Patience with a counter that types wrong digits: counted for each mini-app that redeems shown codes.

Wide, and never closed for good: an office has many counters and people mistype. With 20 free misses and a wait that
grows to a minute, a dishonest office tries some 80 of 10^12 values in an hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.authn.credentials import Schedule, ThrottleStore
from idp.foundation.identifiers import keyed_digest
from idp.foundation.secret import Secret

GUESSES = Schedule(
    free=20, first_delay=timedelta(seconds=1), longest_delay=timedelta(minutes=1), window=timedelta(hours=1)
)


class CodeGuesses:
    """Implements `idp.oidc.show_code.GuessLimit`."""

    def __init__(self, store: ThrottleStore, secret: Secret) -> None:
        self._store = store
        self._key = keyed_digest(secret.reveal(), "shown code guesses")

    def admit(self, client_id: str, *, now: datetime) -> datetime | None:
        """Charge one attempt. None: it may go ahead; else when the next one may be made."""
        charge = self._store.charge(self._name(client_id), GUESSES, now=now)
        return None if charge.allowed else charge.retry_at or now

    def take_back(self, client_id: str) -> None:
        """The attempt was right."""
        self._store.refund(self._name(client_id))

    def _name(self, client_id: str) -> str:
        return f"shown-code:{keyed_digest(self._key, client_id)}"
