"""Tables of hardware tokens, of the numbers that get sign-in codes, and of the messages that wait to be sent."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, Table

from idp.storage.columns import count, digest, metadata, moment, name, sealed

_AUTHENTICATOR = (["account_id", "authenticator_id"], ["authenticators.account_id", "authenticators.id"])

hotp_tokens = Table(
    "hotp_tokens",
    metadata,
    name("account_id"),
    name("authenticator_id"),
    sealed("seed_sealed"),
    count("next_counter"),
    PrimaryKeyConstraint("account_id", "authenticator_id"),
    ForeignKeyConstraint(*_AUTHENTICATOR, ondelete="CASCADE"),
)
"""`next_counter` is the first one that has not been used up."""

text_message_numbers = Table(
    "text_message_numbers",
    metadata,
    name("account_id"),
    name("authenticator_id"),
    digest("number_hash"),
    PrimaryKeyConstraint("account_id", "authenticator_id"),
    ForeignKeyConstraint(*_AUTHENTICATOR, ondelete="CASCADE"),
)
"""Which number the person confirmed for sign-in codes. The number itself is among their claims."""

outgoing_messages = Table(
    "outgoing_messages",
    metadata,
    name("id", primary_key=True),
    name("channel"),
    sealed("message_sealed"),
    moment("due_at", index=True),
    moment("expires_at", index=True),
    count("attempts"),
)
"""Messages until they are handed over. Whose they are is sealed with them."""
