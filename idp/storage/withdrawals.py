"""What ends when trust in somebody of another region does: sessions, grants, codes, requests under way, registrations.

Each ending is one transaction, and finds nothing left when it is made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from idp.foundation.clock import to_milliseconds
from idp.foundation.events import EventKind
from idp.oidc.authorization.transaction import TransactionState
from idp.signals.reasons import Reason
from idp.storage.db import Access, Database
from idp.storage.endings import drop_codes, revoke_grants
from idp.storage.events import RECORD
from idp.storage.generations import Remembered, advance
from idp.storage.logouts import tell_apps
from idp.storage.rows import NOW, can_be_stored, given
from idp.storage.schema import (
    authorization_codes,
    clients,
    federated_clients,
    grants,
    pushed_requests,
    qr_sign_ins,
    sessions,
    transactions,
    trust_thefts,
    upstream_attempts,
)
from idp.storage.schema_qr import QrState
from idp.storage.signals import signal_sessions
from idp.storage.statement import Statement

_HOME, _ABOVE, _SINCE = given("home"), given("above"), given("since")
_CLIENT = given("client")
NEVER = 2**62
"""Milliseconds: later than anything."""
HIGHEST = 99
"""Above every level."""


def _is_lost(table: Any) -> ColumnElement[bool]:
    """Above what the home may still say, or proved since its key was in other hands."""
    return or_(table.c.level > _ABOVE, table.c.authenticated_at >= _SINCE)


def _starts_with(column: ColumnElement[str], scheme: str) -> ColumnElement[bool]:
    """As a range, so that an index finds it: `0` comes after `/`."""
    return and_(column >= scheme, column < f"{scheme[:-1]}0")


def _close_qr(*which: ColumnElement[bool]) -> Statement:
    return Statement(
        update(qr_sign_ins)
        .where(qr_sign_ins.c.consumed_at.is_(None), *which)
        .values(state=QrState.CANCELLED.value, consumed_at=NOW)
    )


_of_home = select(sessions.c.id).where(sessions.c.home_iss == _HOME)
_ended_now = _of_home.where(sessions.c.ended_at == NOW)
# Who has the key writes into a token what they like, an older proof too: what was opened since is not believed either.
_open_sessions = (
    sessions.c.home_iss == _HOME,
    sessions.c.ended_at.is_(None),
    or_(_is_lost(sessions), sessions.c.created_at >= _SINCE),
)

HOMES = Statement(select(sessions.c.home_iss).where(sessions.c.home_iss > "").distinct())
HOMES_AHEAD = Statement(
    select(upstream_attempts.c.home_iss).where(upstream_attempts.c.home_iss > "").distinct()
)
HAS_OPEN = Statement(select(sessions.c.id).where(*_open_sessions).limit(1))
END_SESSIONS = Statement(update(sessions).where(*_open_sessions).values(ended_at=NOW))
DROP_CODES_OF_HOME = drop_codes(
    authorization_codes.c.session_id.in_(_of_home),
    or_(_is_lost(authorization_codes), authorization_codes.c.session_id.in_(_ended_now)),
)
TELL_APPS_OF_HOME = tell_apps(grants.c.session_id.in_(_ended_now))
SIGNAL_OF_HOME = signal_sessions(Reason.TRUST_WITHDRAWN, grants.c.session_id.in_(_ended_now))
REVOKE_GRANTS_OF_HOME = revoke_grants(
    grants.c.session_id.in_(_of_home), or_(_is_lost(grants), grants.c.session_id.in_(_ended_now))
)
REVOKE_GRANTS_OF_PERSON = revoke_grants(
    grants.c.account_id == given("account"),
    grants.c.home_iss == _HOME,
    grants.c.authenticated_at <= given("until"),
)
CLOSE_QR_OF_HOME = _close_qr(qr_sign_ins.c.session_id.in_(_ended_now))
DROP_ATTEMPTS = Statement(
    delete(upstream_attempts).where(
        upstream_attempts.c.home_iss == _HOME, upstream_attempts.c.consumed_at.is_(None)
    )
)

_is_entity = or_(_starts_with(clients.c.client_id, "https://"), _starts_with(clients.c.client_id, "http://"))
_of_region = and_(_is_entity, clients.c.region == given("region"))
SUPERIORS = Statement(select(clients.c.region).where(_is_entity).distinct())
OF_REGION = Statement(select(clients.c.client_id).where(_of_region))
REGISTERED_BY = Statement(select(federated_clients.c.client_id, federated_clients.c.signers))
"""Read whole, once for each stolen key: who signed is a document."""
END_REGISTRATION = Statement(delete(federated_clients).where(federated_clients.c.client_id == _CLIENT))
CONSUME_PUSHED = Statement(
    update(pushed_requests)
    .where(pushed_requests.c.client_id == _CLIENT, pushed_requests.c.consumed_at.is_(None))
    .values(consumed_at=NOW)
)
# By their end, of which there is an index: what has lapsed is worth nothing anyway.
CLOSE_QR = _close_qr(qr_sign_ins.c.expires_at > NOW, qr_sign_ins.c.client_id == _CLIENT)
DROP_CODES = drop_codes(authorization_codes.c.expires_at > NOW, authorization_codes.c.client_id == _CLIENT)
REVOKE_GRANTS_OF_REGION = revoke_grants(grants.c.client_id.in_(select(clients.c.client_id).where(_of_region)))
REVOKE_GRANTS = revoke_grants(grants.c.client_id == _CLIENT)
"""Both look at every grant, once for each region or key that is lost: no index for that alone."""
PENDING = Statement(
    select(transactions.c.digest, transactions.c.parameters).where(
        transactions.c.expires_at > NOW, transactions.c.state == TransactionState.PENDING.value
    )
)
CANCEL = Statement(
    update(transactions)
    .where(
        transactions.c.digest == given("transaction"),
        transactions.c.state == TransactionState.PENDING.value,
    )
    .values(state=TransactionState.CANCELLED.value, consumed_at=NOW)
)
NOTE_THEFT = Statement(
    lambda insert: insert(trust_thefts).on_conflict_do_nothing(index_elements=["issuer", "kid"])
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How much an ending ended."""

    sessions: int = 0
    grants: int = 0
    under_way: int = 0
    """Codes, pushed requests, transactions, attempts, QR codes."""
    registrations: int = 0

    def __bool__(self) -> bool:
        return bool(self.sessions or self.grants or self.under_way or self.registrations)

    def __add__(self, other: Ended) -> Ended:
        return Ended(
            self.sessions + other.sessions,
            self.grants + other.grants,
            self.under_way + other.under_way,
            self.registrations + other.registrations,
        )


