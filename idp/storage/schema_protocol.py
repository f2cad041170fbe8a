"""Tables of the protocol: mini-apps, requests under way, codes, grants and tokens."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, and_
from sqlalchemy import text as sql

from idp.oidc.authorization.transaction import TransactionPurpose, TransactionState
from idp.oidc.vocabulary import AcrLevel, ClientAuthMethod, Profile
from idp.storage.columns import (
    count,
    digest,
    flag,
    json,
    level,
    metadata,
    moment,
    name,
    one_of,
    text,
)

clients = Table(
    "clients",
    metadata,
    name("client_id", primary_key=True),
    name("profile"),
    name("organisation"),
    name("region"),
    name("auth_method"),
    digest("secret_hash", nullable=True),
    flag("enabled"),
    moment("created_at"),
    json("document"),
    text("backchannel_logout_uri", nullable=True),
    one_of("profile", Profile),
    one_of("auth_method", ClientAuthMethod),
)
"""What is searched or checked has a column; the rest of a client is its document (`client_document.py`)."""

transactions = Table(
    "transactions",
    metadata,
    digest("digest", primary_key=True),
    name("purpose"),
    json("parameters"),
    text("return_path"),
    name("state"),
    digest("browser_digest"),
    moment("created_at"),
    moment("expires_at", index=True),
    moment("consumed_at", nullable=True),
    text("username"),
    name("first_factor_account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=True),
    moment("first_factor_at", nullable=True),
    name("session_id", ForeignKey("sessions.id", ondelete="SET NULL"), nullable=True, index=True),
    flag("consented"),
    count("wrong_answers"),
    json("proofs", server_default=sql("'[]'")),
    # No foreign key: whose pushed request is gone cannot claim it any more, and so gets no answer.
    digest("pushed_digest", nullable=True),
    one_of("purpose", TransactionPurpose),
    one_of("state", TransactionState),
    CheckConstraint("(state = 'pending') = (consumed_at IS NULL)", name="consumed_once"),
    CheckConstraint("(first_factor_account_id IS NULL) = (first_factor_at IS NULL)", name="first_factor"),
)


def _permission() -> list[Column[Any]]:
    """What a person allows a client: written with the code, copied to the grant when the code is redeemed."""
    return [
        name("client_id", ForeignKey("clients.client_id", ondelete="CASCADE")),
        name("account_id", ForeignKey("accounts.id", ondelete="CASCADE")),
        name("session_id", ForeignKey("sessions.id"), index=True),
        text("subject"),
        text("scope"),
        text("userinfo_claims"),
        text("id_token_claims"),
        text("resources"),
        level("level"),
        text("amr"),
        moment("authenticated_at"),
        flag("offline"),
    ]


_LEVEL = f"level BETWEEN {min(AcrLevel).value} AND {max(AcrLevel).value}"

authorization_codes = Table(
    "authorization_codes",
    metadata,
    digest("digest", primary_key=True),
    name("grant_id", unique=True),
    *_permission(),
    moment("grant_expires_at"),
    text("redirect_uri"),
    text("nonce", nullable=True),
    text("code_challenge"),
    moment("expires_at", index=True),
    count("failures"),
    moment("consumed_at", nullable=True),
    # The key that alone may redeem it.
    name("jkt", nullable=True),
    name("home_iss", nullable=True),
    CheckConstraint(_LEVEL, name="level"),
)

grants = Table(
    "grants",
    metadata,
    name("id", primary_key=True),
    *_permission(),
    moment("created_at"),
    moment("expires_at", index=True),
    moment("revoked_at", nullable=True),
    # The key that its first tokens were bound to.
    name("jkt", nullable=True),
    name("home_iss", nullable=True),
    CheckConstraint(_LEVEL, name="level"),
    Index("ix_grants_account_id_client_id", "account_id", "client_id"),
    Index("ix_grants_client_id", "client_id"),
)
# Which mini-apps visitors use is counted from these entries alone.
_is_of_visitor = and_(grants.c.home_iss.is_not(None), grants.c.revoked_at.is_(None))
Index(
    "ix_grants_of_visitors",
    *(grants.c[column] for column in ("home_iss", "client_id", "expires_at", "revoked_at")),
    sqlite_where=_is_of_visitor,
    postgresql_where=_is_of_visitor,
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    digest("digest", primary_key=True),
    name("grant_id", ForeignKey("grants.id", ondelete="CASCADE"), index=True),
    moment("expires_at"),
    moment("consumed_at", nullable=True),
)

revoked_access_tokens = Table(
    "revoked_access_tokens",
    metadata,
    name("jti", primary_key=True),
    moment("expires_at", index=True),
)
"""Access tokens ended by themselves; ending a grant needs no row here."""

client_assertions = Table(
    "client_assertions",
    metadata,
    digest("digest", primary_key=True),
    moment("consumed_at"),
    moment("expires_at", index=True),
)
"""Assertions seen, by digest of client and `jti`: a `jti` is the client's text, of any length and any characters."""
