"""Public keys of passkeys, by credential id; and when we last offered somebody to make one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Table, and_, insert, select, update

from idp.authn.authenticators import Authenticator
from idp.authn.factors.passkey_offers import Offer
from idp.authn.factors.passkey_values import Passkey, PasskeyTaken
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.storage.authenticators import AuthenticatorRepository
from idp.storage.db import Database
from idp.storage.failures import RuleBroken
from idp.storage.rows import NOW, given, joined, words
from idp.storage.schema import authenticators, passkey_offers, passkeys
from idp.storage.statement import Row, Statement

_ACCOUNT = given("account")
_row = passkeys.c
_is_this = _row.credential_id == given("credential")

ADD = Statement(insert(passkeys))
FIND = Statement(select(passkeys).where(_is_this))
OF = Statement(select(passkeys).where(_row.account_id == _ACCOUNT).order_by(_row.credential_id))
USE = Statement(
    update(passkeys)
    .where(_is_this, _row.sign_count == given("seen"))
    .values(sign_count=given("counted"), is_backed_up=given("backed_up"))
)
_line = authenticators.c
_is_line = and_(
    _line.account_id == _ACCOUNT, _line.id == given("authenticator"), _line.suspended_at.is_(None)
)
# First the line, then the key: the order in which a removal takes them.
LOCK_LINE = Statement(select(_line.id).where(_is_line).with_for_update())
# Where from is noted by whoever knows it: until then no older place stands beside the new moment.
USE_LINE = Statement(
    update(authenticators).where(_is_line).values(last_used_at=NOW, last_used_address="", last_used_agent="")
)
FIND_OFFER = Statement(select(passkey_offers).where(passkey_offers.c.account_id == _ACCOUNT))
SKIP_OFFER = Statement(
    update(passkey_offers)
    .where(passkey_offers.c.account_id == _ACCOUNT)
    .values(skips=passkey_offers.c.skips + 1)
)


def _noting_an_offer(insert: Callable[[Table], Any]) -> Insert:
    row = insert(passkey_offers)
    noted: Insert = row.on_conflict_do_update(
        index_elements=["account_id"], set_={"offered_at": row.excluded.offered_at}
    )
    return noted


NOTE_OFFER = Statement(_noting_an_offer)


class PasskeyRepository:
    """Implements `idp.authn.factors.passkey_values.PasskeyStore`."""

    def __init__(self, database: Database, authenticators: AuthenticatorRepository) -> None:
        self._db = database
        self._authenticators = authenticators

    def add(self, passkey: Passkey, authenticator: Authenticator) -> None:
        try:
            with self._db.transaction() as tx:
                self._authenticators.add(authenticator)
                tx.run(
                    ADD,
                    credential_id=passkey.credential_id,
                    account_id=passkey.account_id,
                    authenticator_id=passkey.authenticator_id,
                    public_key=passkey.public_key,
                    sign_count=passkey.sign_count,
                    is_backup_eligible=passkey.is_backup_eligible,
                    is_backed_up=passkey.is_backed_up,
                    aaguid=passkey.aaguid,
                    transports=joined(passkey.transports),
                )
        except RuleBroken as error:
            if self.find(passkey.credential_id) is None:
                raise
            raise PasskeyTaken("enrolled already") from error

    def find(self, credential_id: bytes) -> Passkey | None:
        row = self._db.one(FIND, credential=credential_id)
        return None if row is None else _passkey(row)

    def of(self, account_id: str) -> tuple[Passkey, ...]:
        return tuple(_passkey(row) for row in self._db.all(OF, account=account_id))

    def use(self, passkey: Passkey, *, sign_count: int, is_backed_up: bool, now: datetime) -> bool:
        line = {"account": passkey.account_id, "authenticator": passkey.authenticator_id}
        key = {"credential": passkey.credential_id, "seen": passkey.sign_count}
        with self._db.transaction() as tx:
            if tx.one(LOCK_LINE, **line) is None:
                return False
            if tx.run(USE, **key, counted=sign_count, backed_up=is_backed_up) != 1:
                return False
            return tx.run(USE_LINE, **line, now=to_milliseconds(now)) == 1


class PasskeyOfferRepository:
    """Implements `idp.authn.factors.passkey_offers.OfferStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, account_id: str) -> Offer | None:
        row = self._db.one(FIND_OFFER, account=account_id)
        return None if row is None else Offer(from_milliseconds(row.offered_at), row.skips)

    def note(self, account_id: str, *, now: datetime) -> None:
        self._db.run(NOTE_OFFER, account_id=account_id, offered_at=to_milliseconds(now), skips=0)

    def skip(self, account_id: str) -> None:
        self._db.run(SKIP_OFFER, account=account_id)


def _passkey(row: Row) -> Passkey:
    return Passkey(
        credential_id=row.credential_id,
        account_id=row.account_id,
        authenticator_id=row.authenticator_id,
        public_key=row.public_key,
        sign_count=row.sign_count,
        is_backup_eligible=bool(row.is_backup_eligible),
        is_backed_up=bool(row.is_backed_up),
        aaguid=row.aaguid,
        transports=words(row.transports),
    )
