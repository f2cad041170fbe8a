"""The table of sign-ins by scanning a code."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Table

from idp.storage.columns import digest, json, metadata, moment, name, one_of, text


class QrState(StrEnum):
    """The states of `idp.authn.factors.qr_values` as stored. That time ran out is not stored: the clock says it."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    MATCHED = "matched"
    APPROVED = "approved"
    USED = "used"
    DENIED = "denied"
    CANCELLED = "cancelled"


qr_sign_ins = Table(
    "qr_sign_ins",
    metadata,
    digest("digest", primary_key=True),
    name("state"),
    digest("transaction_digest", index=True),
    digest("browser_digest"),
    name("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=True),
    text("address"),
    text("user_agent"),
    moment("created_at"),
    moment("expires_at", index=True),
    name("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=True, index=True),
    name("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=True, index=True),
    json("proof", nullable=True),
    name("authenticator_id", nullable=True),
    moment("consumed_at", nullable=True),
    one_of("state", QrState),
    CheckConstraint(
        "(state IN ('used', 'denied', 'cancelled')) = (consumed_at IS NOT NULL)", name="consumed_once"
    ),
    CheckConstraint("(account_id IS NULL) = (session_id IS NULL)", name="one_phone"),
    CheckConstraint("state NOT IN ('approved', 'used') OR proof IS NOT NULL", name="proved"),
)
"""`transaction_digest` and `browser_digest` are of the screen; `account_id` and `session_id` of the phone."""
