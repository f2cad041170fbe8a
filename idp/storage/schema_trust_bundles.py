"""Tables of the trust that a region received: the newest bundle, who fetches the next, whose keys were stolen."""

from __future__ import annotations

from sqlalchemy import Table

from idp.storage.columns import count, metadata, moment, name, text

trust_bundles = Table(
    "trust_bundles",
    metadata,
    name("issuer", primary_key=True),
    count("root_version"),
    count("seq"),
    name("content_hash"),
    moment("issued_at"),
    moment("expires_at"),
    moment("next_update_at"),
    moment("admitted_at"),
    text("document"),
    text("lineage", nullable=True),
    name("applied_hash", nullable=True),
    count("log_size", nullable=True),
    text("log_root", nullable=True),
    text("log_checkpoint", nullable=True),
    moment("unwitnessed_since", nullable=True),
    text("narrowing", nullable=True),
    name("narrowing_hash", nullable=True),
)
"""One row for a hub. `applied_hash`: the content from which every consequence was drawn. `issued_at`: as old as its
witnesses say. `log_…`: the head of the hub's log that it came with; `unwitnessed_since`: nobody stands by it yet.
`narrowing`: its regions and revoked keys less what newer bundles took away that nobody stood by; null when nothing."""

trust_pulls = Table(
    "trust_pulls",
    metadata,
    name("issuer", primary_key=True),
    moment("due_at"),
    moment("latest_at"),
    moment("counted_at", nullable=True),
)
"""`latest_at`: it was at least this late when somebody last looked, whatever the clock says after a restart.
`counted_at`: when visitors were counted last, to be told to the hub."""

trust_thefts = Table(
    "trust_thefts",
    metadata,
    name("issuer", primary_key=True),
    name("kid", primary_key=True),
    moment("noted_at"),
)
"""Keys whose theft had its consequences here: they are drawn once, or nobody of that region could sign in again."""
