"""The table of codes that citizens show at a counter."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table

from idp.oidc.vocabulary import AcrLevel
from idp.storage.columns import digest, level, metadata, moment, name, text

shown_codes = Table(
    "shown_codes",
    metadata,
    digest("digest", primary_key=True),
    # Two live codes with the same digits would hand a counter the wrong person.
    digest("digits_hash", unique=True),
    name("showing"),
    name("account_id", ForeignKey("accounts.id", ondelete="CASCADE")),
    name("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), index=True),
    text("details"),
    level("level"),
    moment("authenticated_at"),
    moment("began_at"),
    moment("expires_at", index=True),
    moment("consumed_at", nullable=True),
    name("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=True),
    text("released", nullable=True),
    CheckConstraint(f"level BETWEEN {min(AcrLevel).value} AND {max(AcrLevel).value}", name="level"),
    CheckConstraint(
        "(consumed_at IS NULL) = (client_id IS NULL) AND (consumed_at IS NULL) = (released IS NULL)",
        name="redeemed",
    ),
    Index("ix_shown_codes_account_id_showing", "account_id", "showing"),
)
"""A redeemed one says who got what: it stays a while, for the person to look at."""
