"""Tables about people: accounts, what they prove themselves with, their sessions, and what they agreed to."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, Table, UniqueConstraint, and_
from sqlalchemy import text as sql

from idp.oidc.vocabulary import AcrLevel
from idp.storage.columns import count, digest, flag, json, level, metadata, moment, name, sealed, text

_OF_ACCOUNT = "accounts.id"

accounts = Table(
    "accounts",
    metadata,
    name("id", primary_key=True),
    name("username", unique=True),
    json("claims"),
    level("assurance"),
    flag("is_active"),
    moment("created_at"),
    CheckConstraint("assurance BETWEEN 0 AND 2", name="assurance"),
)

account_identifiers = Table(
    "account_identifiers",
    metadata,
    name("identifier", primary_key=True),
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"), index=True),
)
"""What a person may type to say who they are; each belongs to one account."""

authenticators = Table(
    "authenticators",
    metadata,
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE")),
    name("id"),
    name("method"),
    text("properties"),
    text("label"),
    moment("created_at"),
    moment("last_used_at", nullable=True),
    text("last_used_address"),
    text("last_used_agent"),
    moment("suspended_at", nullable=True),
    PrimaryKeyConstraint("account_id", "id"),
)
"""What a person has set up, one line each. The secrets are in tables of their own, which refer to this one."""

challenges = Table(
    "challenges",
    metadata,
    digest("digest", primary_key=True),
    name("purpose"),
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"), nullable=True, index=True),
    digest("bound_to"),
    json("data"),
    moment("created_at"),
    moment("expires_at", index=True),
    count("step"),
    count("wrong_answers"),
    moment("consumed_at", nullable=True),
)

password_credentials = Table(
    "password_credentials",
    metadata,
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"), primary_key=True),
    text("argon2_hash"),
    moment("changed_at"),
)

totp_credentials = Table(
    "totp_credentials",
    metadata,
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"), primary_key=True),
    sealed("seed_sealed"),
    moment("confirmed_at"),
    count("last_used_step"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE")),
    digest("code_hash"),
    moment("created_at"),
    moment("consumed_at", nullable=True),
    PrimaryKeyConstraint("account_id", "code_hash"),
)

throttles = Table(
    "throttles",
    metadata,
    digest("digest", primary_key=True),
    count("misses"),
    count("most"),
    moment("counted_from_at"),
    moment("blocked_until_at"),
    moment("charged_at", index=True),
    CheckConstraint("misses >= 0", name="misses"),
)
"""Misses by digest of the key, and how many close it for good. The table tells nothing about anybody."""

sessions = Table(
    "sessions",
    metadata,
    digest("digest", primary_key=True),
    name("id", unique=True),
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"), index=True),
    moment("authenticated_at"),
    level("level"),
    text("amr"),
    moment("created_at"),
    moment("last_seen_at"),
    moment("expires_at", index=True),
    moment("ended_at", nullable=True),
    text("user_agent"),
    text("address"),
    json("proofs", server_default=sql("'[]'")),
    name("home_iss", nullable=True, index=True),
    CheckConstraint(f"level BETWEEN {min(AcrLevel).value} AND {max(AcrLevel).value}", name="level"),
)
# Visitors are counted from these entries alone; sessions of our own people have none.
_is_visit = and_(sessions.c.home_iss.is_not(None), sessions.c.ended_at.is_(None))
Index(
    "ix_sessions_visits",
    *(sessions.c[column] for column in ("home_iss", "account_id", "level", "expires_at", "ended_at")),
    sqlite_where=_is_visit,
    postgresql_where=_is_visit,
)

subjects = Table(
    "subjects",
    metadata,
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE")),
    name("sector"),
    name("sub"),
    PrimaryKeyConstraint("account_id", "sector"),
    # Two people with one `sub` would be one person to every mini-app of the sector.
    UniqueConstraint("sector", "sub"),
)

consents = Table(
    "consents",
    metadata,
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE")),
    name("client_id", ForeignKey("clients.client_id", ondelete="CASCADE")),
    text("scopes"),
    text("claims"),
    moment("agreed_at"),
    moment("withdrawn_at", nullable=True),
    PrimaryKeyConstraint("account_id", "client_id"),
)
