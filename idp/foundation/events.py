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
    SIGNED_IN_BY_QR = "signed_in_by_qr"
    QR_DENIED = "qr_denied"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    LOGOUT_REFUSED = "logout_refused"
    """A mini-app was told that a session had ended, and did not understand or believe it."""
    LOGOUT_GIVEN_UP = "logout_given_up"
    """A mini-app could not be told that a session had ended, for as long as we try."""
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CODE_REUSED = "code_reused"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"
    ACCOUNT_CHANGED = "account_changed"
    PASSWORD_CHANGED = "password_changed"
    PASSKEY_ENROLLED = "passkey_enrolled"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_CLONED = "passkey_cloned"
    """Its counter went back, so somebody may hold a copy; it was suspended."""
    TOTP_ENROLLED = "totp_enrolled"
    TOTP_REMOVED = "totp_removed"
    HOTP_ENROLLED = "hotp_enrolled"
    HOTP_RESYNCHRONISED = "hotp_resynchronised"
    TEXT_MESSAGES_ENROLLED = "text_messages_enrolled"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    GESTURE_ENROLLED = "gesture_enrolled"
    GESTURE_SWITCHED_OFF = "gesture_switched_off"
    SHOWN_CODE_REDEEMED = "shown_code_redeemed"
    AUTHENTICATOR_RENAMED = "authenticator_renamed"
    AUTHENTICATOR_SUSPENDED = "authenticator_suspended"
    AUTHENTICATOR_RESUMED = "authenticator_resumed"
    AUTHENTICATOR_REMOVED = "authenticator_removed"
    VOICE_ENROLLED = "voice_enrolled"
    RECOVERY_WAITING = "recovery_waiting"
    RECOVERY_REQUESTED = "recovery_requested"
    RECOVERY_APPROVED = "recovery_approved"
    RECOVERY_STOPPED = "recovery_stopped"
    RECOVERED = "recovered"
    FACE_ENROLLED = "face_enrolled"
    FACE_REMOVED = "face_removed"
    FACE_FILING_NEAR = "face_filing_near"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    CLIENT_CREATED = "client_created"
    CLIENT_CHANGED = "client_changed"
    KEY_STATE_CHANGED = "key_state_changed"
    TRUST_BUNDLE_CONTRADICTED = "trust_bundle_contradicted"
    """The hub's key signed what contradicts what it signed before: it may be in other hands."""
    TRUST_WITHDRAWN = "trust_withdrawn"
    """What hung from a region, its ceiling or a key has ended."""
    TRUST_LIST_CHANGED = "trust_list_changed"
    """The hub's list of regions was changed, or a key of a region revoked."""
    SUBORDINATE_CHANGED = "subordinate_changed"
    """An entity that we vouch for was enrolled, suspended, restored or removed."""
    TRUST_MARK_CHANGED = "trust_mark_changed"
    """A trust mark was given, taken back or handed on, or the rules about a type changed."""


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
