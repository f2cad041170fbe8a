"""Which number a person confirmed for sign-in codes."""

from __future__ import annotations

from sqlalchemy import select

from idp.authn.authenticators import Authenticator, AuthenticatorStore
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import authenticators, text_message_numbers
from idp.storage.statement import Statement, replacing

_row = text_message_numbers.c

SET = Statement(replacing(text_message_numbers))
FIND = Statement(
    select(_row.number_hash)
    .join(
        authenticators,
        (authenticators.c.account_id == _row.account_id) & (authenticators.c.id == _row.authenticator_id),
    )
    .where(
        _row.account_id == given("account"),
        _row.authenticator_id == given("authenticator"),
        authenticators.c.suspended_at.is_(None),
    )
)


class TextMessageRepository:
    """Implements `idp.authn.factors.text_message.TextMessageStore`."""

    def __init__(self, database: Database, authenticators: AuthenticatorStore) -> None:
        self._db = database
        self._authenticators = authenticators

    def set(self, authenticator: Authenticator, number_digest: bytes) -> None:
        with self._db.transaction() as tx:
            self._authenticators.add(authenticator)
            tx.run(
                SET,
                account_id=authenticator.account_id,
                authenticator_id=authenticator.id,
                number_hash=number_digest,
            )

    def find(self, account_id: str, authenticator_id: str) -> bytes | None:
        row = self._db.one(FIND, account=account_id, authenticator=authenticator_id)
        return None if row is None else bytes(row.number_hash)