class Withdrawals:
    """Looks for what hangs from other regions, and ends it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def homes(self) -> frozenset[str]:
        """Providers that somebody's session came from, or that somebody is on the way to."""
        return frozenset(row.home_iss for which in (HOMES, HOMES_AHEAD) for row in self._db.all(which))

    def superiors(self) -> frozenset[str]:
        """Who answers for the entities that are clients here, or were."""
        return frozenset(row.region for row in self._db.all(SUPERIORS))

    def has_open(self, issuer: str) -> bool:
        """Whether somebody is signed in by this provider."""
        return self._db.one(HAS_OPEN, home=issuer, above=0, since=NEVER) is not None

    def end_home(self, issuer: str, above: int, *, now: datetime) -> Ended:
        """End what this provider vouched for with a level higher than `above`."""
        with self._db.transaction() as tx:
            ended = _end_home(tx, issuer, above, NEVER, now)
            if not above:
                ended += Ended(under_way=tx.run(DROP_ATTEMPTS, home=issuer))
            _record(tx, ended, issuer, now)
        return ended

    def end_clients_of(self, region: str, *, now: datetime) -> Ended:
        """End the registrations of the clients that this entity answers for, and what they have here."""
        with self._db.transaction() as tx:
            ids = {row.client_id for row in tx.all(OF_REGION, region=region)}
            ended = _end_clients(tx, ids, now)
            ended += Ended(grants=tx.run(REVOKE_GRANTS_OF_REGION, region=region, now=to_milliseconds(now)))
            _record(tx, ended, region, now)
        return ended

    def end_grants_of(self, issuer: str, account_id: str, until: datetime, *, now: datetime) -> int:
        """End what this provider's word opened for one person until then, also what outlives a session; how much."""
        values = {"home": issuer, "account": account_id, "until": to_milliseconds(until)}
        return self._db.run(REVOKE_GRANTS_OF_PERSON, now=to_milliseconds(now), **values)

    def end_theft(self, issuer: str, kid: str, since: datetime, *, now: datetime) -> Ended:
        """End what a stolen key may have opened: once for each key, at the first call.

        Sessions of this provider since the theft; of this client everything that is under way, and its registration
        when its chain was signed with it.
        """
        if not (can_be_stored(issuer) and can_be_stored(kid)):
            return Ended()
        with self._db.transaction() as tx:
            noted_at = to_milliseconds(now)
            if tx.run(NOTE_THEFT, issuer=issuer, kid=kid, noted_at=noted_at) != 1:
                return Ended()
            ids = {issuer, *_registered_through(tx, issuer, kid)}
            ended = _end_home(tx, issuer, HIGHEST, to_milliseconds(since), now) + _end_clients(tx, ids, now)
            ended += Ended(grants=sum(tx.run(REVOKE_GRANTS, client=one, now=noted_at) for one in ids))
            _record(tx, ended, issuer, now)
        return ended


