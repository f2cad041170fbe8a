"""People's accounts and the identifiers they sign in with."""

from __future__ import annotations

from datetime import datetime

import orjson
from sqlalchemy import delete, false, select, true, update

from idp.accounts.person import Account, RealNameAssurance, UsernameTaken
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.signals.reasons import Reason
from idp.storage.db import Database, Transaction
from idp.storage.endings import drop_codes, revoke_grants
from idp.storage.logouts import tell_apps
from idp.storage.rows import NOW, can_be_stored, document, given
from idp.storage.schema import account_identifiers, accounts, authorization_codes, grants, sessions
from idp.storage.signals import signal_people
from idp.storage.statement import Row, Statement

_ACCOUNT = given("account")
_is_this = accounts.c.id == _ACCOUNT

ADD = Statement(lambda insert: insert(accounts).on_conflict_do_nothing())
ADD_IDENTIFIER = Statement(lambda insert: insert(account_identifiers).on_conflict_do_nothing())
FIND_BY_ID = Statement(select(accounts).where(_is_this))
FIND_BY_IDENTIFIER = Statement(
    select(accounts)
    .join(account_identifiers, account_identifiers.c.account_id == accounts.c.id)
    .where(account_identifiers.c.identifier == given("identifier"))
)
SEARCH = Statement(
    select(accounts)
    .where(accounts.c.username > given("after"))
    .order_by(accounts.c.username)
    .limit(given("limit"))
)
SET_CLAIMS = Statement(
    update(accounts).where(_is_this).values(claims=given("new_claims"), assurance=given("new_assurance"))
)
DROP_IDENTIFIERS = Statement(delete(account_identifiers).where(account_identifiers.c.account_id == _ACCOUNT))
ENABLE = Statement(update(accounts).where(_is_this, accounts.c.is_active.is_(False)).values(is_active=true()))
DISABLE = Statement(
    update(accounts).where(_is_this, accounts.c.is_active.is_(True)).values(is_active=false())
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
    Reason.ACCOUNT_DISABLED,
    grants.c.session_id.in_(
        select(sessions.c.id).where(sessions.c.account_id == _ACCOUNT, sessions.c.ended_at == NOW)
    ),
)
REVOKE_GRANTS = revoke_grants(grants.c.account_id == _ACCOUNT)


class AccountRepository:
    """Implements `idp.accounts.person.AccountStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, account: Account, identifiers: tuple[str, ...]) -> None:
        with self._db.transaction() as tx:
            added = tx.run(
                ADD,
                id=account.id,
                username=account.username,
                claims=document(account.claims),
                assurance=account.assurance.value,
                is_active=account.is_active,
                created_at=to_milliseconds(account.created_at),
            )
            if added != 1:
                raise UsernameTaken("the username is taken")
            _add_identifiers(tx, account.id, identifiers)

    def find_by_id(self, account_id: str) -> Account | None:
        return _account_or_none(self._db.one(FIND_BY_ID, account=account_id))

    def find_by_identifier(self, identifier: str) -> Account | None:
        if not can_be_stored(identifier):
            return None
        return _account_or_none(self._db.one(FIND_BY_IDENTIFIER, identifier=identifier))

    def search(self, after: str, limit: int) -> tuple[Account, ...]:
        return tuple(_account(row) for row in self._db.all(SEARCH, after=after, limit=limit))

    def set_claims(self, account: Account, identifiers: tuple[str, ...]) -> None:
        with self._db.transaction() as tx:
            tx.run(
                SET_CLAIMS,
                account=account.id,
                new_claims=document(account.claims),
                new_assurance=account.assurance.value,
            )
            tx.run(DROP_IDENTIFIERS, account=account.id)
            _add_identifiers(tx, account.id, identifiers)

    def set_active(self, account_id: str, active: bool, *, now: datetime) -> bool:
        if active:
            return self._db.run(ENABLE, account=account_id) == 1
        values = {"account": account_id, "now": to_milliseconds(now)}
        with self._db.transaction() as tx:
            if tx.run(DISABLE, **values) != 1:
                return False
            for statement in (END_SESSIONS, DROP_CODES, TELL_APPS, SIGNAL, REVOKE_GRANTS):
                tx.run(statement, **values)
        return True


def _add_identifiers(tx: Transaction, account_id: str, identifiers: tuple[str, ...]) -> None:
    for identifier in dict.fromkeys(identifiers):
        if tx.run(ADD_IDENTIFIER, identifier=identifier, account_id=account_id) != 1:
            raise UsernameTaken("an identifier is taken")


def _account_or_none(row: Row | None) -> Account | None:
    return None if row is None else _account(row)


def _account(row: Row) -> Account:
    return Account(
        id=row.id,
        username=row.username,
        claims=orjson.loads(row.claims),
        assurance=RealNameAssurance(row.assurance),
        is_active=bool(row.is_active),
        created_at=from_milliseconds(row.created_at),
    )
