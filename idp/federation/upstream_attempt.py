"""One way through another region: begun in one browser, answered once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

LIFETIME = timedelta(minutes=15)
"""How long a person may take at home: they may have to find their phone first."""


@dataclass(frozen=True, slots=True)
class UpstreamAttempt:
    """What we must remember of a request until its answer comes."""

    browser_digest: bytes
    home_iss: str
    nonce_digest: bytes
    secrets_sealed: bytes = field(repr=False)
    """The PKCE verifier, the transaction and what was asked, sealed."""
    required_acr: str | None
    """The weakest `acr` that is enough; None when any is."""
    authenticated_after: datetime | None
    created_at: datetime
    expires_at: datetime
    is_consumed: bool = False


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt whose answer has come to the right browser, from the right region. Not used up yet."""

    state_digest: bytes
    attempt: UpstreamAttempt
    transaction_id: str
    verifier: str = field(repr=False)
    claims: tuple[str, ...]
    """What was asked about the person."""


class UnknownAttempt(Exception):
    """No such attempt, or it is over, or it began in another browser."""

    def __init__(self, *, is_other_browser: bool = False) -> None:
        super().__init__("no such attempt in this browser")
        self.is_other_browser = is_other_browser


class UpstreamAttemptStore(Protocol):
    """Attempts, by digest of their `state`."""

    def add(self, state_digest: bytes, attempt: UpstreamAttempt) -> None:
        """Keep a new attempt."""
        ...

    def find(self, state_digest: bytes) -> UpstreamAttempt | None:
        """The attempt, consumed and expired ones too."""
        ...

    def consume(self, state_digest: bytes, *, now: datetime) -> bool:
        """Use it up. Atomic: of any number of callers one gets True, and only before it expires."""
        ...
