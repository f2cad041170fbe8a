"""Agreements that a broker of another region may pass data on to one mini-app there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Insert, Table, null, select, update

from idp.accounts.consent import ConsentOnBehalf
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.oidc.rp_display import RpDisplay
from idp.storage.consents import DROP_CODES, REVOKE_GRANTS, TELL_APP
from idp.storage.credentials import LOCK_ACCOUNT
from idp.storage.db import Database
from idp.storage.rows import NOW, can_be_stored, document, given, joined, words
from idp.storage.schema import consents_on_behalf
from idp.storage.statement import Row, Statement

_row = consents_on_behalf.c
_of_account = (_row.account_id == given("account"), _row.withdrawn_at.is_(None))
_is_this = (*_of_account, _row.client_id == given("client"), _row.sector == given("for_sector"))


def _agree(insert: Callable[[Table], Any]) -> Insert:
    row = insert(consents_on_behalf)
    changed = {name: row.excluded[name] for name in ("scopes", "claims", "display", "agreed_at")}
    agreed: Insert = row.on_conflict_do_update(
        index_elements=["account_id", "client_id", "sector"], set_={**changed, "withdrawn_at": null()}
    )
    return agreed


AGREE = Statement(_agree)
FIND = Statement(select(consents_on_behalf).where(*_is_this))
LIST = Statement(
    select(consents_on_behalf)
    .where(*_of_account)
    .order_by(_row.agreed_at.desc(), _row.client_id, _row.sector)
)
WITHDRAW = Statement(update(consents_on_behalf).where(*_is_this).values(withdrawn_at=NOW))


class ConsentOnBehalfRepository:
    """Implements `idp.accounts.consent.ConsentOnBehalfStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def agree(
        self,
        account_id: str,
        client_id: str,
        display: RpDisplay,
        scopes: frozenset[str],
        claims: frozenset[str],
        *,
        now: datetime,
    ) -> None:
        with self._db.transaction() as tx:
            # Without it, two windows agreeing at once would each write only what it saw.
            tx.one(LOCK_ACCOUNT, account=account_id)
            before = tx.one(FIND, account=account_id, client=client_id, for_sector=display.sector)
            tx.run(
                AGREE,
                account_id=account_id,
                client_id=client_id,
                sector=display.sector,
                scopes=joined(sorted(scopes.union(words(before.scopes) if before else ()))),
                claims=joined(sorted(claims.union(words(before.claims) if before else ()))),
                display=document(replace(display, purposes={}).to_json()),
                agreed_at=to_milliseconds(now),
                withdrawn_at=None,
            )

    def list_of(self, account_id: str) -> tuple[ConsentOnBehalf, ...]:
        return tuple(_consent(row) for row in self._db.all(LIST, account=account_id))

    def withdraw(self, account_id: str, client_id: str, sector: str, *, now: datetime) -> bool:
        if not can_be_stored(client_id) or not can_be_stored(sector):
            return False
        values = {"account": account_id, "client": client_id, "now": to_milliseconds(now)}
        with self._db.transaction() as tx:
            if tx.run(WITHDRAW, for_sector=sector, **values) != 1:
                return False
            tx.run(DROP_CODES, **values)
            # The broker keeps nothing of ours but what its own sessions and tokens say: they end when it is told.
            tx.run(TELL_APP, **values)
            tx.run(REVOKE_GRANTS, **values)
        return True


def _consent(row: Row) -> ConsentOnBehalf:
    display = orjson.loads(row.display)
    return ConsentOnBehalf(
        account_id=row.account_id,
        client_id=row.client_id,
        display=RpDisplay(display["client_name"], display["organization_name"], row.sector),
        scopes=frozenset(words(row.scopes)),
        claims=frozenset(words(row.claims)),
        agreed_at=from_milliseconds(row.agreed_at),
    )
