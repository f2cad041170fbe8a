"""What an event tells of a credential: its kind and what became of it. Spec: CAEP 1.0 §3.3."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from idp.oidc.proofs import Method
from idp.signals.reasons import Reason


class Change(StrEnum):
    """What became of it."""

    CREATE = "create"
    UPDATE = "update"
    REVOKE = "revoke"
    """It may come back."""
    DELETE = "delete"


ENDING = frozenset({Change.UPDATE, Change.REVOKE, Change.DELETE})
"""After these, a session that was opened before is in doubt: by what was changed, somebody else may have come in."""

_TYPES: Mapping[Method, str] = {
    Method.PASSWORD: "password",
    # Where a passkey lives is not known for sure; most live in what the browser runs on.
    Method.PASSKEY: "fido2-platform",
    Method.GESTURE: "pin",
    Method.TOTP: "app",
    Method.SMS: "phone-sms",
}
"""Those that the specification has a word for. The others go by our own, which it allows."""


def type_of(method: Method) -> str:
    """The `credential_type`."""
    return _TYPES.get(method, method.value.replace("_", "-"))


def detail_of(method: Method, change: Change) -> dict[str, str]:
    """The members of the event beside those of all."""
    return {
        "credential_type": type_of(method),
        "change_type": change.value,
        "reason": Reason.CREDENTIAL_CHANGED.value,
    }
