"""Who of the staff is signed in where, and their API tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, insert, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.governance.roles import Action
from idp.governance.staff import SESSION_IDLE
from idp.governance.staff_sessions import ApiToken, StaffSession
from idp.storage.db import Database
from idp.storage.rows import NOW, can_be_stored, given, joined, words
from idp.storage.schema import staff, staff_sessions, staff_tokens
from idp.storage.statement import Row, Statement

_MEMBER, _ID, _DIGEST = given("member"), given("public_id"), given("given_digest")
_session, _token = staff_sessions.c, staff_tokens.c
_IDLE = int(SESSION_IDLE.total_seconds() * 1000)
_session_lives = and_(
    _session.ended_at.is_(None), _session.expires_at > NOW, _session.last_seen_at > given("seen_after")
)
_token_lives = and_(_token.revoked_at.is_(None), _token.expires_at > NOW)

_active_members = select(staff.c.id).where(staff.c.joined_at.is_not(None), staff.c.deactivated_at.is_(None))

ADD_SESSION = Statement(insert(staff_sessions))
FIND_SESSION = Statement(
    select(staff_sessions).where(
        _session.digest == _DIGEST,
        _session_lives,
        _session.staff_id.in_(_active_members),
    )
)
TOUCH = Statement(
    update(staff_sessions)
    .where(_session.id == _ID, _session.ended_at.is_(None), _session.last_seen_at < NOW)
    .values(last_seen_at=NOW)
)
SESSIONS_OF = Statement(
    select(staff_sessions)
    .where(_session.staff_id == _MEMBER, _session_lives)
    .order_by(_session.created_at.desc(), _session.id)
)
END = Statement(
    update(staff_sessions)
    .where(_session.id == _ID, _session.staff_id == _MEMBER, _session.ended_at.is_(None))
    .values(ended_at=NOW)
)
END_OTHERS = Statement(
    update(staff_sessions)
    .where(_session.staff_id == _MEMBER, _session.id != _ID, _session.ended_at.is_(None))
    .values(ended_at=NOW)
)
ADD_TOKEN = Statement(insert(staff_tokens))
FIND_TOKEN = Statement(
    select(staff_tokens).where(
        _token.digest == _DIGEST,
        _token_lives,
        _token.staff_id.in_(_active_members),
    )
)
TOKENS_OF = Statement(
    select(staff_tokens)
    .where(_token.staff_id == _MEMBER, _token_lives)
    .order_by(_token.created_at.desc(), _token.id)
)
USE_TOKEN = Statement(update(staff_tokens).where(_token.id == _ID, _token_lives).values(last_used_at=NOW))
REVOKE = Statement(
    update(staff_tokens)
    .where(_token.id == _ID, _token.staff_id == _MEMBER, _token.revoked_at.is_(None))
    .values(revoked_at=NOW)
)


class StaffSessionRepository:
    """Sessions, by digest of the cookie."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, digest: bytes, session: StaffSession) -> None:
        """Keep a new session."""
        self._db.run(
            ADD_SESSION,
            digest=digest,
            id=session.id,
            staff_id=session.staff_id,
            created_at=to_milliseconds(session.created_at),
            last_seen_at=to_milliseconds(session.last_seen_at),
            expires_at=to_milliseconds(session.expires_at),
            ended_at=None,
            user_agent=session.user_agent,
            address=session.address,
        )

    def find(self, digest: bytes, *, now: datetime) -> StaffSession | None:
        """The live session behind a cookie: not ended, not expired, not idle too long, its member active."""
        row = self._db.one(FIND_SESSION, given_digest=digest, **_live(now))
        return None if row is None else _as_session(row)

    def touch(self, session_id: str, *, now: datetime) -> None:
        """Remember that it was used."""
        self._db.run(TOUCH, public_id=session_id, now=to_milliseconds(now))

    def of(self, staff_id: str, *, now: datetime) -> tuple[StaffSession, ...]:
        """The live ones of a member, the latest first."""
        return tuple(_as_session(row) for row in self._db.all(SESSIONS_OF, member=staff_id, **_live(now)))

    def end(self, session_id: str, staff_id: str, *, now: datetime) -> bool:
        """End one of this member; True when this call did it."""
        if not can_be_stored(session_id):
            return False
        return self._db.run(END, public_id=session_id, member=staff_id, now=to_milliseconds(now)) == 1

    def end_others(self, staff_id: str, keep: str, *, now: datetime) -> None:
        """End every session of a member but `keep`."""
        self._db.run(END_OTHERS, public_id=keep, member=staff_id, now=to_milliseconds(now))


class StaffTokenRepository:
    """API tokens, by digest of the token."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, digest: bytes, token: ApiToken) -> None:
        """Keep a new token."""
        self._db.run(
            ADD_TOKEN,
            digest=digest,
            id=token.id,
            staff_id=token.staff_id,
            label=token.label,
            actions=joined(sorted(token.actions)),
            created_at=to_milliseconds(token.created_at),
            expires_at=to_milliseconds(token.expires_at),
            last_used_at=None,
            revoked_at=None,
        )

    def find(self, digest: bytes, *, now: datetime) -> ApiToken | None:
        """The token in force: not revoked, not expired, its member active."""
        row = self._db.one(FIND_TOKEN, given_digest=digest, now=to_milliseconds(now))
        return None if row is None else _as_token(row)

    def used(self, token_id: str, *, now: datetime) -> None:
        """Remember that it was used."""
        self._db.run(USE_TOKEN, public_id=token_id, now=to_milliseconds(now))

    def of(self, staff_id: str, *, now: datetime) -> tuple[ApiToken, ...]:
        """Those of a member that are in force, the latest first."""
        rows = self._db.all(TOKENS_OF, member=staff_id, now=to_milliseconds(now))
        return tuple(map(_as_token, rows))

    def revoke(self, token_id: str, staff_id: str, *, now: datetime) -> bool:
        """Revoke one of this member; True when this call did it."""
        if not can_be_stored(token_id):
            return False
        return self._db.run(REVOKE, public_id=token_id, member=staff_id, now=to_milliseconds(now)) == 1


def _live(now: datetime) -> dict[str, int]:
    milliseconds = to_milliseconds(now)
    return {"now": milliseconds, "seen_after": milliseconds - _IDLE}


def _as_session(row: Row) -> StaffSession:
    return StaffSession(
        id=row.id,
        staff_id=row.staff_id,
        created_at=from_milliseconds(row.created_at),
        last_seen_at=from_milliseconds(row.last_seen_at),
        expires_at=from_milliseconds(row.expires_at),
        user_agent=row.user_agent,
        address=row.address,
    )


def _as_token(row: Row) -> ApiToken:
    return ApiToken(
        id=row.id,
        staff_id=row.staff_id,
        label=row.label,
        # An action that a later release took away is no action.
        actions=frozenset(Action(word) for word in words(row.actions) if word in set(Action)),
        created_at=from_milliseconds(row.created_at),
        expires_at=from_milliseconds(row.expires_at),
        last_used_at=None if row.last_used_at is None else from_milliseconds(row.last_used_at),
    )
