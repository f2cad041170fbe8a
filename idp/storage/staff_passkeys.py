"""Passkeys of the staff: the public key and the line about it are one row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, insert, select, update

from idp.authn.authenticators import Authenticator
from idp.authn.factors.passkey_values import Passkey, PasskeyTaken
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.proofs import Method
from idp.storage.db import Database
from idp.storage.failures import RuleBroken
from idp.storage.rows import NOW, can_be_stored, given, joined, words
from idp.storage.schema import staff, staff_passkeys
from idp.storage.statement import Row, Statement

_MEMBER, _ID = given("member"), given("passkey")
_row = staff_passkeys.c
_is_this = and_(_row.staff_id == _MEMBER, _row.id == _ID)
_is_credential = _row.credential_id == given("credential")
_another = staff_passkeys.alias("another")
_has_another = (
    select(func.count())
    .select_from(_another)
    .where(_another.c.staff_id == _MEMBER, _another.c.id != _ID, _another.c.suspended_at.is_(None))
    .scalar_subquery()
) > 0

ADD = Statement(insert(staff_passkeys))
BY_CREDENTIAL = Statement(select(staff_passkeys).where(_is_credential))
OF = Statement(select(staff_passkeys).where(_row.staff_id == _MEMBER).order_by(_row.created_at, _row.id))
FIND = Statement(select(staff_passkeys).where(_is_this))
USE = Statement(
    update(staff_passkeys)
    .where(_is_credential, _row.sign_count == given("seen"), _row.suspended_at.is_(None))
    .values(sign_count=given("counted"), is_backed_up=given("backed_up"), last_used_at=NOW)
)
RENAME = Statement(update(staff_passkeys).where(_is_this).values(label=given("new_label")))
SUSPEND = Statement(
    update(staff_passkeys).where(_is_this, _row.suspended_at.is_(None)).values(suspended_at=NOW)
)
# Two removals at once would each still see the other's passkey: the member's row makes the second wait.
LOCK_MEMBER = Statement(select(staff.c.id).where(staff.c.id == _MEMBER).with_for_update())
REMOVE = Statement(delete(staff_passkeys).where(_is_this, _has_another))
STANDING = Statement(
    select(staff.c.id).where(
        staff.c.id == _MEMBER, staff.c.joined_at.is_not(None), staff.c.deactivated_at.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class StaffOwner:
    """What the rules about passkeys need to know of a member."""

    is_active: bool


class StaffPasskeyRepository:
    """Implements `idp.authn.factors.passkey_values.PasskeyStore` and `Owners` for the staff."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, passkey: Passkey, authenticator: Authenticator) -> None:
        try:
            self._db.run(
                ADD,
                credential_id=passkey.credential_id,
                staff_id=passkey.account_id,
                id=passkey.authenticator_id,
                public_key=passkey.public_key,
                sign_count=passkey.sign_count,
                is_backup_eligible=passkey.is_backup_eligible,
                is_backed_up=passkey.is_backed_up,
                aaguid=passkey.aaguid,
                transports=joined(passkey.transports),
                label=authenticator.label,
                created_at=to_milliseconds(authenticator.created_at),
                last_used_at=None,
                suspended_at=None,
            )
        except RuleBroken as error:
            raise PasskeyTaken("enrolled already") from error

    def find(self, credential_id: bytes) -> Passkey | None:
        row = self._db.one(BY_CREDENTIAL, credential=credential_id)
        return None if row is None else _passkey(row)

    def of(self, account_id: str) -> tuple[Passkey, ...]:
        return tuple(_passkey(row) for row in self._db.all(OF, member=account_id))

    def use(self, passkey: Passkey, *, sign_count: int, is_backed_up: bool, now: datetime) -> bool:
        key = {"credential": passkey.credential_id, "seen": passkey.sign_count}
        hit = self._db.run(USE, **key, counted=sign_count, backed_up=is_backed_up, now=to_milliseconds(now))
        return hit == 1

    def find_by_id(self, account_id: str) -> StaffOwner | None:
        return StaffOwner(is_active=self._db.one(STANDING, member=account_id) is not None)


class StaffPasskeyLines:
    """Implements `idp.authn.factors.passkey_values.PasskeyLines` for the staff, and what members do with theirs."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, account_id: str) -> tuple[Authenticator, ...]:
        return tuple(_line(row) for row in self._db.all(OF, member=account_id))

    def find(self, account_id: str, authenticator_id: str) -> Authenticator | None:
        if not can_be_stored(authenticator_id):
            return None
        row = self._db.one(FIND, member=account_id, passkey=authenticator_id)
        return None if row is None else _line(row)

    def suspend(self, account_id: str, authenticator_id: str, *, now: datetime) -> bool:
        """Put one out of use for good, the only one too: a member with a copied passkey is invited anew."""
        return (
            self._db.run(SUSPEND, member=account_id, passkey=authenticator_id, now=to_milliseconds(now)) == 1
        )

    def rename(self, account_id: str, authenticator_id: str, label: str) -> bool:
        """Give one another name; False when there is none such."""
        if not can_be_stored(authenticator_id):
            return False
        return self._db.run(RENAME, member=account_id, passkey=authenticator_id, new_label=label) == 1

    def remove(self, account_id: str, authenticator_id: str) -> bool:
        """Delete one for good, unless it is the last in use; True when this call did it."""
        if not can_be_stored(authenticator_id):
            return False
        with self._db.transaction() as tx:
            tx.one(LOCK_MEMBER, member=account_id)
            return tx.run(REMOVE, member=account_id, passkey=authenticator_id) == 1


def _passkey(row: Row) -> Passkey:
    return Passkey(
        credential_id=row.credential_id,
        account_id=row.staff_id,
        authenticator_id=row.id,
        public_key=row.public_key,
        sign_count=row.sign_count,
        is_backup_eligible=bool(row.is_backup_eligible),
        is_backed_up=bool(row.is_backed_up),
        aaguid=row.aaguid,
        transports=words(row.transports),
    )


def _line(row: Row) -> Authenticator:
    return Authenticator(
        account_id=row.staff_id,
        id=row.id,
        method=Method.PASSKEY,
        properties=frozenset(),
        label=row.label,
        created_at=from_milliseconds(row.created_at),
        last_used_at=None if row.last_used_at is None else from_milliseconds(row.last_used_at),
        suspended_at=None if row.suspended_at is None else from_milliseconds(row.suspended_at),
    )
