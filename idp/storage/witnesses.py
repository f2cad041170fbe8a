"""What this installation cosigned for the logs of others: it only moves forward, one step at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Table, and_, select

from idp.foundation.clock import to_milliseconds
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import witness_heads
from idp.storage.statement import Statement
from idp.transparency.witness import Head

_head = witness_heads.c


def _move(insert: Callable[[Table], Any]) -> Insert:
    row = insert(witness_heads)
    is_as_known = and_(_head.size == given("known_size"), _head.root == given("known_root", _head.root.type))
    changed = {column: row.excluded[column] for column in ("size", "root", "note", "cosigned_at")}
    moved: Insert = row.on_conflict_do_update(index_elements=["origin"], set_=changed, where=is_as_known)
    return moved


FIND = Statement(select(_head.size, _head.root).where(_head.origin == given("log")))
EVERY = Statement(select(_head.origin, _head.size, _head.root))
BEGIN = Statement(lambda insert: insert(witness_heads).on_conflict_do_nothing(index_elements=["origin"]))
MOVE = Statement(_move)


class WitnessHeads:
    """The last head of each log that was cosigned here."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, origin: str) -> Head | None:
        """What was cosigned last of a log; None when nothing ever was."""
        row = self._db.one(FIND, log=origin)
        return None if row is None else Head(row.size, bytes(row.root))

    def every(self) -> Mapping[str, Head]:
        """Of every log."""
        return {row.origin: Head(row.size, bytes(row.root)) for row in self._db.all(EVERY)}

    def move(self, origin: str, known: Head | None, new: Head, note: str, *, now: datetime) -> bool:
        """Remember `new` in the place of `known`. Atomic, and durable when it returns.

        False: somebody else moved it, and whoever wanted to has to look again. Of any number who saw the same head
        exactly one moves it to a larger one. Spec: C2SP tlog-witness.
        """
        values = {
            "origin": origin,
            "size": new.size,
            "root": new.root,
            "note": note,
            "cosigned_at": to_milliseconds(now),
        }
        if known is None:
            return self._db.run(BEGIN, **values) == 1
        return self._db.run(MOVE, **values, known_size=known.size, known_root=known.root) == 1
