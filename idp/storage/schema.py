"""Every table, by name. The tables themselves are in three files, by what they are about.

Foreign keys go by public id; one-time rows carry `consumed_at`; what is secret ends in `_hash` or `_sealed`.
"""

from __future__ import annotations

from idp.storage.columns import metadata
from idp.storage.schema_counter import shown_codes
from idp.storage.schema_device_keys import device_keys
from idp.storage.schema_faces import faces
from idp.storage.schema_federated_clients import federated_clients
from idp.storage.schema_federation import (
    subordinates,
    trust_mark_delegations,
    trust_mark_types,
    trust_marks,
)
from idp.storage.schema_home_regions import (
    consents_on_behalf,
    home_sessions,
    linked_subjects,
    upstream_attempts,
)
from idp.storage.schema_logouts import logouts
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
from idp.storage.schema_pushed import pushed_requests
from idp.storage.schema_qr import qr_sign_ins
from idp.storage.schema_recoveries import recoveries
from idp.storage.schema_region import audit_events, generations, signing_keys
from idp.storage.schema_trust_bundles import trust_bundles, trust_pulls, trust_thefts
from idp.storage.schema_trust_list import (
    trust_contents,
    trust_region_keys,
    trust_regions,
    trust_reports,
    trust_revoked_keys,
    trust_visits,
)
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
    "consents_on_behalf",
    "device_keys",
    "faces",
    "federated_clients",
    "generations",
    "grants",
    "home_sessions",
    "hotp_tokens",
    "linked_subjects",
    "logouts",
    "metadata",
    "outgoing_messages",
    "passkey_offers",
    "passkeys",
    "password_credentials",
    "pushed_requests",
    "qr_sign_ins",
    "recoveries",
    "recovery_codes",
    "refresh_tokens",
    "revoked_access_tokens",
    "sessions",
    "shown_codes",
    "signing_keys",
    "subjects",
    "subordinates",
    "text_message_numbers",
    "throttles",
    "totp_credentials",
    "transactions",
    "trust_bundles",
    "trust_contents",
    "trust_mark_delegations",
    "trust_mark_types",
    "trust_marks",
    "trust_pulls",
    "trust_region_keys",
    "trust_regions",
    "trust_reports",
    "trust_revoked_keys",
    "trust_thefts",
    "trust_visits",
    "upstream_attempts",
    "voices",
]
