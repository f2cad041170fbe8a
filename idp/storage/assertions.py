"""Client assertions seen, so that none counts twice. Spec: RFC 7523 §3."""

from __future__ import annotations

from datetime import datetime

from idp.foundation.clock import to_milliseconds
from idp.foundation.identifiers import digest
from idp.storage.db import Database
from idp.storage.schema import client_assertions
from idp.storage.statement import Statement

CLAIM = Statement(lambda insert: insert(client_assertions).on_conflict_do_nothing(index_elements=["digest"]))


class AssertionRepository:
    """Implements `idp.oidc.ports.AssertionLog`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def claim(self, client_id: str, jti: str, expires_at: datetime, *, now: datetime) -> bool:
        hit = self._db.run(
            CLAIM,
            # With its length in front, so that no other pair of client and jti reads the same.
            digest=digest(f"{len(client_id)}:{client_id}{jti}"),
            consumed_at=to_milliseconds(now),
            expires_at=to_milliseconds(expires_at),
        )
        return hit == 1
