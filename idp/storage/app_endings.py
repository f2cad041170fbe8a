"""What ends with a mini-app: at once when it is suspended, on a day when it is retired."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from idp.foundation.clock import to_milliseconds
from idp.storage.db import Database
from idp.storage.endings import drop_codes, revoke_grants
from idp.storage.rows import given
from idp.storage.schema import authorization_codes, grants
from idp.storage.statement import Statement

_APP = given("app")
_UNTIL = given("until")
_of_app = grants.c.client_id == _APP

DROP_CODES = drop_codes(authorization_codes.c.client_id == _APP)
REVOKE = revoke_grants(_of_app)
END_BY = Statement(
    update(grants)
    .where(_of_app, grants.c.revoked_at.is_(None), grants.c.expires_at > _UNTIL)
    .values(expires_at=_UNTIL)
)


class AppEndings:
    """Codes and grants of one mini-app, all together. The caller switches the client, in the same transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def end_now(self, client_id: str, *, now: datetime) -> int:
        """End every code and grant; how many grants that were."""
        with self._db.transaction() as tx:
            tx.run(DROP_CODES, app=client_id)
            return tx.run(REVOKE, app=client_id, now=to_milliseconds(now))

    def end_by(self, client_id: str, until: datetime) -> None:
        """Drop waiting codes, and let no grant last beyond `until`."""
        with self._db.transaction() as tx:
            tx.run(DROP_CODES, app=client_id)
            tx.run(END_BY, app=client_id, until=to_milliseconds(until))
