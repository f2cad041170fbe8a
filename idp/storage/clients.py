"""The registry of mini-apps as rows: read without a memory, and edited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from idp.foundation.clock import to_milliseconds
from idp.oidc.client import Client
from idp.storage.client_document import client_of, values_of
from idp.storage.db import Database
from idp.storage.generations import Remembered, advance
from idp.storage.rows import can_be_stored, given
from idp.storage.schema import clients
from idp.storage.statement import Statement

_is_this = clients.c.client_id == given("client")
_changing = [column.name for column in clients.columns if column.name not in ("client_id", "created_at")]

FIND = Statement(select(clients).where(_is_this))
LIST_AFTER = Statement(
    select(clients)
    .where(clients.c.client_id > given("after"))
    .order_by(clients.c.client_id)
    .limit(given("limit"))
)
ADD = Statement(lambda insert: insert(clients).on_conflict_do_nothing(index_elements=["client_id"]))
REPLACE = Statement(
    update(clients).where(_is_this).values({name: given(f"new_{name}") for name in _changing})
)
SET_ENABLED = Statement(
    update(clients)
    .where(_is_this, clients.c.enabled != given("is_enabled"))
    .values(enabled=given("is_enabled"))
)
GIVE_SECRET = Statement(
    update(clients)
    .where(_is_this, clients.c.secret_hash.is_(None))
    .values(secret_hash=given("new_secret_hash", clients.c.secret_hash.type))
)


DROP_SECRET = Statement(
    update(clients)
    .where(_is_this, clients.c.secret_hash.is_not(None))
    .values(secret_hash=given("no_secret", clients.c.secret_hash.type))
)


class ClientRegistry:
    """Clients straight from the database. Every edit is seen by all processes within a second."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find_by_id(self, client_id: str) -> Client | None:
        """The client as it is now."""
        if not can_be_stored(client_id):
            return None
        row = self._db.one(FIND, client=client_id)
        return None if row is None else client_of(row)

    def list_after(self, client_id: str, limit: int) -> tuple[Client, ...]:
        """Clients in order of their ids, from just behind `client_id`."""
        return tuple(client_of(row) for row in self._db.all(LIST_AFTER, after=client_id, limit=limit))

    def add(self, client: Client, *, now: datetime) -> bool:
        """Register a client; False when its id is taken, and then nothing changed."""
        return self._edit(ADD, **values_of(client), created_at=to_milliseconds(now))

    def replace(self, client: Client) -> bool:
        """Put `client` in the place of the one with its id; False when there is none."""
        changed = {f"new_{name}": value for name, value in values_of(client).items()}
        return self._edit(REPLACE, client=client.client_id, **changed)

    def set_enabled(self, client_id: str, enabled: bool) -> bool:
        """Switch a client on or off. True when this call changed it."""
        return self._edit(SET_ENABLED, client=client_id, is_enabled=enabled)

    def give_first_secret(self, client_id: str, secret_hash: bytes) -> bool:
        """Give a client its first secret; False when it has one already. Of two at once one gives it."""
        return self._edit(GIVE_SECRET, client=client_id, new_secret_hash=secret_hash)

    def drop_secret(self, client_id: str) -> bool:
        """Have a client's secret work no longer; False when it has none. The next one is a first one again."""
        return self._edit(DROP_SECRET, client=client_id, no_secret=None)

    def _edit(self, statement: Statement, **values: object) -> bool:
        with self._db.transaction() as tx:
            if tx.run(statement, **values) != 1:
                return False
            advance(tx, Remembered.CLIENTS)
        return True
