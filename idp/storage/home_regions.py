"""People of other regions: who they are there, requests to their regions, and the sessions that came of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from idp.accounts.person import Account
from idp.accounts.visitors import LinkedSubject
from idp.authn.home_session import Derived, HomeSession
from idp.federation.upstream_attempt import UpstreamAttempt
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.storage.accounts import ADD as ADD_ACCOUNT
from idp.storage.db import Database
from idp.storage.rows import NOW, can_be_stored, document, given, milliseconds_or_none
from idp.storage.schema import accounts, home_sessions, linked_subjects, sessions, upstream_attempts
from idp.storage.statement import Row, Statement, replacing

_is_linked = (
    linked_subjects.c.home_iss == given("iss"),
    linked_subjects.c.home_sub == given("sub"),
)
FIND_LINK = Statement(select(linked_subjects).where(*_is_linked))
ADD_LINK = Statement(
    lambda insert: insert(linked_subjects).on_conflict_do_nothing(index_elements=["home_iss", "home_sub"])
)
DROP_LINK = Statement(
    delete(linked_subjects).where(
        *_is_linked,
        linked_subjects.c.account_id == given("account"),
        linked_subjects.c.is_visitor.is_(False),
    )
)
LINKS_OF = Statement(
    select(linked_subjects)
    .where(linked_subjects.c.account_id == given("account"))
    .order_by(linked_subjects.c.created_at, linked_subjects.c.home_iss, linked_subjects.c.home_sub)
)
USE_LINK = Statement(update(linked_subjects).where(*_is_linked).values(last_used_at=NOW))
DROP_ACCOUNT = Statement(delete(accounts).where(accounts.c.id == given("account")))

_is_attempt = upstream_attempts.c.state_digest == given("state", upstream_attempts.c.state_digest.type)
ADD_ATTEMPT = Statement(insert(upstream_attempts))
FIND_ATTEMPT = Statement(select(upstream_attempts).where(_is_attempt))
CONSUME_ATTEMPT = Statement(
    update(upstream_attempts)
    .where(_is_attempt, upstream_attempts.c.consumed_at.is_(None), upstream_attempts.c.expires_at > NOW)
    .values(consumed_at=NOW)
)

PUT_HOME = Statement(replacing(home_sessions))
FIND_HOME = Statement(select(home_sessions).where(home_sessions.c.session_id == given("session")))
_derived = (
    select(sessions.c.id, sessions.c.account_id)
    .join(home_sessions, home_sessions.c.session_id == sessions.c.id)
    .where(home_sessions.c.home_iss == given("iss"), sessions.c.ended_at.is_(None))
    .order_by(sessions.c.id)
)
DERIVED_BY_SID = Statement(_derived.where(home_sessions.c.home_sid == given("sid")))
DERIVED_BY_SUB = Statement(_derived.where(home_sessions.c.home_sub == given("sub")))
DERIVED_BY_BOTH = Statement(
    _derived.where(home_sessions.c.home_sid == given("sid"), home_sessions.c.home_sub == given("sub"))
)
# When the region said it, by its own clock: ours may be ahead of it or behind. Before we kept that, by ours.
DOUBTED = Statement(
    _derived.where(
        home_sessions.c.home_sub == given("sub"),
        func.coalesce(home_sessions.c.home_issued_at, sessions.c.created_at) <= given("until"),
        sessions.c.level > given("above"),
    )
)


class LinkedSubjectRepository:
    """Implements `idp.accounts.visitors.LinkedSubjectStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, home_iss: str, home_sub: str) -> LinkedSubject | None:
        row = self._db.one(FIND_LINK, iss=home_iss, sub=home_sub)
        return None if row is None else _linked(row)

    def arrive(self, home_iss: str, home_sub: str, candidate: Account, *, now: datetime) -> LinkedSubject:
        with self._db.transaction() as tx:
            tx.run(
                ADD_ACCOUNT,
                id=candidate.id,
                username=candidate.username,
                claims=document(candidate.claims),
                assurance=candidate.assurance.value,
                is_active=candidate.is_active,
                created_at=to_milliseconds(candidate.created_at),
            )
            # Waits for whoever writes the same line at this moment, and then sees theirs.
            if tx.run(ADD_LINK, **_link_values(home_iss, home_sub, candidate.id, True, now)) != 1:
                tx.run(DROP_ACCOUNT, account=candidate.id)
            row = tx.one(FIND_LINK, iss=home_iss, sub=home_sub)
        if row is None:
            raise LookupError("a link was removed while it was read")
        return _linked(row)

    def link(self, home_iss: str, home_sub: str, account_id: str, *, now: datetime) -> bool:
        return self._db.run(ADD_LINK, **_link_values(home_iss, home_sub, account_id, False, now)) == 1

    def unlink(self, home_iss: str, home_sub: str, account_id: str) -> bool:
        if not (can_be_stored(home_iss) and can_be_stored(home_sub)):
            return False
        return self._db.run(DROP_LINK, iss=home_iss, sub=home_sub, account=account_id) == 1

    def of(self, account_id: str) -> tuple[LinkedSubject, ...]:
        return tuple(map(_linked, self._db.all(LINKS_OF, account=account_id)))

    def use(self, home_iss: str, home_sub: str, *, now: datetime) -> None:
        self._db.run(USE_LINK, iss=home_iss, sub=home_sub, now=to_milliseconds(now))


class UpstreamAttemptRepository:
    """Implements `idp.federation.upstream_attempt.UpstreamAttemptStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, state_digest: bytes, attempt: UpstreamAttempt) -> None:
        self._db.run(
            ADD_ATTEMPT,
            state_digest=state_digest,
            browser_digest=attempt.browser_digest,
            home_iss=attempt.home_iss,
            nonce_digest=attempt.nonce_digest,
            secrets_sealed=attempt.secrets_sealed,
            required_acr=attempt.required_acr,
            authenticated_after=milliseconds_or_none(attempt.authenticated_after),
            created_at=to_milliseconds(attempt.created_at),
            expires_at=to_milliseconds(attempt.expires_at),
            consumed_at=None,
        )

    def find(self, state_digest: bytes) -> UpstreamAttempt | None:
        row = self._db.one(FIND_ATTEMPT, state=state_digest)
        if row is None:
            return None
        after = row.authenticated_after
        return UpstreamAttempt(
            browser_digest=bytes(row.browser_digest),
            home_iss=row.home_iss,
            nonce_digest=bytes(row.nonce_digest),
            secrets_sealed=bytes(row.secrets_sealed),
            required_acr=row.required_acr,
            authenticated_after=None if after is None else from_milliseconds(after),
            created_at=from_milliseconds(row.created_at),
            expires_at=from_milliseconds(row.expires_at),
            is_consumed=row.consumed_at is not None,
        )

    def consume(self, state_digest: bytes, *, now: datetime) -> bool:
        return self._db.run(CONSUME_ATTEMPT, state=state_digest, now=to_milliseconds(now)) == 1


