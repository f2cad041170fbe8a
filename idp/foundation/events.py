"""The vocabulary of the audit trail: what can happen, named once. Never a secret, a code or a claim value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class EventKind(StrEnum):
    """What happened."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CODE_REUSED = "code_reused"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"
    ACCOUNT_CHANGED = "account_changed"
    PASSWORD_CHANGED = "password_changed"
    TOTP_ENROLLED = "totp_enrolled"
    TOTP_REMOVED = "totp_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    CLIENT_CREATED = "client_created"
    CLIENT_CHANGED = "client_changed"
    KEY_STATE_CHANGED = "key_state_changed"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the audit trail."""

    kind: EventKind
    at: datetime
    account_id: str | None = None
    client_id: str | None = None
    subject: str | None = None
    """What it concerns: a session id, a grant id, a key id."""


class EventLog(Protocol):
    """The audit trail, append only."""

    def record(self, event: Event) -> None:
        """Keep one line, durably."""
        ...

    def of_account(self, account_id: str, limit: int) -> tuple[Event, ...]:
        """The latest events of a person."""
        ...
