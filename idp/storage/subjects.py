"""Pairwise subjects, written once. Spec: OpenID Connect Core §8.1."""

from __future__ import annotations

from sqlalchemy import select

from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import subjects
from idp.storage.statement import Statement

# Only for the pair: a `sub` that another person already has must fail, not be handed to both.
ADD = Statement(
    lambda insert: (
        insert(subjects)
        .on_conflict_do_nothing(index_elements=["account_id", "sector"])
        .returning(subjects.c.sub)
    )
)
FIND = Statement(
    select(subjects.c.sub).where(
        subjects.c.account_id == given("account_id"), subjects.c.sector == given("sector")
    )
)


class SubjectRepository:
    """Implements `idp.accounts.subjects.SubjectStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find_or_add(self, account_id: str, sector: str, candidate: str) -> str:
        pair = {"account_id": account_id, "sector": sector}
        row = self._db.one(ADD, sub=candidate, **pair) or self._db.one(FIND, **pair)
        if row is None:
            raise LookupError("a subject was removed while it was read")
        return str(row.sub)
