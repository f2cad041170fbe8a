"""Every table, by name. The tables themselves are in three files, by what they are about.

Foreign keys go by public id; one-time rows carry `consumed_at`; what is secret ends in `_hash` or `_sealed`.
"""

from __future__ import annotations

from idp.storage.columns import metadata
from idp.storage.schema_counter import shown_codes
from idp.storage.schema_device_keys import device_keys
from idp.storage.schema_faces import faces
from idp.storage.schema_otp import hotp_tokens, outgoing_messages, text_message_numbers
from idp.storage.schema_passkeys import passkey_offers, passkeys
from idp.storage.schema_people import (
    account_identifiers,
    accounts,
    authenticators,
    challenges,
    consents,
    password_credentials,
    recovery_codes,
    sessions,
    subjects,
    throttles,
    totp_credentials,
)
from idp.storage.schema_protocol import (
    authorization_codes,
    client_assertions,
    clients,
    grants,
    refresh_tokens,
    revoked_access_tokens,
    transactions,
)
from idp.storage.schema_qr import qr_sign_ins
from idp.storage.schema_recoveries import recoveries
from idp.storage.schema_region import audit_events, generations, signing_keys
from idp.storage.schema_voices import voices

__all__ = [
    "account_identifiers",
    "accounts",
    "audit_events",
    "authenticators",
    "authorization_codes",
    "challenges",
    "client_assertions",
    "clients",
    "consents",
    "device_keys",
    "faces",
    "generations",
    "grants",
    "hotp_tokens",
    "metadata",
    "outgoing_messages",
    "passkey_offers",
    "passkeys",
    "password_credentials",
    "qr_sign_ins",
    "recoveries",
    "recovery_codes",
    "refresh_tokens",
    "revoked_access_tokens",
    "sessions",
    "shown_codes",
    "signing_keys",
    "subjects",
    "text_message_numbers",
    "throttles",
    "totp_credentials",
    "transactions",
    "voices",
]
