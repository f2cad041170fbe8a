"""The table of sealed voice templates."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Table

from idp.storage.columns import count, metadata, moment, name, sealed, text

voices = Table(
    "voices",
    metadata,
    name("account_id", primary_key=True),
    name("authenticator_id"),
    sealed("key_sealed"),
    sealed("template_sealed"),
    name("model_id"),
    count("version"),
    text("spoken"),
    text("consent_version"),
    text("consent_text_hash"),
    moment("consented_at"),
    ForeignKeyConstraint(
        ["account_id", "authenticator_id"],
        ["authenticators.account_id", "authenticators.id"],
        ondelete="CASCADE",
        name="fk_voices_authenticator",
    ),
)
"""One a person, with the consent that lets us keep it. The consent goes with the template; the audit trail keeps both
moments. Recordings are nowhere."""
