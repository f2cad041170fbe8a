"""Codes shown at counters: many are drawn, one of a showing is redeemed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Select, delete, select, true, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.shown_code import FoundCode, Redemption, Showing, StoredCode
from idp.oidc.vocabulary import AcrLevel
from idp.storage.authenticators import LOCK_ACCOUNT
from idp.storage.db import Database
from idp.storage.rows import NOW, can_be_stored, given, joined, words
from idp.storage.schema import accounts, sessions, shown_codes
from idp.storage.statement import Row, Statement

_row = shown_codes.c
_ACCOUNT, _SHOWING = given("account"), given("showing_id")
_is_of_showing = (_row.account_id == _ACCOUNT) & (_row.showing == _SHOWING)
_is_open = _row.consumed_at.is_(None) & (_row.expires_at > NOW)


def _live() -> Select[Any]:
    """Codes that can be redeemed: the session and the account of the person in force too."""
    return (
        select(shown_codes, accounts.c.claims.label("person"))
        .join(accounts, accounts.c.id == _row.account_id)
        .join(sessions, sessions.c.id == _row.session_id)
        .where(
            _is_open,
            accounts.c.is_active.is_(true()),
            sessions.c.ended_at.is_(None),
            sessions.c.expires_at > NOW,
        )
    )


ADD = Statement(lambda insert: insert(shown_codes).on_conflict_do_nothing())
FIND = Statement(_live().where(_row.digest == given("code_digest")))
FIND_BY_DIGITS = Statement(_live().where(_row.digits_hash == given("digits_digest")))
OWNER = Statement(select(_row.account_id).where(_row.digest == given("code_digest")))
# The account and the session are asked again here: switched off since the look-up, they must not count.
REDEEM = Statement(
    update(shown_codes)
    .where(
        _row.digest == given("code_digest"),
        _is_open,
        select(accounts.c.id)
        .where(accounts.c.id == _row.account_id, accounts.c.is_active.is_(true()))
        .correlate(shown_codes)
        .exists(),
        select(sessions.c.id)
        .where(sessions.c.id == _row.session_id, sessions.c.ended_at.is_(None), sessions.c.expires_at > NOW)
        .correlate(shown_codes)
        .exists(),
    )
    .values(consumed_at=NOW, client_id=given("counter"), released=given("claims"))
)
END = Statement(delete(shown_codes).where(_row.account_id == _ACCOUNT, _row.consumed_at.is_(None)))
OF_SHOWING = Statement(select(shown_codes).where(_is_of_showing).order_by(_row.expires_at.desc()).limit(1))
REDEEMED = Statement(select(shown_codes).where(_is_of_showing, _row.consumed_at.is_not(None)).limit(1))
REDEEMED_OF = Statement(
    select(shown_codes)
    .where(_row.account_id == _ACCOUNT, _row.consumed_at.is_not(None))
    .order_by(_row.consumed_at.desc())
    .limit(given("limit"))
)


class ShownCodeRepository:
    """Implements `idp.oidc.shown_code.ShownCodeStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, code: StoredCode) -> bool:
        showing = code.showing
        with self._db.transaction() as tx:
            # Against a redemption at the same moment: a code drawn behind its back would be a second one.
            tx.one(LOCK_ACCOUNT, account=showing.account_id)
            if tx.one(REDEEMED, account=showing.account_id, showing_id=showing.id) is not None:
                return False
            return tx.run(ADD, **_values(code)) == 1

    def find(self, digest: bytes, *, now: datetime) -> FoundCode | None:
        return _found(self._db.one(FIND, code_digest=digest, now=to_milliseconds(now)))

    def find_by_digits(self, digits_digest: bytes, *, now: datetime) -> FoundCode | None:
        return _found(self._db.one(FIND_BY_DIGITS, digits_digest=digits_digest, now=to_milliseconds(now)))

    def redeem(self, digest: bytes, redemption: Redemption) -> bool:
        now = to_milliseconds(redemption.at)
        with self._db.transaction() as tx:
            owner = tx.one(OWNER, code_digest=digest)
            if owner is None:
                return False
            # Two codes of one person are two rows: the account's row makes the second redemption wait.
            tx.one(LOCK_ACCOUNT, account=owner.account_id)
            won = tx.run(
                REDEEM,
                code_digest=digest,
                now=now,
                counter=redemption.client_id,
                claims=joined(redemption.released),
            )
            if won == 1:
                # Deleted, not made to lapse: whoever waited for us may have looked at the clock before we did.
                tx.run(END, account=owner.account_id)
            return won == 1

    def showing(self, showing_id: str, account_id: str) -> Showing | None:
        row = self._one(OF_SHOWING, showing_id, account_id)
        return None if row is None else _showing(row)

    def redemption(self, showing_id: str, account_id: str) -> Redemption | None:
        row = self._one(REDEEMED, showing_id, account_id)
        return None if row is None else _redemption(row)

    def redemptions_of(self, account_id: str, limit: int) -> tuple[Redemption, ...]:
        return tuple(_redemption(row) for row in self._db.all(REDEEMED_OF, account=account_id, limit=limit))

    def end(self, account_id: str) -> None:
        self._db.run(END, account=account_id)

    def _one(self, statement: Statement, showing_id: str, account_id: str) -> Row | None:
        if not can_be_stored(showing_id):
            return None
        return self._db.one(statement, account=account_id, showing_id=showing_id)


def _values(code: StoredCode) -> dict[str, Any]:
    showing = code.showing
    return {
        "digest": code.digest,
        "digits_hash": code.digits_digest,
        "showing": showing.id,
        "account_id": showing.account_id,
        "session_id": showing.session_id,
        "details": joined(showing.details),
        "level": showing.level.value,
        "authenticated_at": to_milliseconds(showing.auth_time),
        "began_at": to_milliseconds(showing.began_at),
        "expires_at": to_milliseconds(code.expires_at),
        "consumed_at": None,
        "client_id": None,
        "released": None,
    }


def _found(row: Row | None) -> FoundCode | None:
    if row is None:
        return None
    stored = StoredCode(row.digest, row.digits_hash, _showing(row), from_milliseconds(row.expires_at))
    return FoundCode(stored, orjson.loads(row.person))


def _showing(row: Row) -> Showing:
    return Showing(
        id=row.showing,
        account_id=row.account_id,
        session_id=row.session_id,
        details=words(row.details),
        level=AcrLevel(row.level),
        auth_time=from_milliseconds(row.authenticated_at),
        began_at=from_milliseconds(row.began_at),
    )


def _redemption(row: Row) -> Redemption:
    return Redemption(row.client_id, words(row.released), from_milliseconds(row.consumed_at))
