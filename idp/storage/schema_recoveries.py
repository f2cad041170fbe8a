"""The table of recoveries: who is on the way back into which account, and how far."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Table

from idp.storage.columns import count, digest, metadata, moment, name, one_of, text


class Word(StrEnum):
    """The states as stored. A waiting one whose time has come is ready; nothing needs to be written for that."""

    BEGUN = "begun"
    ONE_PROVED = "one_proved"
    WAITING = "waiting"
    REQUESTED = "requested"
    APPROVED = "approved"
    READY = "ready"
    FINISHED = "finished"
    CANCELLED = "cancelled"


recoveries = Table(
    "recoveries",
    metadata,
    name("id", primary_key=True),
    digest("digest", nullable=True, unique=True),
    name("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=True, index=True),
    digest("name_hash"),
    name("state"),
    text("anchors"),
    text("officer"),
    text("approver"),
    text("lost"),
    digest("stop_hash", nullable=True, unique=True),
    digest("code_hash", nullable=True, unique=True),
    count("wrong_answers"),
    moment("created_at"),
    moment("waits_until", nullable=True),
    moment("expires_at", index=True),
    moment("consumed_at", nullable=True),
    one_of("state", Word),
)
"""`digest` is of the cookie that holds it, `stop_hash` of the key in the notices, `code_hash` of a counter's code."""

_is_open = recoveries.c.state.in_([Word.WAITING.value, Word.READY.value])
Index(
    "uq_recoveries_open_account_id",
    recoveries.c.account_id,
    unique=True,
    sqlite_where=_is_open,
    postgresql_where=_is_open,
)
