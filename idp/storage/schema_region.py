"""Tables of the region itself: its signing keys, the numbers that tell workers to look again, the audit trail."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, LargeBinary, Table, event, text

from idp.oidc.keys import KeyPurpose, KeyState
from idp.oidc.vocabulary import Algorithm
from idp.storage.columns import ROW_NUMBER, count, json, metadata, moment, name, one_of, sealed

signing_keys = Table(
    "signing_keys",
    metadata,
    name("kid", primary_key=True),
    name("purpose"),
    name("algorithm"),
    name("state"),
    json("public_jwk"),
    sealed("private_sealed"),
    moment("created_at"),
    moment("signs_from_at"),
    moment("signs_until_at"),
    moment("published_until_at"),
    one_of("purpose", KeyPurpose),
    one_of("algorithm", Algorithm),
    one_of("state", KeyState),
)

_is_signing = text("state = 'signing'")
one_signing = Index(
    "uq_signing_keys_one_signing",
    signing_keys.c.purpose,
    signing_keys.c.algorithm,
    unique=True,
    sqlite_where=_is_signing,
)
"""At any moment one key signs for each purpose and algorithm."""


@event.listens_for(signing_keys, "before_create")
def _say_it_to_postgresql(_table: Table, connection: Connection, **_: Any) -> None:
    # Said with the index, it would load SQLAlchemy's PostgreSQL part into every process, on SQLite too.
    if connection.dialect.name == "postgresql":
        one_signing.dialect_kwargs["postgresql_where"] = _is_signing


generations = Table(
    "generations",
    metadata,
    name("name", primary_key=True),
    count("value"),
)
"""Numbers that grow when something that workers remember has changed: `clients`, `keys`, `trust`."""

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    name("kind"),
    moment("happened_at"),
    name("account_id", nullable=True),
    name("client_id", nullable=True),
    name("subject", nullable=True),
    Column("log_index", BigInteger(), nullable=True),
    Column("salt", LargeBinary(), nullable=True),
    Index("ix_audit_events_account_id_id", "account_id", "id"),
    Index("ix_audit_events_happened_at_id", "happened_at", "id"),
    Index("ix_audit_events_kind_happened_at_id", "kind", "happened_at", "id"),
    Index("ix_audit_events_subject_happened_at_id", "subject", "happened_at", "id"),
)
"""The trail. No foreign keys: it outlives what it tells of. `log_index` is its entry in the audit log, given soon
after. Of a person who was forgotten the salt is gone, and with it whatever the entry could be held against."""

_is_unlogged = text("log_index IS NULL")
unlogged = Index("ix_audit_events_unlogged", audit_events.c.id, sqlite_where=_is_unlogged)
"""Those that have no entry yet: few, whatever the trail has grown to."""


@event.listens_for(audit_events, "before_create")
def _say_that_to_postgresql(_table: Table, connection: Connection, **_: Any) -> None:
    if connection.dialect.name == "postgresql":
        unlogged.dialect_kwargs["postgresql_where"] = _is_unlogged
