"""Numbers that grow when something has changed that other processes remember."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select, update

from idp.storage.db import Access, Database
from idp.storage.rows import given
from idp.storage.schema import generations
from idp.storage.statement import Statement


class Remembered(StrEnum):
    """What processes remember between requests. A migration writes a row for each."""

    CLIENTS = "clients"
    KEYS = "keys"
    TRUST_LIST = "trust_list"
    """Of the hub."""
    TRUST = "trust"
    FEDERATION = "federation"


_is_this = generations.c.name == given("name")

FIND = Statement(select(generations.c.value).where(_is_this))
ADVANCE = Statement(update(generations).where(_is_this).values(value=generations.c.value + 1))
ADVANCE_FROM = Statement(
    update(generations)
    .where(_is_this, generations.c.value == given("known"))
    .values(value=generations.c.value + 1)
)


class GenerationRepository:
    """Reads and advances generations. Advance within the transaction of the change itself."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, what: Remembered) -> int:
        """The present generation. Raises: LookupError — its row is missing."""
        row = self._db.one(FIND, name=what.value)
        if row is None:
            raise LookupError(f"no generation of {what}: run `idp db upgrade`")
        return int(row.value)


def advance(tx: Access, what: Remembered) -> None:
    """Tell every process to look again, once the transaction commits."""
    tx.run(ADVANCE, name=what.value)


def advance_from(tx: Access, what: Remembered, known: int) -> bool:
    """The same, provided nothing changed since generation `known`; False otherwise."""
    return tx.run(ADVANCE_FROM, name=what.value, known=known) == 1
