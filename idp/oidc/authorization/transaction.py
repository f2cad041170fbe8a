"""A transaction: one authorization request on its way through our pages, in one browser.

States are types; what may be done in a state is a function of it, and moving out of `Pending` happens at most once
(the store enforces it in one statement).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.oidc.parameters import Parameters
from idp.oidc.proofs import Proof


class TransactionState(StrEnum):
    """Where a transaction stands. Only PENDING can be continued."""

    PENDING = "pending"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


class TransactionPurpose(StrEnum):
    """Why the person signs in."""

    AUTHORIZATION = "authorization"
    """To answer a mini-app's request."""
    ACCOUNT = "account"
    """To see their own account pages."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What somebody proved within this transaction, while more is still owed."""

    account_id: str
    proofs: tuple[Proof, ...]
    """At least one."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """What must survive between two pages of one sign-in."""

    id: str
    """The bearer value in the page's address; stored as a digest."""
    purpose: TransactionPurpose
    parameters: Parameters
    """The request as it came. It is examined again whenever it is continued, never trusted from storage."""
    return_path: str
    """For `ACCOUNT`: the page to go to afterwards."""
    state: TransactionState
    browser_digest: bytes
    """Digest of the browser cookie it began in: another browser cannot continue it (session fixation, CSRF)."""
    created_at: datetime
    expires_at: datetime
    username: str = ""
    """What was typed into the identifier field."""
    proved: Proved | None = None
    session_id: str | None = None
    """The session in which the person proved themselves *within* this transaction."""
    consented: bool = False
    """Whether the person agreed within this transaction (prompt=consent asks even when they agreed before)."""
    wrong_answers: int = 0
    pushed_digest: bytes | None = None
    """The pushed request it began with (RFC 9126): claimed together with the answer, so that only one gets any."""
