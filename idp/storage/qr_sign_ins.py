"""Sign-ins by scanning: every move is one statement that demands the state before, the device and the time left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Update, and_, exists, insert, select, update

from idp.authn.factors.qr_values import (
    Approved,
    Cancelled,
    Claimed,
    Denied,
    Matched,
    Phone,
    QrSignIn,
    Screen,
    State,
    Used,
    Waiting,
)
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.identifiers import digest as digest_of
from idp.oidc.proofs import Proof
from idp.storage.db import Database
from idp.storage.rows import NOW, document, given
from idp.storage.schema import qr_sign_ins, sessions
from idp.storage.schema_qr import QrState
from idp.storage.statement import Row, Statement

_row = qr_sign_ins.c
_is_this = _row.digest == given("sign_in")
_is_open = _row.consumed_at.is_(None)
_is_in_time = _row.expires_at > NOW
_from_screen = and_(
    _row.transaction_digest == given("screen_transaction"), _row.browser_digest == given("screen_browser")
)
_by_phone = and_(_row.account_id == given("phone_account"), _row.session_id == given("phone_session"))
# Signing the phone out takes back what it approved and nobody has used.
_phone_is_signed_in = exists(
    select(sessions.c.id).where(sessions.c.id == _row.session_id, sessions.c.ended_at.is_(None))
)


def _move(before: QrState, after: QrState, *conditions: Any, **values: Any) -> Statement:
    return Statement(_from(before, *conditions).values(state=after.value, **values))


def _from(before: QrState, *conditions: Any) -> Update:
    return update(qr_sign_ins).where(_is_this, _row.state == before.value, _is_in_time, *conditions)


ADD = Statement(insert(qr_sign_ins))
CANCEL_EARLIER = Statement(
    update(qr_sign_ins)
    .where(_row.transaction_digest == given("screen_transaction"), _is_open)
    .values(state=QrState.CANCELLED.value, consumed_at=NOW)
)
FIND = Statement(select(qr_sign_ins).where(_is_this))
CLAIM = _move(
    QrState.WAITING,
    QrState.CLAIMED,
    account_id=given("phone_account"),
    session_id=given("phone_session"),
    expires_at=given("decide_by"),
)
MATCH = _move(QrState.CLAIMED, QrState.MATCHED, _by_phone)
APPROVE = _move(
    QrState.MATCHED,
    QrState.APPROVED,
    _by_phone,
    proof=given("proved"),
    authenticator_id=given("proved_by"),
)
USE = _move(QrState.APPROVED, QrState.USED, _from_screen, _phone_is_signed_in, consumed_at=NOW)
DENY = Statement(
    update(qr_sign_ins)
    .where(_is_this, _is_open, _by_phone)
    .values(state=QrState.DENIED.value, consumed_at=NOW)
)
CANCEL = Statement(
    update(qr_sign_ins)
    .where(_is_this, _is_open, _from_screen)
    .values(state=QrState.CANCELLED.value, consumed_at=NOW)
)
DENIALS = Statement(
    select(_row.consumed_at)
    .where(
        _row.account_id == given("phone_account"),
        _row.state == QrState.DENIED.value,
        _row.consumed_at > given("since"),
    )
    .order_by(_row.consumed_at)
)


class QrSignInRepository:
    """Implements `idp.authn.factors.qr_values.QrSignInStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, sign_in: QrSignIn) -> None:
        now = to_milliseconds(sign_in.created_at)
        with self._db.transaction() as tx:
            tx.run(CANCEL_EARLIER, screen_transaction=sign_in.screen.transaction_digest, now=now)
            tx.run(
                ADD,
                digest=digest_of(sign_in.id),
                state=QrState.WAITING.value,
                transaction_digest=sign_in.screen.transaction_digest,
                browser_digest=sign_in.screen.browser_digest,
                client_id=sign_in.client_id,
                address=sign_in.address,
                user_agent=sign_in.user_agent,
                created_at=now,
                expires_at=to_milliseconds(sign_in.expires_at),
                account_id=None,
                session_id=None,
                proof=None,
                authenticator_id=None,
                consumed_at=None,
            )

    def find(self, sign_in_id: str) -> QrSignIn | None:
        row = self._db.one(FIND, sign_in=digest_of(sign_in_id))
        if row is None:
            return None
        return QrSignIn(
            id=sign_in_id,
            screen=Screen(row.transaction_digest, row.browser_digest),
            client_id=row.client_id,
            address=row.address,
            user_agent=row.user_agent,
            created_at=from_milliseconds(row.created_at),
            expires_at=from_milliseconds(row.expires_at),
            state=_state(row),
        )

    def claim(self, sign_in_id: str, phone: Phone, *, expires_at: datetime, now: datetime) -> bool:
        decide_by = to_milliseconds(expires_at)
        return self._moved(CLAIM, sign_in_id, now, **_of_phone(phone), decide_by=decide_by)

    def match(self, sign_in_id: str, phone: Phone, *, now: datetime) -> bool:
        return self._moved(MATCH, sign_in_id, now, **_of_phone(phone))

    def approve(
        self, sign_in_id: str, phone: Phone, proof: Proof, authenticator_id: str, *, now: datetime
    ) -> bool:
        shown = {"proved": document(proof.to_json()), "proved_by": authenticator_id}
        return self._moved(APPROVE, sign_in_id, now, **_of_phone(phone), **shown)

    def use(self, sign_in_id: str, screen: Screen, *, now: datetime) -> bool:
        return self._moved(USE, sign_in_id, now, **_of_screen(screen))

    def deny(self, sign_in_id: str, phone: Phone, *, now: datetime) -> bool:
        return self._moved(DENY, sign_in_id, now, **_of_phone(phone))

    def cancel(self, sign_in_id: str, screen: Screen, *, now: datetime) -> bool:
        return self._moved(CANCEL, sign_in_id, now, **_of_screen(screen))

    def denials(self, account_id: str, *, since: datetime) -> tuple[datetime, ...]:
        rows = self._db.all(DENIALS, phone_account=account_id, since=to_milliseconds(since))
        return tuple(from_milliseconds(row.consumed_at) for row in rows)

    def _moved(self, statement: Statement, sign_in_id: str, now: datetime, **values: Any) -> bool:
        hit = self._db.run(statement, sign_in=digest_of(sign_in_id), now=to_milliseconds(now), **values)
        return hit == 1


def _of_phone(phone: Phone) -> dict[str, Any]:
    return {"phone_account": phone.account_id, "phone_session": phone.session_id}


def _of_screen(screen: Screen) -> dict[str, Any]:
    return {"screen_transaction": screen.transaction_digest, "screen_browser": screen.browser_digest}


def _state(row: Row) -> State:
    phone = Phone(row.account_id, row.session_id)
    match QrState(row.state):
        case QrState.WAITING:
            return Waiting()
        case QrState.CLAIMED:
            return Claimed(phone)
        case QrState.MATCHED:
            return Matched(phone)
        case QrState.APPROVED:
            return Approved(phone, Proof.from_json(orjson.loads(row.proof)), row.authenticator_id)
        case QrState.USED:
            return Used(phone)
        case QrState.DENIED:
            return Denied(phone)
        case QrState.CANCELLED:
            return Cancelled()