class HomeSessionRepository:
    """Implements `idp.authn.home_session.HomeSessionStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, home_session: HomeSession) -> None:
        self._db.run(
            PUT_HOME,
            session_id=home_session.session_id,
            home_iss=home_session.home_iss,
            home_sub=home_session.home_sub,
            home_sid=home_session.home_sid,
            id_token_sealed=home_session.id_token_sealed,
            home_issued_at=milliseconds_or_none(home_session.issued_at),
        )

    def find(self, session_id: str) -> HomeSession | None:
        row = self._db.one(FIND_HOME, session=session_id)
        if row is None:
            return None
        return HomeSession(
            session_id=row.session_id,
            home_iss=row.home_iss,
            home_sub=row.home_sub,
            home_sid=row.home_sid,
            id_token_sealed=bytes(row.id_token_sealed),
            issued_at=None if row.home_issued_at is None else from_milliseconds(row.home_issued_at),
        )

    def derived(self, home_iss: str, *, sid: str | None, sub: str | None) -> tuple[Derived, ...]:
        if sid is not None and sub is not None:
            rows = self._db.all(DERIVED_BY_BOTH, iss=home_iss, sid=sid, sub=sub)
        elif sid is not None:
            rows = self._db.all(DERIVED_BY_SID, iss=home_iss, sid=sid)
        elif sub is not None:
            rows = self._db.all(DERIVED_BY_SUB, iss=home_iss, sub=sub)
        else:
            rows = []
        return tuple(Derived(row.id, row.account_id) for row in rows)

    def doubted(self, home_iss: str, sub: str, until: datetime, above: int) -> tuple[Derived, ...]:
        rows = self._db.all(DOUBTED, iss=home_iss, sub=sub, until=to_milliseconds(until), above=above)
        return tuple(Derived(row.id, row.account_id) for row in rows)


def _link_values(
    home_iss: str, home_sub: str, account_id: str, is_visitor: bool, now: datetime
) -> dict[str, object]:
    return {
        "home_iss": home_iss,
        "home_sub": home_sub,
        "account_id": account_id,
        "is_visitor": is_visitor,
        "created_at": to_milliseconds(now),
        "last_used_at": to_milliseconds(now),
    }


def _linked(row: Row) -> LinkedSubject:
    return LinkedSubject(
        home_iss=row.home_iss,
        home_sub=row.home_sub,
        account_id=row.account_id,
        is_visitor=bool(row.is_visitor),
        created_at=from_milliseconds(row.created_at),
        last_used_at=from_milliseconds(row.last_used_at),
    )
