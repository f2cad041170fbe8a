"""The table of clients that registered by the trust others put in them."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Table

from idp.storage.columns import digest, json, metadata, moment, name, one_of


class RegisteredBy(StrEnum):
    """How an entity registered (OpenID Federation 1.0 §12), as stored."""

    AUTOMATIC = "automatic"
    EXPLICIT = "explicit"


federated_clients = Table(
    "federated_clients",
    metadata,
    name("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True),
    name("registered_by"),
    name("trust_anchor"),
    json("signers"),
    moment("registered_at"),
    moment("expires_at", index=True),
    one_of("registered_by", RegisteredBy),
)
"""What the client is stands in `clients`, where grants and consents hold on to it when its registration has ended.

`signers` lists who signed its chain with which key, so that a key revoked later takes the registration along."""

configuration_times = Table(
    "configuration_times",
    metadata,
    name("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True),
    moment("configured_at"),
    moment("vouched_at"),
    digest("content_hash"),
)
"""The newest words that an entity registered by: when it spoke itself, when its superior did, and what came of both.

Stays when the registration ends, so that no older chain comes after it.
"""
