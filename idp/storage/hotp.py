"""Hardware tokens: their sealed seeds and counters."""

from __future__ import annotations

from sqlalchemy import select, update

from idp.authn.authenticators import Authenticator, AuthenticatorStore
from idp.authn.factors.hotp import HotpRecord
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import authenticators, hotp_tokens
from idp.storage.statement import Statement, replacing

_row = hotp_tokens.c
_ACCOUNT, _ID = given("account"), given("authenticator")

SET = Statement(replacing(hotp_tokens))
FIND = Statement(
    select(_row.seed_sealed, _row.next_counter)
    .join(
        authenticators,
        (authenticators.c.account_id == _row.account_id) & (authenticators.c.id == _row.authenticator_id),
    )
    .where(_row.account_id == _ACCOUNT, _row.authenticator_id == _ID, authenticators.c.suspended_at.is_(None))
)
USE = Statement(
    update(hotp_tokens)
    .where(_row.account_id == _ACCOUNT, _row.authenticator_id == _ID, _row.next_counter <= given("used"))
    .values(next_counter=given("used") + 1)
)


class HotpRepository:
    """Implements `idp.authn.factors.hotp.HotpStore`."""

    def __init__(self, database: Database, authenticators: AuthenticatorStore) -> None:
        self._db = database
        self._authenticators = authenticators

    def set(self, authenticator: Authenticator, record: HotpRecord) -> None:
        with self._db.transaction() as tx:
            self._authenticators.add(authenticator)
            tx.run(
                SET,
                account_id=authenticator.account_id,
                authenticator_id=authenticator.id,
                seed_sealed=record.seed_sealed,
                next_counter=record.next_counter,
            )

    def find(self, account_id: str, authenticator_id: str) -> HotpRecord | None:
        row = self._db.one(FIND, account=account_id, authenticator=authenticator_id)
        return None if row is None else HotpRecord(row.seed_sealed, row.next_counter)

    def use(self, account_id: str, authenticator_id: str, counter: int) -> bool:
        return self._db.run(USE, account=account_id, authenticator=authenticator_id, used=counter) == 1
