"""Every table, by name. The tables themselves are in three files, by what they are about.

Foreign keys go by public id; one-time rows carry `consumed_at`; what is secret ends in `_hash` or `_sealed`.
"""

from __future__ import annotations

from idp.storage.columns import metadata
from idp.storage.schema_apps import (
    app_appeals,
    app_counting,
    app_figures,
    app_keys,
    app_logos,
    app_moves,
    app_names,
    app_versions,
    apps,
    directory,
    directory_words,
)
from idp.storage.schema_changes import change_applications, change_approvals, change_requests
from idp.storage.schema_counter import shown_codes
from idp.storage.schema_device_keys import device_keys
from idp.storage.schema_faces import faces
from idp.storage.schema_federated_clients import configuration_times, federated_clients
from idp.storage.schema_federation import (
    subordinates,
    trust_mark_delegations,
    trust_mark_types,
    trust_marks,
)
from idp.storage.schema_figures import figure_hours, figure_positions, figure_runs
from idp.storage.schema_home_regions import (
    consents_on_behalf,
    home_sessions,
    linked_subjects,
    upstream_attempts,
)
from idp.storage.schema_log import log_entries, log_heads, log_tiles
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
from idp.storage.schema_staff import (
    governed,
    staff,
    staff_challenges,
    staff_links,
    staff_passkeys,
    staff_roles,
    staff_sessions,
    staff_tokens,
)
from idp.storage.schema_streams import (
    home_endings,
    signal_sources,
    stream_events,
    stream_exclusions,
    streams,
)
from idp.storage.schema_trust_bundles import trust_bundles, trust_pulls, trust_thefts
from idp.storage.schema_trust_list import (
    told_visitors,
    trust_contents,
    trust_region_keys,
    trust_regions,
    trust_reports,
    trust_revoked_keys,
    trust_visits,
)
from idp.storage.schema_voices import voices
from idp.storage.schema_witnesses import trust_witnesses, witness_heads, witnessed_logs

__all__ = [
    "account_identifiers",
    "accounts",
    "app_appeals",
    "app_counting",
    "app_figures",
    "app_keys",
    "app_logos",
    "app_moves",
    "app_names",
    "app_versions",
    "apps",
    "audit_events",
    "authenticators",
    "authorization_codes",
    "challenges",
    "change_applications",
    "change_approvals",
    "change_requests",
    "client_assertions",
    "clients",
    "configuration_times",
    "consents",
    "consents_on_behalf",
    "device_keys",
    "directory",
    "directory_words",
    "faces",
    "federated_clients",
    "figure_hours",
    "figure_positions",
    "figure_runs",
    "generations",
    "governed",
    "grants",
    "home_endings",
    "home_sessions",
    "hotp_tokens",
    "linked_subjects",
    "log_entries",
    "log_heads",
    "log_tiles",
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
    "signal_sources",
    "signing_keys",
    "staff",
    "staff_challenges",
    "staff_links",
    "staff_passkeys",
    "staff_roles",
    "staff_sessions",
    "staff_tokens",
    "stream_events",
    "stream_exclusions",
    "streams",
    "subjects",
    "subordinates",
    "text_message_numbers",
    "throttles",
    "told_visitors",
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
    "trust_witnesses",
    "upstream_attempts",
    "voices",
    "witness_heads",
    "witnessed_logs",
]
