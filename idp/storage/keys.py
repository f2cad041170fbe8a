"""Signing keys, the private halves sealed."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import insert, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.keys import KeyPlan, KeyPurpose, KeyRecord, KeyState
from idp.oidc.vocabulary import Algorithm
from idp.storage.db import Database
from idp.storage.generations import GenerationRepository, Remembered, advance_from
from idp.storage.rows import document, given
from idp.storage.schema import signing_keys
from idp.storage.statement import Row, Statement

_in_order = (signing_keys.c.created_at, signing_keys.c.kid)
_changing = [column.name for column in signing_keys.columns if column.name != "kid"]

EVERY = Statement(select(signing_keys).order_by(*_in_order))
PUBLISHED = Statement(
    select(signing_keys)
    .where(signing_keys.c.purpose == given("purpose"), signing_keys.c.state != KeyState.RETIRED.value)
    .order_by(*_in_order)
)
ADD = Statement(insert(signing_keys))
CHANGE = Statement(
    update(signing_keys)
    .where(signing_keys.c.kid == given("changed_kid"))
    .values({name: given(f"new_{name}") for name in _changing})
)


class KeyRepository:
    """Implements `idp.oidc.ports.KeyStore`."""

    def __init__(self, database: Database, generations: GenerationRepository) -> None:
        self._db = database
        self._generations = generations

    def published(self, purpose: KeyPurpose) -> tuple[KeyRecord, ...]:
        return tuple(_record(row) for row in self._db.all(PUBLISHED, purpose=purpose.value))

    def every(self) -> tuple[KeyRecord, ...]:
        return tuple(_record(row) for row in self._db.all(EVERY))

    def generation(self) -> int:
        return self._generations.of(Remembered.KEYS)

    def apply(self, plan: KeyPlan, *, generation: int) -> bool:
        with self._db.transaction() as tx:
            if not advance_from(tx, Remembered.KEYS, generation):
                return False
            # Whoever stops signing goes first: the database allows one signing key at any moment, also in between.
            for record in sorted(plan.change, key=lambda record: record.state is KeyState.SIGNING):
                changed = {f"new_{name}": value for name, value in _values(record).items()}
                if tx.run(CHANGE, changed_kid=record.kid, **changed) != 1:
                    raise LookupError(f"no key {record.kid} to change")
            for record in plan.add:
                tx.run(ADD, kid=record.kid, **_values(record))
        return True


def _values(record: KeyRecord) -> dict[str, Any]:
    return {
        "purpose": record.purpose.value,
        "algorithm": record.algorithm.value,
        "state": record.state.value,
        "public_jwk": document(record.public_jwk),
        "private_sealed": record.private_sealed,
        "created_at": to_milliseconds(record.created_at),
        "signs_from_at": to_milliseconds(record.signs_from),
        "signs_until_at": to_milliseconds(record.signs_until),
        "published_until_at": to_milliseconds(record.published_until),
    }


def _record(row: Row) -> KeyRecord:
    return KeyRecord(
        kid=row.kid,
        purpose=KeyPurpose(row.purpose),
        algorithm=Algorithm(row.algorithm),
        state=KeyState(row.state),
        public_jwk=orjson.loads(row.public_jwk),
        private_sealed=row.private_sealed,
        created_at=from_milliseconds(row.created_at),
        signs_from=from_milliseconds(row.signs_from_at),
        signs_until=from_milliseconds(row.signs_until_at),
        published_until=from_milliseconds(row.published_until_at),
    )
