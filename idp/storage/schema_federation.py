"""Tables of an entity of the federation: whom it vouches for, and trust marks."""

from __future__ import annotations

from sqlalchemy import Table

from idp.federation.roll import SubordinateState
from idp.storage.columns import digest, flag, json, metadata, moment, name, one_of, text

subordinates = Table(
    "subordinates",
    metadata,
    name("entity_id", primary_key=True),
    text("entity_types"),
    flag("is_intermediate"),
    json("jwks"),
    json("metadata"),
    json("metadata_policy"),
    json("constraints"),
    name("state"),
    moment("enrolled_at"),
    moment("changed_at"),
    one_of("state", SubordinateState),
)

trust_marks = Table(
    "trust_marks",
    metadata,
    digest("token_digest", primary_key=True),
    text("token"),
    name("kid"),
    name("issuer"),
    name("mark_type"),
    name("subject", index=True),
    moment("issued_at"),
    moment("expires_at", index=True),
    moment("revoked_at", nullable=True),
    text("reason"),
)
"""Marks that we gave, and marks that our entities were given. `token` is public: its bearer shows it to everybody."""

trust_mark_types = Table(
    "trust_mark_types",
    metadata,
    name("mark_type", primary_key=True),
    json("issuers"),
    name("owner", nullable=True),
    json("owner_jwks", nullable=True),
)
"""What an anchor says: who may issue marks of a type, and whose the type is."""

trust_mark_delegations = Table(
    "trust_mark_delegations",
    metadata,
    name("mark_type", primary_key=True),
    name("owner"),
    text("token"),
    moment("expires_at"),
)
"""Leave to issue marks of somebody else's type, as its owner signed it."""
