"""The table of sign-outs that mini-apps are still to be told of."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table

from idp.signals.telling import LogoutState
from idp.storage.columns import ROW_NUMBER, count, metadata, moment, name, one_of, text

logouts = Table(
    "logouts",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    # No foreign key: it is told of until it was heard, whatever becomes of the session's own row.
    name("session_id"),
    name("client_id", ForeignKey("clients.client_id", ondelete="CASCADE")),
    text("subject"),
    name("state"),
    moment("created_at", index=True),
    moment("due_at", nullable=True, index=True),
    count("attempts"),
    one_of("state", LogoutState),
    CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name="due_while_waiting"),
    Index("ix_logouts_client_id_due_at", "client_id", "due_at"),
)
"""One row for each session that ended and each mini-app that took part in it. It goes when the mini-app has heard."""
