"""Every table, by name. The tables themselves are in three files, by what they are about.

Foreign keys go by public id; one-time rows carry `consumed_at`; what is secret ends in `_hash` or `_sealed`.
"""

from __future__ import annotations

from idp.storage.columns import metadata
from idp.storage.schema_people import (
    account_identifiers,
    accounts,
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
from idp.storage.schema_region import audit_events, generations, signing_keys

__all__ = [
    "account_identifiers",
    "accounts",
    "audit_events",
    "authorization_codes",
    "client_assertions",
    "clients",
    "consents",
    "generations",
    "grants",
    "metadata",
    "password_credentials",
    "recovery_codes",
    "refresh_tokens",
    "revoked_access_tokens",
    "sessions",
    "signing_keys",
    "subjects",
    "throttles",
    "totp_credentials",
    "transactions",
]
