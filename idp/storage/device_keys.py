"""Keys in browsers that a pattern unlocks, and how often it was drawn wrong."""

from __future__ import annotations

from sqlalchemy import insert, select, true, update

from idp.authn.authenticators import Authenticator
from idp.authn.factors.gesture import DeviceKey, KeyAlgorithm
from idp.storage.authenticators import AuthenticatorRepository
from idp.storage.db import Database
from idp.storage.rows import can_be_stored, given
from idp.storage.schema import accounts, authenticators, device_keys
from idp.storage.statement import Statement

_row = device_keys.c
_is_this = _row.id == given("key_id")

ADD = Statement(insert(device_keys))
FIND = Statement(
    select(device_keys)
    .join(accounts, accounts.c.id == _row.account_id)
    .join(authenticators, (authenticators.c.account_id == _row.account_id) & (authenticators.c.id == _row.id))
    .where(_is_this, accounts.c.is_active.is_(true()), authenticators.c.suspended_at.is_(None))
)
CHARGE = Statement(
    update(device_keys)
    .where(_is_this, _row.misses < given("most"))
    .values(misses=_row.misses + 1)
    .returning(_row.misses)
)
FORGIVE = Statement(update(device_keys).where(_is_this, _row.misses == given("count")).values(misses=0))


class DeviceKeyRepository:
    """Implements `idp.authn.factors.gesture.DeviceKeyStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._authenticators = AuthenticatorRepository(database)

    def add(self, key: DeviceKey, authenticator: Authenticator) -> None:
        with self._db.transaction() as tx:
            self._authenticators.add(authenticator)
            tx.run(
                ADD,
                id=key.id,
                account_id=key.account_id,
                algorithm=key.algorithm.value,
                public_key=key.public_key,
                misses=0,
            )

    def find(self, key_id: str) -> DeviceKey | None:
        if not can_be_stored(key_id):
            return None
        row = self._db.one(FIND, key_id=key_id)
        if row is None:
            return None
        return DeviceKey(row.account_id, row.id, KeyAlgorithm(row.algorithm), row.public_key)

    def charge(self, key_id: str, *, most: int) -> int | None:
        row = self._db.one(CHARGE, key_id=key_id, most=most)
        return None if row is None else int(row.misses)

    def forgive(self, key_id: str, *, count: int) -> None:
        self._db.run(FORGIVE, key_id=key_id, count=count)
