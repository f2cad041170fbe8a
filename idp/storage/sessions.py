"""Browser sessions, each found together with all that a page needs to know of its person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, Table, and_, insert, select, update

from idp.authn.session import ClientStanding, Presence, Session, SessionOwner
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.proofs import Proof
from idp.oidc.vocabulary import AcrLevel
from idp.signals.reasons import Reason
from idp.storage.db import Database
from idp.storage.endings import drop_codes, revoke_grants
from idp.storage.logouts import tell_apps
from idp.storage.rows import NOW, can_be_stored, document, given, joined, words
from idp.storage.schema import (
    accounts,
    authorization_codes,
    consents,
    consents_on_behalf,
    grants,
    sessions,
    subjects,
)
from idp.storage.signals import signal_people, signal_sessions
from idp.storage.statement import Row, Statement

_ACCOUNT, _SESSION, _KEPT = given("account"), given("session"), given("kept")
_SEEN_AFTER = given("seen_after")
_is_live = and_(
    sessions.c.ended_at.is_(None), sessions.c.expires_at > NOW, sessions.c.last_seen_at > _SEEN_AFTER
)
_ended_with_account = select(sessions.c.id).where(
    sessions.c.account_id == _ACCOUNT, sessions.c.ended_at.is_not(None)
)
_ended_now = select(sessions.c.id).where(sessions.c.account_id == _ACCOUNT, sessions.c.ended_at == NOW)


def _present() -> Select[Any]:
    return (
        select(sessions, accounts.c.username, accounts.c.claims)
        .join(accounts, accounts.c.id == sessions.c.account_id)
        .where(sessions.c.digest == given("digest"), _is_live, accounts.c.is_active.is_(True))
    )


ADD = Statement(insert(sessions))
FIND = Statement(_present())


def _present_before(agreements: Table, *which: ColumnElement[bool]) -> Statement:
    """The session together with what stands between its person and a client."""
    return Statement(
        _present()
        .add_columns(
            subjects.c.sub,
            agreements.c.scopes.label("agreed_scopes"),
            agreements.c.claims.label("agreed_claims"),
        )
        .outerjoin(
            subjects,
            and_(subjects.c.account_id == sessions.c.account_id, subjects.c.sector == given("sector")),
        )
        .outerjoin(
            agreements,
            and_(
                agreements.c.account_id == sessions.c.account_id,
                agreements.c.client_id == given("client_id"),
                agreements.c.withdrawn_at.is_(None),
                *which,
            ),
        )
    )


FIND_WITH_STANDING = _present_before(consents)
FIND_ON_BEHALF = _present_before(consents_on_behalf, consents_on_behalf.c.sector == given("for_sector"))
RENEW = Statement(
    update(sessions)
    .where(sessions.c.id == _SESSION, sessions.c.account_id == _ACCOUNT, sessions.c.ended_at.is_(None))
    .values(
        digest=given("fresh_digest"),
        authenticated_at=given("proved_at"),
        level=given("reached_level"),
        amr=given("proved_amr"),
        proofs=given("kept_proofs"),
    )
)
TOUCH = Statement(
    update(sessions)
    .where(sessions.c.id == _SESSION, sessions.c.ended_at.is_(None), sessions.c.last_seen_at < NOW)
    .values(last_seen_at=NOW)
)
LIST = Statement(
    select(sessions)
    .where(sessions.c.account_id == _ACCOUNT, _is_live)
    .order_by(sessions.c.created_at.desc(), sessions.c.id)
)
END = Statement(
    update(sessions)
    .where(sessions.c.id == _SESSION, sessions.c.account_id == _ACCOUNT, sessions.c.ended_at.is_(None))
    .values(ended_at=NOW)
)
DROP_CODES = drop_codes(authorization_codes.c.session_id == _SESSION)
TELL_APPS = tell_apps(grants.c.session_id == _SESSION)
SIGNAL = signal_sessions(Reason.SESSION_ENDED, grants.c.session_id == _SESSION)
REVOKE_GRANTS = revoke_grants(grants.c.session_id == _SESSION, grants.c.offline.is_(False))
END_ALL = Statement(
    update(sessions)
    .where(sessions.c.account_id == _ACCOUNT, sessions.c.ended_at.is_(None), sessions.c.id != _KEPT)
    .values(ended_at=NOW)
    .returning(sessions.c.expires_at, sessions.c.last_seen_at)
)
DROP_ALL_CODES = drop_codes(authorization_codes.c.session_id.in_(_ended_with_account))
TELL_ALL_APPS = tell_apps(grants.c.session_id.in_(_ended_now))
SIGNAL_ALL = signal_people(Reason.SESSIONS_ENDED, grants.c.session_id.in_(_ended_now))
SIGNAL_EACH = signal_sessions(Reason.SESSIONS_ENDED, grants.c.session_id.in_(_ended_now))
"""Where one session goes on, the others are named."""
REVOKE_ALL_GRANTS = revoke_grants(
    grants.c.account_id == _ACCOUNT,
    grants.c.offline.is_(False),
    grants.c.session_id.in_(_ended_with_account),
)


class SessionRepository:
    """Implements `idp.authn.session.SessionStore`. `idle` is how long a session may go unused."""

    def __init__(self, database: Database, idle: timedelta) -> None:
        self._db = database
        self._idle_milliseconds = int(idle.total_seconds() * 1000)

    def add(self, digest: bytes, session: Session) -> None:
        self._db.run(
            ADD,
            digest=digest,
            id=session.id,
            account_id=session.account_id,
            authenticated_at=to_milliseconds(session.auth_time),
            level=session.level.value,
            amr=joined(session.amr),
            proofs=document([proof.to_json() for proof in session.proofs]),
            created_at=to_milliseconds(session.created_at),
            last_seen_at=to_milliseconds(session.last_seen_at),
            expires_at=to_milliseconds(session.expires_at),
            ended_at=None,
            user_agent=session.user_agent,
            address=session.address,
            home_iss=session.home_iss,
        )

    def find(
        self,
        digest: bytes,
        *,
        now: datetime,
        client_id: str | None = None,
        sector: str | None = None,
        on_behalf: str | None = None,
    ) -> Presence | None:
        live = self._live(now)
        client = {"client_id": client_id, "sector": sector}
        if client_id is None:
            row = self._db.one(FIND, digest=digest, **live)
        elif on_behalf is None:
            row = self._db.one(FIND_WITH_STANDING, digest=digest, **client, **live)
        else:
            row = self._db.one(FIND_ON_BEHALF, digest=digest, for_sector=on_behalf, **client, **live)
        if row is None:
            return None
        return Presence(_session(row), _owner(row), None if client_id is None else _standing(row))

    def renew(self, session_id: str, digest: bytes, session: Session) -> bool:
        hit = self._db.run(
            RENEW,
            session=session_id,
            account=session.account_id,
            fresh_digest=digest,
            proved_at=to_milliseconds(session.auth_time),
            reached_level=session.level.value,
            proved_amr=joined(session.amr),
            kept_proofs=document([proof.to_json() for proof in session.proofs]),
        )
        return hit == 1

    def touch(self, session_id: str, *, now: datetime) -> None:
        self._db.run(TOUCH, session=session_id, now=to_milliseconds(now))

    def list_of(self, account_id: str, *, now: datetime) -> tuple[Session, ...]:
        return tuple(_session(row) for row in self._db.all(LIST, account=account_id, **self._live(now)))

    def end(self, session_id: str, account_id: str, *, now: datetime) -> bool:
        if not can_be_stored(session_id):
            return False
        values = {"session": session_id, "account": account_id, "now": to_milliseconds(now)}
        with self._db.transaction() as tx:
            if tx.run(END, **values) != 1:
                return False
            tx.run(DROP_CODES, **values)
            tx.run(TELL_APPS, **values)
            tx.run(SIGNAL, **values)
            tx.run(REVOKE_GRANTS, **values)
        return True

    def end_all(self, account_id: str, *, keep: str | None, now: datetime) -> int:
        """End every session of a person but `keep`, idle and expired ones too; returns how many were live."""
        live = self._live(now)
        values = {"account": account_id, "kept": keep or "", "now": live["now"]}
        with self._db.transaction() as tx:
            ended = tx.all(END_ALL, **values)
            tx.run(DROP_ALL_CODES, **values)
            if ended:
                tx.run(TELL_ALL_APPS, **values)
                tx.run(SIGNAL_EACH if keep else SIGNAL_ALL, **values)
            tx.run(REVOKE_ALL_GRANTS, **values)
        return sum(row.expires_at > live["now"] and row.last_seen_at > live["seen_after"] for row in ended)

    def _live(self, now: datetime) -> dict[str, int]:
        milliseconds = to_milliseconds(now)
        return {"now": milliseconds, "seen_after": milliseconds - self._idle_milliseconds}


def _session(row: Row) -> Session:
    return Session(
        id=row.id,
        account_id=row.account_id,
        auth_time=from_milliseconds(row.authenticated_at),
        level=AcrLevel(row.level),
        amr=words(row.amr),
        created_at=from_milliseconds(row.created_at),
        last_seen_at=from_milliseconds(row.last_seen_at),
        expires_at=from_milliseconds(row.expires_at),
        user_agent=row.user_agent,
        address=row.address,
        proofs=tuple(map(Proof.from_json, orjson.loads(row.proofs))),
        home_iss=row.home_iss,
    )


def _owner(row: Row) -> SessionOwner:
    person = orjson.loads(row.claims)
    return SessionOwner(
        account_id=row.account_id,
        username=row.username,
        name=str(person.get("name", row.username)),
        person=person,
    )


def _standing(row: Row) -> ClientStanding:
    return ClientStanding(
        subject=row.sub,
        agreed_scopes=frozenset(words(row.agreed_scopes or "")),
        agreed_claims=frozenset(words(row.agreed_claims or "")),
    )
