"""Recoveries. Every step is one UPDATE that still demands the step before it, so nothing can be skipped by a race."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update

from idp.authn.recovery import Recovery, Requested
from idp.foundation.clock import to_milliseconds
from idp.signals.reasons import Reason
from idp.storage.db import Database
from idp.storage.endings import drop_codes, revoke_grants
from idp.storage.logouts import tell_apps
from idp.storage.recovery_rows import new, old, recovery_of, recovery_or_none
from idp.storage.rows import NOW, given, joined
from idp.storage.schema import accounts, authorization_codes, grants, recoveries, sessions
from idp.storage.schema_recoveries import Word
from idp.storage.signals import signal_people
from idp.storage.statement import Statement

_row = recoveries.c
_ACCOUNT = given("account")
_IS_THIS = _row.id == given("recovery_id")
_IS_LIVE = _row.expires_at > NOW
_other = recoveries.alias("other")


def _is(state: ColumnElement[Any], *listed: Word) -> ColumnElement[bool]:
    return or_(*(state == word.value for word in listed))


_IS_GRANTING = _is(_row.state, Word.WAITING, Word.READY)
_IS_OVER = _is(_row.state, Word.FINISHED, Word.CANCELLED)
_IS_UNPROVED = _is(_row.state, Word.BEGUN, Word.ONE_PROVED)
_HAS_STEP = and_(_IS_THIS, _IS_LIVE, _row.state == given("old_state"), _row.anchors == given("old_anchors"))
_HAS_OWNER = exists(
    select(accounts.c.id).where(accounts.c.id == _row.account_id, accounts.c.is_active.is_(True))
)
_IS_PRESENTED_CODE = and_(
    _row.account_id == _ACCOUNT,
    _row.code_hash == given("presented_hash"),
    _row.state == Word.APPROVED.value,
    _IS_LIVE,
)
_NEW = {
    "state": given("new_state"),
    "anchors": given("new_anchors"),
    "approver": given("new_approver"),
    "waits_until": given("new_waits_until", _row.waits_until.type),
    "expires_at": given("new_expires_at"),
}

ADD = Statement(insert(recoveries))
FIND = Statement(select(recoveries).where(_row.digest == given("presented_digest")))
FIND_BY_ID = Statement(select(recoveries).where(_IS_THIS))
FIND_OPEN = Statement(select(recoveries).where(_row.account_id == _ACCOUNT, _IS_GRANTING, _IS_LIVE))
LIST = Statement(
    select(recoveries)
    .where(
        _row.account_id.is_not(None),
        _IS_LIVE,
        ~_IS_OVER,
        ~_IS_UNPROVED,
    )
    .order_by(_row.created_at.desc(), _row.id)
    .limit(given("limit"))
)
MOVE = Statement(update(recoveries).where(_HAS_STEP).values(_NEW))
LOCK_ACCOUNT = Statement(
    select(accounts.c.id).where(accounts.c.id == _ACCOUNT).with_for_update(key_share=True)
)
# One that nobody finished in time is over; it must not stand in the way of the next.
LAPSE = Statement(
    update(recoveries)
    .where(_row.account_id == _ACCOUNT, _IS_GRANTING, _row.expires_at <= NOW)
    .values(state=Word.CANCELLED.value)
)
WAIT = Statement(
    update(recoveries)
    .where(
        _HAS_STEP,
        _HAS_OWNER,
        ~exists(
            select(_other.c.id).where(
                _other.c.account_id == _ACCOUNT,
                _is(_other.c.state, Word.WAITING, Word.READY),
            )
        ),
    )
    .values(_NEW | {"stop_hash": given("new_stop_hash")})
)
APPROVE = Statement(update(recoveries).where(_HAS_STEP).values(_NEW | {"code_hash": given("new_code_hash")}))
MAKE_WAY = Statement(
    update(recoveries)
    .where(
        _row.account_id == _ACCOUNT,
        _IS_GRANTING,
        exists(
            select(_other.c.id).where(
                _other.c.account_id == _ACCOUNT,
                _other.c.code_hash == given("presented_hash"),
                _other.c.state == Word.APPROVED.value,
                _other.c.expires_at > NOW,
            )
        ),
    )
    .values(state=Word.CANCELLED.value)
)
TAKE_OVER = Statement(
    update(recoveries)
    .where(_IS_PRESENTED_CODE, _HAS_OWNER)
    .values(state=Word.READY.value, digest=given("new_digest"), expires_at=given("new_expires_at"))
    .returning(*recoveries.columns)
)
FINISH = Statement(
    update(recoveries)
    .where(
        _IS_THIS,
        _IS_LIVE,
        or_(
            _row.state == Word.READY.value,
            and_(_row.state == Word.WAITING.value, _row.waits_until <= NOW),
        ),
        _HAS_OWNER,
    )
    .values(state=Word.FINISHED.value, consumed_at=NOW)
)
CANCEL = Statement(update(recoveries).where(_IS_THIS, ~_IS_OVER, _IS_LIVE).values(state=Word.CANCELLED.value))
CANCEL_REST = Statement(
    update(recoveries).where(_row.account_id == _ACCOUNT, ~_IS_OVER).values(state=Word.CANCELLED.value)
)
FIND_BY_STOP_KEY = Statement(
    select(recoveries).where(_row.stop_hash == given("presented_hash"), _IS_LIVE, ~_IS_OVER)
)
COUNT_WRONG_ANSWER = Statement(
    update(recoveries)
    .where(_IS_THIS)
    .values(wrong_answers=_row.wrong_answers + 1)
    .returning(_row.wrong_answers)
)
END_SESSIONS = Statement(
    update(sessions)
    .where(sessions.c.account_id == _ACCOUNT, sessions.c.ended_at.is_(None))
    .values(ended_at=NOW)
)
DROP_CODES = drop_codes(
    authorization_codes.c.session_id.in_(select(sessions.c.id).where(sessions.c.account_id == _ACCOUNT))
)
TELL_APPS = tell_apps(
    grants.c.session_id.in_(
        select(sessions.c.id).where(sessions.c.account_id == _ACCOUNT, sessions.c.ended_at == NOW)
    )
)
SIGNAL = signal_people(
    Reason.RECOVERED,
    grants.c.session_id.in_(
        select(sessions.c.id).where(sessions.c.account_id == _ACCOUNT, sessions.c.ended_at == NOW)
    ),
)
REVOKE_GRANTS = revoke_grants(grants.c.account_id == _ACCOUNT)


class RecoveryRepository:
    """Implements `idp.authn.recovery_store.RecoveryStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, recovery: Recovery, digest: bytes | None) -> None:
        self._db.run(
            ADD,
            id=recovery.id,
            digest=digest,
            account_id=recovery.account_id,
            name_hash=recovery.name_hash,
            officer=recovery.state.officer if isinstance(recovery.state, Requested) else "",
            lost=joined(recovery.lost),
            stop_hash=None,
            code_hash=None,
            wrong_answers=0,
            created_at=to_milliseconds(recovery.created_at),
            consumed_at=None,
            **{name.removeprefix("new_"): value for name, value in new(recovery).items()},
        )

    def find(self, digest: bytes) -> Recovery | None:
        return recovery_or_none(self._db.one(FIND, presented_digest=digest))

    def find_by_id(self, recovery_id: str) -> Recovery | None:
        return recovery_or_none(self._db.one(FIND_BY_ID, recovery_id=recovery_id))

    def find_open(self, account_id: str, *, now: datetime) -> Recovery | None:
        return recovery_or_none(self._db.one(FIND_OPEN, account=account_id, now=to_milliseconds(now)))

    def find_by_stop_key(self, stop_hash: bytes, *, now: datetime) -> Recovery | None:
        row = self._db.one(FIND_BY_STOP_KEY, presented_hash=stop_hash, now=to_milliseconds(now))
        return recovery_or_none(row)

    def list_open(self, limit: int, *, now: datetime) -> tuple[Recovery, ...]:
        return tuple(map(recovery_of, self._db.all(LIST, limit=limit, now=to_milliseconds(now))))

    def move(self, before: Recovery, after: Recovery, *, now: datetime) -> bool:
        return self._db.run(MOVE, **old(before, now), **new(after)) == 1

    def wait(self, before: Recovery, after: Recovery, stop_hash: bytes, *, now: datetime) -> bool:
        values = {**old(before, now), **new(after), "account": before.account_id}
        with self._db.transaction() as tx:
            tx.one(LOCK_ACCOUNT, account=before.account_id)
            tx.run(LAPSE, account=before.account_id, now=values["now"])
            return tx.run(WAIT, **values, new_stop_hash=stop_hash) == 1

    def approve(self, before: Recovery, after: Recovery, code_hash: bytes, *, now: datetime) -> bool:
        return self._db.run(APPROVE, **old(before, now), **new(after), new_code_hash=code_hash) == 1

    def take_over(
        self, account_id: str, code_hash: bytes, digest: bytes, *, expires_at: datetime, now: datetime
    ) -> Recovery | None:
        code = {"account": account_id, "presented_hash": code_hash, "now": to_milliseconds(now)}
        with self._db.transaction() as tx:
            tx.one(LOCK_ACCOUNT, account=account_id)
            tx.run(MAKE_WAY, **code)
            row = tx.one(TAKE_OVER, **code, new_digest=digest, new_expires_at=to_milliseconds(expires_at))
        return recovery_or_none(row)

    def finish(self, recovery: Recovery, *, now: datetime) -> bool:
        values = {"account": recovery.account_id, "now": to_milliseconds(now)}
        with self._db.transaction() as tx:
            if tx.run(FINISH, recovery_id=recovery.id, now=values["now"]) != 1:
                return False
            for statement in (CANCEL_REST, END_SESSIONS, DROP_CODES, TELL_APPS, SIGNAL, REVOKE_GRANTS):
                tx.run(statement, **values)
        return True

    def cancel(self, recovery_id: str, *, now: datetime) -> bool:
        return self._db.run(CANCEL, recovery_id=recovery_id, now=to_milliseconds(now)) == 1

    def count_wrong_answer(self, recovery_id: str) -> int:
        """Count a wrong answer. Raises: LookupError — there is no such recovery."""
        row = self._db.one(COUNT_WRONG_ANSWER, recovery_id=recovery_id)
        if row is None:
            raise LookupError("no such recovery")
        return int(row.wrong_answers)
