"""Tables of passkeys: the public keys, and when we last offered somebody to make one."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, LargeBinary, Table, UniqueConstraint

from idp.storage.columns import count, flag, metadata, moment, name, text

passkeys = Table(
    "passkeys",
    metadata,
    # One owner for each, in the whole region: whoever holds a passkey is found by it alone.
    Column("credential_id", LargeBinary(), primary_key=True, nullable=False),
    name("account_id"),
    name("authenticator_id"),
    Column("public_key", LargeBinary(), nullable=False),
    count("sign_count"),
    flag("is_backup_eligible"),
    flag("is_backed_up"),
    name("aaguid"),
    text("transports"),
    UniqueConstraint("account_id", "authenticator_id"),
    ForeignKeyConstraint(
        ["account_id", "authenticator_id"],
        ["authenticators.account_id", "authenticators.id"],
        ondelete="CASCADE",
    ),
)

passkey_offers = Table(
    "passkey_offers",
    metadata,
    name("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    moment("offered_at"),
    count("skips"),
)
"""So that nobody is asked often."""
