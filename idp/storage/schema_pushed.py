"""The table of authorization requests that clients pushed ahead of the browser."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Table

from idp.storage.columns import digest, json, metadata, moment, name

pushed_requests = Table(
    "pushed_requests",
    metadata,
    digest("digest", primary_key=True),
    name("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), index=True),
    json("parameters"),
    moment("created_at"),
    moment("expires_at", index=True),
    moment("consumed_at", nullable=True),
)
