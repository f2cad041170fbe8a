"""What people have set up to prove who they are: one row each, whatever the factor."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_, select, update

from idp.authn.authenticators import FIRST_WAYS, Authenticator, LastWayIn, Use
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.proofs import Method, Property
from idp.signals.credential_changes import Change, detail_of
from idp.storage.db import Access, Database, Transaction
from idp.storage.rows import (
    NOW,
    can_be_stored,
    document,
    given,
    joined,
    milliseconds_or_none,
    words,
)
from idp.storage.schema import accounts, authenticators, password_credentials, totp_credentials
from idp.storage.signals import CREDENTIAL_CHANGE
from idp.storage.statement import Row, Statement, replacing

_ACCOUNT, _ID = given("account"), given("authenticator")
_row = authenticators.c
_is_this = (_row.account_id == _ACCOUNT) & (_row.id == _ID)

ADD = Statement(replacing(authenticators))
OF = Statement(select(authenticators).where(_row.account_id == _ACCOUNT).order_by(_row.created_at, _row.id))
FIND = Statement(select(authenticators).where(_is_this))
USE = Statement(
    update(authenticators)
    .where(_is_this, _row.suspended_at.is_(None))
    .values(last_used_at=NOW, last_used_address=given("address"), last_used_agent=given("agent"))
)
RENAME = Statement(update(authenticators).where(_is_this).values(label=given("new_label")))
SUSPEND = Statement(
    update(authenticators).where(_is_this, _row.suspended_at.is_(None)).values(suspended_at=NOW)
)
RESUME = Statement(
    update(authenticators).where(_is_this, _row.suspended_at.is_not(None)).values(suspended_at=None)
)
REMOVE = Statement(delete(authenticators).where(_is_this))
# Two removals at once would each still see the other's way in: the account's row makes the second wait.
LOCK_ACCOUNT = Statement(
    select(accounts.c.id).where(accounts.c.id == _ACCOUNT).with_for_update(key_share=True)
)
WAYS_LEFT = Statement(
    select(_row.id, _row.method, _row.properties).where(
        _row.account_id == _ACCOUNT,
        _row.suspended_at.is_(None),
        or_(*(_row.method == method.value for method in sorted(FIRST_WAYS))),
    )
)
# These two tables are older than this one and know the account only.
REMOVE_PASSWORD = Statement(delete(password_credentials).where(password_credentials.c.account_id == _ACCOUNT))
REMOVE_TOTP = Statement(delete(totp_credentials).where(totp_credentials.c.account_id == _ACCOUNT))


class AuthenticatorRepository:
    """Implements `idp.authn.authenticators.AuthenticatorStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, authenticator: Authenticator) -> None:
        this = {"account": authenticator.account_id, "authenticator": authenticator.id}
        with self._db.transaction() as tx:
            before = tx.one(FIND, **this)
            tx.run(
                ADD,
                account_id=authenticator.account_id,
                id=authenticator.id,
                method=authenticator.method.value,
                properties=joined(sorted(authenticator.properties)),
                label=authenticator.label,
                created_at=to_milliseconds(authenticator.created_at),
                last_used_at=milliseconds_or_none(authenticator.last_used_at),
                last_used_address=authenticator.last_used_address,
                last_used_agent=authenticator.last_used_agent,
                suspended_at=milliseconds_or_none(authenticator.suspended_at),
            )
            change = Change.CREATE if before is None else Change.UPDATE
            signal_change(
                tx, authenticator.account_id, authenticator.method, change, now=authenticator.created_at
            )

    def of(self, account_id: str) -> tuple[Authenticator, ...]:
        return tuple(_authenticator(row) for row in self._db.all(OF, account=account_id))

    def find(self, account_id: str, authenticator_id: str) -> Authenticator | None:
        if not can_be_stored(authenticator_id):
            return None
        row = self._db.one(FIND, account=account_id, authenticator=authenticator_id)
        return None if row is None else _authenticator(row)

    def use(self, account_id: str, authenticator_id: str, use: Use) -> bool:
        hit = self._db.run(
            USE,
            account=account_id,
            authenticator=authenticator_id,
            now=to_milliseconds(use.at),
            address=use.address,
            agent=use.user_agent,
        )
        return hit == 1

    def rename(self, account_id: str, authenticator_id: str, label: str) -> bool:
        if not can_be_stored(authenticator_id):
            return False
        return self._db.run(RENAME, account=account_id, authenticator=authenticator_id, new_label=label) == 1

    def suspend(self, account_id: str, authenticator_id: str, *, now: datetime) -> bool:
        if not can_be_stored(authenticator_id):
            return False
        this = {"account": account_id, "authenticator": authenticator_id}
        with self._db.transaction() as tx:
            tx.one(LOCK_ACCOUNT, account=account_id)
            _require_another_way(tx, account_id, authenticator_id)
            row = tx.one(FIND, **this)
            if row is None or tx.run(SUSPEND, **this, now=to_milliseconds(now)) != 1:
                return False
            signal_change(tx, account_id, Method(row.method), Change.REVOKE, now=now)
            return True

    def resume(self, account_id: str, authenticator_id: str, *, now: datetime) -> bool:
        if not can_be_stored(authenticator_id):
            return False
        this = {"account": account_id, "authenticator": authenticator_id}
        with self._db.transaction() as tx:
            row = tx.one(FIND, **this)
            if row is None or tx.run(RESUME, **this) != 1:
                return False
            # It counts from here on, like a new one.
            signal_change(tx, account_id, Method(row.method), Change.CREATE, now=now)
            return True

    def remove(self, account_id: str, authenticator_id: str, *, now: datetime) -> bool:
        if not can_be_stored(authenticator_id):
            return False
        this = {"account": account_id, "authenticator": authenticator_id}
        with self._db.transaction() as tx:
            tx.one(LOCK_ACCOUNT, account=account_id)
            _require_another_way(tx, account_id, authenticator_id)
            row = tx.one(FIND, **this)
            if row is None or tx.run(REMOVE, **this) != 1:
                return False
            signal_change(tx, account_id, Method(row.method), Change.DELETE, now=now)
            if authenticator_id == Method.PASSWORD:
                tx.run(REMOVE_PASSWORD, account=account_id)
            if authenticator_id == Method.TOTP:
                tx.run(REMOVE_TOTP, account=account_id)
            return True


def signal_change(tx: Access, account_id: str, method: Method, change: Change, *, now: datetime) -> None:
    """Have everybody hear of a change who receives events of this person. Use it where the change is made."""
    detail = document(detail_of(method, change))
    tx.run(CREDENTIAL_CHANGE, account=account_id, detail=detail, now=to_milliseconds(now))


def _require_another_way(tx: Transaction, account_id: str, authenticator_id: str) -> None:
    ways = {row.id for row in tx.all(WAYS_LEFT, account=account_id) if _opens_alone(row)}
    if ways == {authenticator_id}:
        raise LastWayIn


def _opens_alone(row: Row) -> bool:
    # A key that only wants a touch follows a password: it is not found without a name.
    return row.method != Method.PASSKEY or Property.USER_VERIFIED.value in words(row.properties)


def _authenticator(row: Row) -> Authenticator:
    return Authenticator(
        account_id=row.account_id,
        id=row.id,
        method=Method(row.method),
        properties=frozenset(map(Property, words(row.properties))),
        label=row.label,
        created_at=from_milliseconds(row.created_at),
        last_used_at=_moment(row.last_used_at),
        last_used_address=row.last_used_address,
        last_used_agent=row.last_used_agent,
        suspended_at=_moment(row.suspended_at),
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_milliseconds(milliseconds)
