"""Client assertions seen, so that none counts twice. Spec: RFC 7523 §3."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from idp.foundation.clock import to_milliseconds
from idp.foundation.identifiers import digest
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import client_assertions
from idp.storage.statement import Statement

CLAIM = Statement(lambda insert: insert(client_assertions).on_conflict_do_nothing(index_elements=["digest"]))
FIND = Statement(
    select(client_assertions.c.digest).where(
        client_assertions.c.digest == given("seen", client_assertions.c.digest.type),
        client_assertions.c.expires_at > NOW,
    )
)


class AssertionRepository:
    """Implements `idp.oidc.ports.AssertionLog`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def claim(self, client_id: str, jti: str, expires_at: datetime, *, now: datetime) -> bool:
        hit = self._db.run(
            CLAIM,
            digest=_digest(client_id, jti),
            consumed_at=to_milliseconds(now),
            expires_at=to_milliseconds(expires_at),
        )
        return hit == 1

    def was_claimed(self, client_id: str, jti: str, *, now: datetime) -> bool:
        """Whether somebody claimed it and it has not expired since."""
        return self._db.one(FIND, seen=_digest(client_id, jti), now=to_milliseconds(now)) is not None


def _digest(client_id: str, jti: str) -> bytes:
    """With its length in front, so that no other pair of client and jti reads the same."""
    return digest(f"{len(client_id)}:{client_id}{jti}")
