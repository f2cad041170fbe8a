"""Clients of the federation as rows: who registered, until when, and the place that grants hold on to.

Every client has a row in `clients`, because what people agreed to refers to it. That of an entity of the federation is
switched off, so that it opens nothing to whoever looks there; only a registration does, and trust decides how long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Insert, Table, and_, case, delete, or_, select

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.identifiers import digest
from idp.oidc.client import Client
from idp.storage.client_document import client_of, values_of
from idp.storage.db import Database
from idp.storage.generations import Remembered, advance
from idp.storage.rows import can_be_stored, document, given
from idp.storage.schema import clients, configuration_times, federated_clients
from idp.storage.schema_federated_clients import RegisteredBy
from idp.storage.statement import Row, Statement, replacing

_is_this = federated_clients.c.client_id == given("client")
_kept = frozenset({"client_id", "created_at"})


def _place(insert: Callable[[Table], Any]) -> Insert:
    row = insert(clients)
    changed = {column.name: row.excluded[column.name] for column in clients.c if column.name not in _kept}
    is_other = or_(*(clients.c[name].is_distinct_from(value) for name, value in changed.items()))
    placed: Insert = row.on_conflict_do_update(index_elements=["client_id"], set_=changed, where=is_other)
    return placed


def _advance_times(insert: Callable[[Table], Any]) -> Insert:
    row, before = insert(configuration_times), configuration_times.c
    is_no_older = and_(
        row.excluded.configured_at >= before.configured_at, row.excluded.vouched_at >= before.vouched_at
    )
    # Processes of one entity sign for themselves, one a little before another: what says the same may be older.
    says_the_same = row.excluded.content_hash == before.content_hash
    advanced: Insert = row.on_conflict_do_update(
        index_elements=["client_id"],
        set_={
            "configured_at": _later(row.excluded.configured_at, before.configured_at),
            "vouched_at": _later(row.excluded.vouched_at, before.vouched_at),
            "content_hash": row.excluded.content_hash,
        },
        where=or_(is_no_older, says_the_same),
    )
    return advanced


def _later(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one > other, one), else_=other)


PLACE = Statement(_place)
ADVANCE_TIMES = Statement(_advance_times)
NOTE = Statement(replacing(federated_clients))
FIND = Statement(
    select(
        clients,
        federated_clients.c.registered_by,
        federated_clients.c.trust_anchor,
        federated_clients.c.signers,
        federated_clients.c.registered_at,
        federated_clients.c.expires_at,
    )
    .join(federated_clients, federated_clients.c.client_id == clients.c.client_id)
    .where(_is_this)
)
END = Statement(delete(federated_clients).where(_is_this))


class OlderRegistration(Exception):
    """The entity has registered by newer words, and what it was then need not be what it is now."""


@dataclass(frozen=True, slots=True)
class ConfigurationTimes:
    """When those spoke whose words make a registration: their `iat`."""

    configured_at: datetime
    """The entity about itself."""
    vouched_at: datetime
    """Its superior about it."""


@dataclass(frozen=True, slots=True)
class FederatedRegistration:
    """One entity's registration."""

    client: Client
    """What it is."""
    registered_by: RegisteredBy
    trust_anchor: str
    """Entity id of the anchor its chain ended in."""
    signers: tuple[tuple[str, str], ...]
    """Who signed its chain, and the `kid` of the key each did it with."""
    registered_at: datetime
    expires_at: datetime
    """When its chain ends; the registration never outlives it."""


class FederatedClients:
    """Registrations of entities, straight from the database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find_by_id(self, client_id: str) -> Client | None:
        """The client with `trust_expires_at`, past or not; None when no registration is there."""
        found = self.find(client_id)
        return None if found is None else found.client

    def find(self, client_id: str) -> FederatedRegistration | None:
        """The registration, expired or not."""
        if not can_be_stored(client_id):
            return None
        row = self._db.one(FIND, client=client_id)
        return None if row is None else _registration_of(row)

    def register(self, registration: FederatedRegistration, times: ConfigurationTimes) -> None:
        """Keep a registration in place of the entity's one before. Every process sees it within a second.

        Of any number at once the newest stays. Raises: OlderRegistration — and nothing has changed.
        """
        client = replace(registration.client, enabled=False, trust_expires_at=registration.expires_at)
        registered_at = to_milliseconds(registration.registered_at)
        with self._db.transaction() as tx:
            tx.run(PLACE, **values_of(client), created_at=registered_at)
            if tx.run(ADVANCE_TIMES, **_times_of(registration, times)) != 1:
                raise OlderRegistration
            tx.run(
                NOTE,
                client_id=client.client_id,
                registered_by=registration.registered_by.value,
                trust_anchor=registration.trust_anchor,
                signers=document(registration.signers),
                registered_at=registered_at,
                expires_at=to_milliseconds(registration.expires_at),
            )
            advance(tx, Remembered.CLIENTS)

    def place(self, client: Client, *, now: datetime) -> bool:
        """See that grants and consents of this client have a row to hold on to. True when this call changed it.

        For clients whose trust is decided elsewhere (the brokers in the trust bundle); it registers nobody.
        """
        with self._db.transaction() as tx:
            row = values_of(replace(client, enabled=False))
            if tx.run(PLACE, **row, created_at=to_milliseconds(now)) != 1:
                return False
            advance(tx, Remembered.CLIENTS)
        return True

    def end(self, client_id: str) -> bool:
        """End a registration before its time. True when this call ended it; what was agreed to stays known."""
        with self._db.transaction() as tx:
            if tx.run(END, client=client_id) != 1:
                return False
            advance(tx, Remembered.CLIENTS)
        return True


def _times_of(registration: FederatedRegistration, times: ConfigurationTimes) -> dict[str, Any]:
    lasting = values_of(replace(registration.client, enabled=False, trust_expires_at=None))
    return {
        "client_id": registration.client.client_id,
        "configured_at": to_milliseconds(times.configured_at),
        "vouched_at": to_milliseconds(times.vouched_at),
        "content_hash": digest(document([lasting, registration.signers])),
    }


def _registration_of(row: Row) -> FederatedRegistration:
    return FederatedRegistration(
        client=replace(client_of(row), enabled=True),
        registered_by=RegisteredBy(row.registered_by),
        trust_anchor=row.trust_anchor,
        signers=tuple((issuer, kid) for issuer, kid in orjson.loads(row.signers)),
        registered_at=from_milliseconds(row.registered_at),
        expires_at=from_milliseconds(row.expires_at),
    )