def _end_home(tx: Access, issuer: str, above: int, since: int, now: datetime) -> Ended:
    values = {"home": issuer, "above": above, "since": since, "now": to_milliseconds(now)}
    ended = tx.run(END_SESSIONS, **values)
    under_way = tx.run(DROP_CODES_OF_HOME, **values)
    tx.run(TELL_APPS_OF_HOME, **values)
    tx.run(SIGNAL_OF_HOME, **values)
    revoked = tx.run(REVOKE_GRANTS_OF_HOME, **values)
    return Ended(ended, revoked, under_way + tx.run(CLOSE_QR_OF_HOME, **values))


def _end_clients(tx: Access, ids: set[str], now: datetime) -> Ended:
    at = to_milliseconds(now)
    registrations = sum(tx.run(END_REGISTRATION, client=one) for one in ids)
    if registrations:
        advance(tx, Remembered.CLIENTS)
    under_way = sum(
        tx.run(statement, client=one, now=at)
        for one in ids
        for statement in (CONSUME_PUSHED, CLOSE_QR, DROP_CODES)
    )
    return Ended(under_way=under_way + _cancel_transactions(tx, ids, now), registrations=registrations)


def _cancel_transactions(tx: Access, ids: set[str], now: datetime) -> int:
    """Their parameters are a document, so that it is read here which are theirs."""
    at = to_milliseconds(now)
    pending = tx.all(PENDING, now=at) if ids else []
    theirs = [row.digest for row in pending if ids & _named_in(row.parameters)]
    return sum(tx.run(CANCEL, transaction=digest, now=at) for digest in theirs)


def _named_in(parameters: str) -> set[str]:
    return {value for name, value in orjson.loads(parameters) if name == "client_id"}


def _registered_through(tx: Access, issuer: str, kid: str) -> list[str]:
    found = tx.all(REGISTERED_BY)
    return [row.client_id for row in found if [issuer, kid] in orjson.loads(row.signers)]


def _record(tx: Access, ended: Ended, who: str, now: datetime) -> None:
    if ended:
        tx.run(
            RECORD,
            kind=EventKind.TRUST_WITHDRAWN.value,
            happened_at=to_milliseconds(now),
            account_id=None,
            client_id=None,
            subject=who,
        )
