"""Of whom a receiver wants to hear nothing more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Insert, Table, delete, exists, select

from idp.storage.rows import NOW, given
from idp.storage.schema import grants, stream_exclusions, streams
from idp.storage.statement import Statement


def _exclude(insert: Callable[[Table], Any]) -> Insert:
    # Only who came to this client: of names that it makes up there is no end.
    subject = given("sub", grants.c.subject.type)
    is_known = exists().where(grants.c.client_id == streams.c.client_id, grants.c.subject == subject)
    found = select(streams.c.id, subject, NOW).where(streams.c.id == given("stream"), is_known)
    kept = insert(stream_exclusions).from_select(["stream_id", "subject", "created_at"], found).inline()
    excluded: Insert = kept.on_conflict_do_nothing(index_elements=["stream_id", "subject"])
    return excluded


EXCLUDE = Statement(_exclude)
INCLUDE = Statement(
    delete(stream_exclusions).where(
        stream_exclusions.c.stream_id == given("stream"), stream_exclusions.c.subject == given("sub")
    )
)
