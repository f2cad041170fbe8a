"""Permission to change what guards an account. No credential is ever set, replaced or removed without one in hand.

The class of fault this ends: a recovery or enrolment step reached without the step before it (CVE-2026-18963).
A permit names its account, so that a change can only ever hit the account whose owner proved themselves.
Spec: NIST SP 800-63B-4 §4.1.2 (binding), §4.2 (recovery).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """Why the change is permitted."""

    SESSION = "session"
    """A recent, strong enough sign-in (`Assurance.permit`)."""
    RECOVERY = "recovery"
    """A completed recovery (`idp.authn.recovery`)."""
    OPERATOR = "operator"
    """An operator at the command line, who made sure who asks."""
    STAFF = "staff"
    """A one-time link of a member of the staff, or a passkey that the member unlocked just now (`idp.governance`)."""


@dataclass(frozen=True, slots=True)
class Permit:
    """May change the authenticators of `account_id`. Made by `Assurance.permit`, a recovery, a command or for staff."""

    account_id: str
    ground: Ground
