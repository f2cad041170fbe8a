"""Tables of security event streams: ours, what waits on them, and what other regions tell us."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table

from idp.signals.event_types import EventType
from idp.signals.stream import Method, StreamStatus
from idp.storage.columns import ROW_NUMBER, count, flag, json, metadata, moment, name, one_of, text

_OF_STREAM = "streams.id"

streams = Table(
    "streams",
    metadata,
    name("id", primary_key=True),
    # One for each client: whoever creates a second one at the same moment fails here.
    name("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), unique=True),
    text("description", nullable=True),
    json("events_requested"),
    flag("sends_session_revoked"),
    flag("sends_credential_change"),
    flag("sends_assurance_level_change"),
    name("method"),
    text("endpoint_url", nullable=True),
    Column("authorization_sealed", LargeBinary(), nullable=True),
    name("status"),
    text("reason"),
    flag("is_held"),
    flag("is_full"),
    moment("created_at"),
    moment("heard_at"),
    moment("verified_at", nullable=True),
    moment("due_at", index=True),
    count("attempts"),
    one_of("method", Method),
    one_of("status", StreamStatus),
    CheckConstraint(
        f"(method = '{Method.PUSH.value}') = (endpoint_url IS NOT NULL)", name="pushed_somewhere"
    ),
    CheckConstraint(
        f"status <> '{StreamStatus.ENABLED.value}' OR NOT (is_held OR is_full)", name="stopped_stands"
    ),
)
"""`sends_…` follow from `events_requested`. `due_at`, `attempts`: when the next push may be tried, after how many.

`is_held`: by an operator. `is_full`: too many events wait, and no more are kept.
"""

stream_events = Table(
    "stream_events",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    name("stream_id", ForeignKey(_OF_STREAM, ondelete="CASCADE")),
    name("type"),
    name("subject", nullable=True),
    # No foreign key: it is told of until it was heard, whatever becomes of the session's own row.
    name("session_id", nullable=True),
    json("detail"),
    moment("happened_at", index=True),
    one_of("type", EventType),
    Index("ix_stream_events_stream_id_id", "stream_id", "id"),
)
"""One row for each event and each receiver. It goes when the receiver has acknowledged it."""

stream_exclusions = Table(
    "stream_exclusions",
    metadata,
    name("stream_id", ForeignKey(_OF_STREAM, ondelete="CASCADE")),
    name("subject"),
    moment("created_at"),
    PrimaryKeyConstraint("stream_id", "subject"),
)
"""People of whom a receiver wants to hear nothing more."""

signal_sources = Table(
    "signal_sources",
    metadata,
    name("issuer", primary_key=True),
    text("configuration_url", nullable=True),
    text("poll_url", nullable=True),
    moment("due_at"),
    moment("heard_at", nullable=True),
    text("trouble"),
)
"""Streams of other regions that we hear, and whose turn it is to ask: who moves `due_at` on has it."""

home_endings = Table(
    "home_endings",
    metadata,
    name("home_iss"),
    name("home_sub"),
    moment("ended_before"),
    moment("noted_at", index=True),
    PrimaryKeyConstraint("home_iss", "home_sub"),
)
"""A sign-in under way whose ID token is no younger than this is over when it arrives."""
