"""Pictures of mini-apps, each once, under the digest of its bytes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from idp.foundation.clock import to_milliseconds
from idp.storage.db import Database
from idp.storage.rows import can_be_stored, given
from idp.storage.schema import app_logos
from idp.storage.statement import Statement

PUT = Statement(lambda insert: insert(app_logos).on_conflict_do_nothing(index_elements=["digest"]))
FIND = Statement(select(app_logos.c.png).where(app_logos.c.digest == given("logo")))
HAS = Statement(select(app_logos.c.digest).where(app_logos.c.digest == given("logo")))


class AppLogoRepository:
    """Pictures that were uploaded and made anew."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, digest: str, png: bytes, *, now: datetime) -> None:
        """Keep a picture under the digest of its bytes."""
        self._db.run(PUT, digest=digest, png=png, created_at=to_milliseconds(now))

    def find(self, digest: str) -> bytes | None:
        """The picture with this digest."""
        row = self._db.one(FIND, logo=digest) if can_be_stored(digest) else None
        return None if row is None else bytes(row.png)

    def has(self, digest: str) -> bool:
        """Whether a picture was uploaded."""
        return can_be_stored(digest) and self._db.one(HAS, logo=digest) is not None
