"""Tables of people from other regions: who they are there, how they are asked for, and which session came from it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, Table

from idp.storage.columns import digest, flag, json, metadata, moment, name, sealed, text

_OF_ACCOUNT = "accounts.id"

linked_subjects = Table(
    "linked_subjects",
    metadata,
    name("home_iss"),
    name("home_sub"),
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE"), index=True),
    flag("is_visitor"),
    moment("created_at"),
    moment("last_used_at"),
    # Never by anything else: a name, a number or an address is what two people of two regions can share.
    PrimaryKeyConstraint("home_iss", "home_sub"),
)
"""`is_visitor`: the account was made at their first arrival, and nothing of ours opens it."""

upstream_attempts = Table(
    "upstream_attempts",
    metadata,
    digest("state_digest", primary_key=True),
    digest("browser_digest"),
    name("home_iss", index=True),
    digest("nonce_digest"),
    sealed("secrets_sealed"),
    name("required_acr", nullable=True),
    moment("authenticated_after", nullable=True),
    moment("created_at"),
    moment("expires_at", index=True),
    moment("consumed_at", nullable=True),
)
"""`secrets_sealed`: the PKCE verifier and the id of the transaction; neither is ever stored open."""

home_sessions = Table(
    "home_sessions",
    metadata,
    name("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    name("home_iss"),
    name("home_sub"),
    name("home_sid", nullable=True),
    sealed("id_token_sealed"),
    # By the clock there, like everything that is compared with it; NULL: written before we kept it.
    moment("home_issued_at", nullable=True),
    Index("ix_home_sessions_home_iss_home_sub", "home_iss", "home_sub"),
    Index("ix_home_sessions_home_iss_home_sid", "home_iss", "home_sid"),
)
"""Who a session is at home, and what it takes to sign out there. That it is one says `sessions.home_iss`."""

consents_on_behalf = Table(
    "consents_on_behalf",
    metadata,
    name("account_id", ForeignKey(_OF_ACCOUNT, ondelete="CASCADE")),
    name("client_id", ForeignKey("clients.client_id", ondelete="CASCADE")),
    name("sector"),
    text("scopes"),
    text("claims"),
    json("display"),
    moment("agreed_at"),
    moment("withdrawn_at", nullable=True),
    PrimaryKeyConstraint("account_id", "client_id", "sector"),
)
"""What people agreed that a broker passes on to one mini-app of its region; another one asks for itself."""
