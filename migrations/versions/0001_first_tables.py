"""The first tables.

What: every table of a region that signs its citizens in, and the two numbers that tell workers to look again.
Why: there was nothing before.
Safe with the previous release: there is none.
Locks: none that anybody could wait for; the tables are new.
Going back: `idp db downgrade base` drops every table with all it holds. Make a copy first.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A migration is a record of what was done: it says everything itself and imports nothing that may change later.
EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

TABLES = (
    "accounts",
    "account_identifiers",
    "password_credentials",
    "totp_credentials",
    "recovery_codes",
    "throttles",
    "sessions",
    "subjects",
    "clients",
    "consents",
    "transactions",
    "authorization_codes",
    "grants",
    "refresh_tokens",
    "revoked_access_tokens",
    "client_assertions",
    "signing_keys",
    "generations",
    "audit_events",
)


def upgrade() -> None:
    create_people()
    create_sessions()
    create_clients()
    create_requests()
    create_tokens()
    create_region()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def create_people() -> None:
    op.create_table(
        "accounts",
        name("id", primary_key=True),
        name("username", unique=True),
        text("claims"),
        small("assurance"),
        flag("is_active"),
        number("created_at"),
        sa.CheckConstraint("assurance BETWEEN 0 AND 2", name="assurance"),
    )
    op.create_table(
        "account_identifiers", name("identifier", primary_key=True), of_account(index=True, primary_key=False)
    )
    op.create_table("password_credentials", of_account(), text("argon2_hash"), number("changed_at"))
    op.create_table(
        "totp_credentials",
        of_account(),
        binary("seed_sealed"),
        number("confirmed_at"),
        number("last_used_step"),
    )
    op.create_table(
        "recovery_codes",
        of_account(primary_key=False),
        binary("code_hash"),
        number("created_at"),
        number("consumed_at", nullable=True),
        sa.PrimaryKeyConstraint("account_id", "code_hash"),
    )
    op.create_table(
        "throttles",
        binary("digest", primary_key=True),
        number("misses"),
        number("most"),
        number("counted_from_at"),
        number("blocked_until_at"),
        number("charged_at", index=True),
        sa.CheckConstraint("misses >= 0", name="misses"),
    )


def create_sessions() -> None:
    op.create_table(
        "sessions",
        binary("digest", primary_key=True),
        name("id", unique=True),
        of_account(index=True, primary_key=False),
        number("authenticated_at"),
        small("level"),
        text("amr"),
        number("created_at"),
        number("last_seen_at"),
        number("expires_at", index=True),
        number("ended_at", nullable=True),
        text("user_agent"),
        text("address"),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    )
    op.create_table(
        "subjects",
        of_account(primary_key=False),
        name("sector"),
        name("sub"),
        sa.PrimaryKeyConstraint("account_id", "sector"),
        sa.UniqueConstraint("sector", "sub"),
    )


def create_clients() -> None:
    op.create_table(
        "clients",
        name("client_id", primary_key=True),
        name("profile"),
        name("organisation"),
        name("region"),
        name("auth_method"),
        binary("secret_hash", nullable=True),
        flag("enabled"),
        number("created_at"),
        text("document"),
        one_of("profile", "standard", "fapi2", "compat"),
        one_of("auth_method", "client_secret_basic", "client_secret_post", "private_key_jwt", "none"),
    )
    op.create_table(
        "consents",
        of_account(primary_key=False),
        of_client(),
        text("scopes"),
        text("claims"),
        number("agreed_at"),
        number("withdrawn_at", nullable=True),
        sa.PrimaryKeyConstraint("account_id", "client_id"),
    )


def create_requests() -> None:
    op.create_table(
        "transactions",
        binary("digest", primary_key=True),
        name("purpose"),
        text("parameters"),
        text("return_path"),
        name("state"),
        binary("browser_digest"),
        number("created_at"),
        number("expires_at", index=True),
        number("consumed_at", nullable=True),
        text("username"),
        name("first_factor_account_id", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=True),
        number("first_factor_at", nullable=True),
        name("session_id", sa.ForeignKey("sessions.id", ondelete="SET NULL"), nullable=True, index=True),
        flag("consented"),
        number("wrong_answers"),
        one_of("purpose", "authorization", "account"),
        one_of("state", "pending", "fulfilled", "cancelled"),
        sa.CheckConstraint("(state = 'pending') = (consumed_at IS NULL)", name="consumed_once"),
        sa.CheckConstraint(
            "(first_factor_account_id IS NULL) = (first_factor_at IS NULL)", name="first_factor"
        ),
    )
    op.create_table(
        "authorization_codes",
        binary("digest", primary_key=True),
        name("grant_id", unique=True),
        *permission(),
        number("grant_expires_at"),
        text("redirect_uri"),
        text("nonce", nullable=True),
        text("code_challenge"),
        number("expires_at", index=True),
        number("failures"),
        number("consumed_at", nullable=True),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    )


def create_tokens() -> None:
    op.create_table(
        "grants",
        name("id", primary_key=True),
        *permission(),
        number("created_at"),
        number("expires_at", index=True),
        number("revoked_at", nullable=True),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    )
    op.create_index("ix_grants_account_id_client_id", "grants", ["account_id", "client_id"])
    op.create_table(
        "refresh_tokens",
        binary("digest", primary_key=True),
        name("grant_id", sa.ForeignKey("grants.id", ondelete="CASCADE"), index=True),
        number("expires_at"),
        number("consumed_at", nullable=True),
    )
    op.create_table("revoked_access_tokens", name("jti", primary_key=True), number("expires_at", index=True))
    op.create_table(
        "client_assertions",
        binary("digest", primary_key=True),
        number("consumed_at"),
        number("expires_at", index=True),
    )


def create_region() -> None:
    op.create_table(
        "signing_keys",
        name("kid", primary_key=True),
        name("purpose"),
        name("algorithm"),
        name("state"),
        text("public_jwk"),
        binary("private_sealed"),
        number("created_at"),
        number("signs_from_at"),
        number("signs_until_at"),
        number("published_until_at"),
        one_of("purpose", "protocol", "federation", "bundle", "log"),
        one_of("algorithm", "ES256", "EdDSA", "PS256", "RS256"),
        one_of("state", "pending", "signing", "verify_only", "retired"),
    )
    is_signing = sa.text("state = 'signing'")
    op.create_index(
        "uq_signing_keys_one_signing",
        "signing_keys",
        ["purpose", "algorithm"],
        unique=True,
        sqlite_where=is_signing,
        postgresql_where=is_signing,
    )
    generations = op.create_table("generations", name("name", primary_key=True), number("value"))
    op.bulk_insert(generations, [{"name": "clients", "value": 1}, {"name": "keys", "value": 1}])
    op.create_table(
        "audit_events",
        sa.Column("id", ROW_NUMBER, primary_key=True),
        name("kind"),
        number("happened_at"),
        name("account_id", nullable=True),
        name("client_id", nullable=True),
        name("subject", nullable=True),
    )
    op.create_index("ix_audit_events_account_id_id", "audit_events", ["account_id", "id"])


def permission() -> list[sa.Column[Any]]:
    return [
        of_client(),
        of_account(primary_key=False),
        name("session_id", sa.ForeignKey("sessions.id"), index=True),
        text("subject"),
        text("scope"),
        text("userinfo_claims"),
        text("id_token_claims"),
        text("resources"),
        small("level"),
        text("amr"),
        number("authenticated_at"),
        flag("offline"),
    ]


def name(title: str, *rules: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, EXACT_TEXT, *rules, **{"nullable": False, **options})


def text(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.Text(), **{"nullable": False, **options})


def binary(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.LargeBinary(), **{"nullable": False, **options})


def number(title: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(title, sa.BigInteger(), **{"nullable": False, **options})


def small(title: str) -> sa.Column[Any]:
    return sa.Column(title, sa.SmallInteger(), nullable=False)


def flag(title: str) -> sa.Column[Any]:
    return sa.Column(title, sa.Boolean(create_constraint=True, name=title), nullable=False)


def of_account(**options: Any) -> sa.Column[Any]:
    key = sa.ForeignKey("accounts.id", ondelete="CASCADE")
    return name("account_id", key, **{"primary_key": True, **options})


def of_client() -> sa.Column[Any]:
    return name("client_id", sa.ForeignKey("clients.client_id", ondelete="CASCADE"))


def one_of(column: str, *words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)
