"""Which logs an installation keeps, and how long the key lives that signs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from idp.adapters.keyring import Keyring
from idp.foundation.entropy import Entropy
from idp.oidc.key_schedule import KeyPolicy
from idp.settings import Role, Settings
from idp.storage.stores import Stores
from idp.storage.witnessed_logs import Cosigned
from idp.transparency.leaves import LogName
from idp.wiring.witnessing.log import Hiding, Log

LOG_KEY_LIFETIME = timedelta(days=3650)
"""Whoever verifies a log was given its key by hand: it changes when somebody decides so, and not by itself."""

HIDE_AUDIT_FOR = timedelta(minutes=10)
"""Strangers see the audit log as it was at the last full ten minutes (docs/decisions/0051-audit-log-on-a-grid.md)."""


def log_key_policy(policy: KeyPolicy) -> KeyPolicy:
    """The schedule of log keys (docs/decisions/0043-transparency-log.md)."""
    return replace(policy, lifetime=LOG_KEY_LIFETIME)


def logs_of(settings: Settings, stores: Stores, keyring: Keyring, entropy: Entropy) -> Mapping[LogName, Log]:
    """The logs of this installation, by name."""

    def one(name: LogName) -> Log:
        is_audit = name is LogName.AUDIT
        return Log(
            name,
            settings.issuer,
            stores.log_entries,
            keyring,
            catch_up=catch_up_audit if is_audit else _never_behind,
            cosigned=lambda: _note(stores.witnessed_logs.cosigned(name)),
            hides=Hiding(HIDE_AUDIT_FOR, stores.audit_log.first_since) if is_audit else None,
        )

    def catch_up_audit() -> None:
        stores.audit_log.catch_up(entropy)

    names = (LogName.TRUST, LogName.AUDIT) if settings.role is Role.HUB else (LogName.AUDIT,)
    return {name: one(name) for name in names}


def _note(cosigned: Cosigned | None) -> str | None:
    return None if cosigned is None else cosigned.note


def _never_behind() -> None:
    """The trust log is written together with what it tells of."""
