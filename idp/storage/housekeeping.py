"""Sweeping out what can matter to nobody any more, a few hundred rows at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, Table, delete, exists, select, tuple_

from idp.foundation.clock import to_milliseconds
from idp.signals.telling import LogoutState
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import (
    authorization_codes,
    challenges,
    client_assertions,
    federated_clients,
    grants,
    home_endings,
    logouts,
    outgoing_messages,
    pushed_requests,
    qr_sign_ins,
    recoveries,
    refresh_tokens,
    revoked_access_tokens,
    sessions,
    shown_codes,
    staff_challenges,
    staff_links,
    staff_sessions,
    staff_tokens,
    stream_events,
    throttles,
    transactions,
    trust_marks,
    upstream_attempts,
)
from idp.storage.statement import Statement

BATCH = 500
"""Rows deleted by one statement: a few milliseconds, so that nobody waits for us."""
MOST_BATCHES = 20
"""Of one table in one sweep; the next sweep goes on."""

KEEP_ANSWERABLE = timedelta(days=1)
"""Lapsed codes and transactions are kept this long, so that a late one still gets the right answer."""
KEEP_SESSIONS = timedelta(days=30)
KEEP_RECOVERIES = timedelta(days=7)
KEEP_SHOWN_CODES = timedelta(days=30)
"""A redeemed one tells the person which office got what."""
KEEP_REGISTRATIONS = timedelta(days=30)
KEEP_LOGOUTS = timedelta(days=7)
"""Those that a mini-app refused, or that were given up: long enough to ask why."""
KEEP_EVENTS = timedelta(days=90)
"""For receivers of streams that do not come for them: by then nothing of what ended can be open anywhere."""
KEEP_ENDINGS = timedelta(days=1)
"""A sign-in under way is over long before."""
KEEP_MARKS = timedelta(days=365)
"""Whoever has an old trust mark in hand is told that it has expired."""
KEEP_THROTTLES = timedelta(days=30)

_before = given("before")


def _delete(table: Table, *which: ColumnElement[bool]) -> Statement:
    (key,) = table.primary_key.columns
    return _delete_found(table, select(key).where(*which))


def _delete_found(table: Table, keys: Select[tuple[object]]) -> Statement:
    (key,) = table.primary_key.columns
    return Statement(delete(table).where(key.in_(keys.limit(given("batch")))))


_tokens_of_lapsed_grants = (
    select(refresh_tokens.c.digest)
    .join(grants, grants.c.id == refresh_tokens.c.grant_id)
    .where(grants.c.expires_at < _before)
)

_person = (home_endings.c.home_iss, home_endings.c.home_sub)
_OLD_ENDINGS = Statement(
    delete(home_endings).where(
        tuple_(*_person).in_(select(*_person).where(home_endings.c.noted_at < _before).limit(given("batch")))
    )
)

# In this order: what refers to a row goes before the row.
SWEEPS: tuple[tuple[str, Statement, timedelta], ...] = (
    (
        "authorization_codes",
        _delete(authorization_codes, authorization_codes.c.expires_at < _before),
        KEEP_ANSWERABLE,
    ),
    ("transactions", _delete(transactions, transactions.c.expires_at < _before), KEEP_ANSWERABLE),
    # Longer than a sign-in that began with one can last.
    ("pushed_requests", _delete(pushed_requests, pushed_requests.c.expires_at < _before), KEEP_ANSWERABLE),
    (
        "upstream_attempts",
        _delete(upstream_attempts, upstream_attempts.c.expires_at < _before),
        KEEP_ANSWERABLE,
    ),
    ("challenges", _delete(challenges, challenges.c.expires_at < _before), KEEP_ANSWERABLE),
    # A program may ask hundreds of times a minute, and a lapsed question gets the same answer as none.
    ("staff_challenges", _delete(staff_challenges, staff_challenges.c.expires_at < _before), timedelta(0)),
    ("staff_links", _delete(staff_links, staff_links.c.expires_at < _before), KEEP_SESSIONS),
    ("staff_sessions", _delete(staff_sessions, staff_sessions.c.expires_at < _before), KEEP_SESSIONS),
    ("staff_tokens", _delete(staff_tokens, staff_tokens.c.expires_at < _before), KEEP_SESSIONS),
    ("recoveries", _delete(recoveries, recoveries.c.expires_at < _before), KEEP_RECOVERIES),
    ("qr_sign_ins", _delete(qr_sign_ins, qr_sign_ins.c.expires_at < _before), KEEP_ANSWERABLE),
    ("shown_codes", _delete(shown_codes, shown_codes.c.expires_at < _before), KEEP_SHOWN_CODES),
    (
        "outgoing_messages",
        _delete(outgoing_messages, outgoing_messages.c.expires_at < _before),
        KEEP_ANSWERABLE,
    ),
    # One that waits goes when it was heard, or after it was given up.
    (
        "logouts",
        _delete(logouts, logouts.c.created_at < _before, logouts.c.state != LogoutState.WAITING.value),
        KEEP_LOGOUTS,
    ),
    ("stream_events", _delete(stream_events, stream_events.c.happened_at < _before), KEEP_EVENTS),
    ("home_endings", _OLD_ENDINGS, KEEP_ENDINGS),
    ("client_assertions", _delete(client_assertions, client_assertions.c.expires_at < _before), timedelta(0)),
    # Kept as long as it takes to ask why somebody is no client any more.
    (
        "federated_clients",
        _delete(federated_clients, federated_clients.c.expires_at < _before),
        KEEP_REGISTRATIONS,
    ),
    ("trust_marks", _delete(trust_marks, trust_marks.c.expires_at < _before), KEEP_MARKS),
    (
        "revoked_access_tokens",
        _delete(revoked_access_tokens, revoked_access_tokens.c.expires_at < _before),
        timedelta(0),
    ),
    # A used refresh token is how reuse is noticed, so it stays as long as its grant could be used.
    ("refresh_tokens", _delete_found(refresh_tokens, _tokens_of_lapsed_grants), timedelta(0)),
    (
        "grants",
        _delete(
            grants, grants.c.expires_at < _before, ~exists().where(refresh_tokens.c.grant_id == grants.c.id)
        ),
        timedelta(0),
    ),
    (
        "sessions",
        _delete(
            sessions,
            sessions.c.expires_at < _before,
            ~exists().where(grants.c.session_id == sessions.c.id),
            ~exists().where(authorization_codes.c.session_id == sessions.c.id),
        ),
        KEEP_SESSIONS,
    ),
    # A wait never lasts that long. What is closed for good stays until somebody opens it.
    (
        "throttles",
        _delete(throttles, throttles.c.charged_at < _before, throttles.c.misses < throttles.c.most),
        KEEP_THROTTLES,
    ),
)


class Housekeeping:
    """Deletes lapsed rows. Any process may do it at any time, several at once too."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def sweep(self, *, now: datetime) -> Mapping[str, int]:
        """One round; returns how many rows went, by table."""
        return {
            table: self._sweep(statement, to_milliseconds(now - keep)) for table, statement, keep in SWEEPS
        }

    def _sweep(self, statement: Statement, before: int) -> int:
        swept = 0
        for _ in range(MOST_BATCHES):
            hit = self._db.run(statement, before=before, batch=BATCH)
            swept += hit
            if hit < BATCH:
                break
        return swept
