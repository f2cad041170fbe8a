"""What people prove themselves with: password hashes, sealed TOTP seeds, recovery code digests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from idp.authn.authenticators import Authenticator
from idp.authn.credentials import PasswordRecord, TotpRecord
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.proofs import Method, Property
from idp.signals.credential_changes import Change
from idp.storage.authenticators import AuthenticatorRepository, signal_change
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import accounts, password_credentials, recovery_codes, totp_credentials
from idp.storage.statement import Statement, replacing

_ACCOUNT = given("account")
_is_waiting = recovery_codes.c.consumed_at.is_(None)


FIND_PASSWORD = Statement(select(password_credentials).where(password_credentials.c.account_id == _ACCOUNT))
SET_PASSWORD = Statement(replacing(password_credentials))
FIND_TOTP = Statement(select(totp_credentials).where(totp_credentials.c.account_id == _ACCOUNT))
SET_TOTP = Statement(replacing(totp_credentials))
USE_TOTP_STEP = Statement(
    update(totp_credentials)
    .where(totp_credentials.c.account_id == _ACCOUNT, totp_credentials.c.last_used_step < given("step"))
    .values(last_used_step=given("step"))
)
# Two replacements at once would leave the codes of both: the account's row makes the second wait for the first.
LOCK_ACCOUNT = Statement(
    select(accounts.c.id).where(accounts.c.id == _ACCOUNT).with_for_update(key_share=True)
)
REMOVE_RECOVERY_CODES = Statement(delete(recovery_codes).where(recovery_codes.c.account_id == _ACCOUNT))
ADD_RECOVERY_CODE = Statement(insert(recovery_codes))
USE_RECOVERY_CODE = Statement(
    update(recovery_codes)
    .where(
        recovery_codes.c.account_id == _ACCOUNT,
        recovery_codes.c.code_hash == given("presented_hash"),
        _is_waiting,
    )
    .values(consumed_at=NOW)
)
COUNT_RECOVERY_CODES = Statement(
    select(func.count().label("left"))
    .select_from(recovery_codes)
    .where(recovery_codes.c.account_id == _ACCOUNT, _is_waiting)
)


class CredentialRepository:
    """Implements `idp.authn.credentials.CredentialStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._authenticators = AuthenticatorRepository(database)

    def find_password(self, account_id: str) -> PasswordRecord | None:
        row = self._db.one(FIND_PASSWORD, account=account_id)
        if row is None:
            return None
        return PasswordRecord(row.argon2_hash, from_milliseconds(row.changed_at))

    def set_password(self, account_id: str, record: PasswordRecord) -> None:
        line = _line(account_id, Method.PASSWORD, Property.KNOWLEDGE, record.changed_at)
        with self._db.transaction() as tx:
            tx.run(
                SET_PASSWORD,
                account_id=account_id,
                argon2_hash=record.argon2_hash,
                changed_at=to_milliseconds(record.changed_at),
            )
            self._authenticators.add(line)

    def replace_hash(self, account_id: str, record: PasswordRecord) -> None:
        self._db.run(
            SET_PASSWORD,
            account_id=account_id,
            argon2_hash=record.argon2_hash,
            changed_at=to_milliseconds(record.changed_at),
        )

    def find_totp(self, account_id: str) -> TotpRecord | None:
        row = self._db.one(FIND_TOTP, account=account_id)
        if row is None:
            return None
        return TotpRecord(row.seed_sealed, from_milliseconds(row.confirmed_at), row.last_used_step)

    def set_totp(self, account_id: str, record: TotpRecord) -> None:
        line = _line(account_id, Method.TOTP, Property.POSSESSION, record.confirmed_at)
        with self._db.transaction() as tx:
            tx.run(
                SET_TOTP,
                account_id=account_id,
                seed_sealed=record.seed_sealed,
                confirmed_at=to_milliseconds(record.confirmed_at),
                last_used_step=record.last_used_step,
            )
            self._authenticators.add(line)

    def remove_totp(self, account_id: str, *, now: datetime) -> bool:
        return self._authenticators.remove(account_id, Method.TOTP, now=now)

    def use_totp_step(self, account_id: str, step: int) -> bool:
        return self._db.run(USE_TOTP_STEP, account=account_id, step=step) == 1

    def replace_recovery_codes(self, account_id: str, digests: tuple[bytes, ...], *, now: datetime) -> None:
        with self._db.transaction() as tx:
            tx.one(LOCK_ACCOUNT, account=account_id)
            had = tx.run(REMOVE_RECOVERY_CODES, account=account_id)
            for digest in digests:
                tx.run(
                    ADD_RECOVERY_CODE,
                    account_id=account_id,
                    code_hash=digest,
                    created_at=to_milliseconds(now),
                    consumed_at=None,
                )
            if had or digests:
                change = _change_of_codes(bool(had), bool(digests))
                signal_change(tx, account_id, Method.RECOVERY_CODE, change, now=now)

    def use_recovery_code(self, account_id: str, digest: bytes, *, now: datetime) -> bool:
        hit = self._db.run(
            USE_RECOVERY_CODE, account=account_id, presented_hash=digest, now=to_milliseconds(now)
        )
        return hit == 1

    def count_recovery_codes(self, account_id: str) -> int:
        row = self._db.one(COUNT_RECOVERY_CODES, account=account_id)
        return 0 if row is None else int(row.left)


def _change_of_codes(had: bool, has: bool) -> Change:
    if not has:
        return Change.DELETE
    return Change.UPDATE if had else Change.CREATE


def _line(account_id: str, method: Method, shown: Property, at: datetime) -> Authenticator:
    return Authenticator(account_id, method.value, method, frozenset({shown}), label="", created_at=at)
