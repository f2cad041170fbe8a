"""Agreements between people and mini-apps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Table, null, select, update

from idp.accounts.consent import Consent
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.signals.reasons import Reason
from idp.storage.credentials import LOCK_ACCOUNT
from idp.storage.db import Database
from idp.storage.endings import drop_codes, revoke_grants
from idp.storage.logouts import tell_apps
from idp.storage.rows import NOW, can_be_stored, given, joined, words
from idp.storage.schema import authorization_codes, consents, grants, sessions
from idp.storage.signals import signal_sessions
from idp.storage.statement import Row, Statement

_ACCOUNT, _CLIENT = given("account"), given("client")
_is_in_force = consents.c.withdrawn_at.is_(None)
_sessions_of_account = select(sessions.c.id).where(sessions.c.account_id == _ACCOUNT)


def _agree(insert: Callable[[Table], Any]) -> Insert:
    row = insert(consents)
    changed = {name: row.excluded[name] for name in ("scopes", "claims", "agreed_at")}
    agreed: Insert = row.on_conflict_do_update(
        index_elements=["account_id", "client_id"], set_={**changed, "withdrawn_at": null()}
    )
    return agreed


AGREE = Statement(_agree)
FIND = Statement(
    select(consents).where(consents.c.account_id == _ACCOUNT, consents.c.client_id == _CLIENT, _is_in_force)
)
FIND_WITHDRAWN = Statement(
    select(consents.c.withdrawn_at).where(
        consents.c.account_id == _ACCOUNT,
        consents.c.client_id == _CLIENT,
        consents.c.withdrawn_at.is_not(None),
    )
)
LIST = Statement(
    select(consents)
    .where(consents.c.account_id == _ACCOUNT, _is_in_force)
    .order_by(consents.c.agreed_at.desc(), consents.c.client_id)
)
WITHDRAW = Statement(
    update(consents)
    .where(consents.c.account_id == _ACCOUNT, consents.c.client_id == _CLIENT, _is_in_force)
    .values(withdrawn_at=NOW)
)
DROP_CODES = drop_codes(
    authorization_codes.c.session_id.in_(_sessions_of_account), authorization_codes.c.client_id == _CLIENT
)
TELL_APP = tell_apps(
    grants.c.account_id == _ACCOUNT, grants.c.client_id == _CLIENT, grants.c.revoked_at.is_(None)
)
SIGNAL = signal_sessions(
    Reason.CONSENT_WITHDRAWN,
    grants.c.account_id == _ACCOUNT,
    grants.c.client_id == _CLIENT,
    grants.c.revoked_at.is_(None),
)
REVOKE_GRANTS = revoke_grants(grants.c.account_id == _ACCOUNT, grants.c.client_id == _CLIENT)


class ConsentRepository:
    """Implements `idp.accounts.consent.ConsentStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def agree(
        self,
        account_id: str,
        client_id: str,
        scopes: frozenset[str],
        claims: frozenset[str],
        *,
        now: datetime,
    ) -> None:
        with self._db.transaction() as tx:
            # Without it, two windows agreeing at once would each write only what it saw.
            tx.one(LOCK_ACCOUNT, account=account_id)
            before = tx.one(FIND, account=account_id, client=client_id)
            tx.run(
                AGREE,
                account_id=account_id,
                client_id=client_id,
                scopes=joined(sorted(scopes.union(words(before.scopes) if before else ()))),
                claims=joined(sorted(claims.union(words(before.claims) if before else ()))),
                agreed_at=to_milliseconds(now),
                withdrawn_at=None,
            )

    def list_of(self, account_id: str) -> tuple[Consent, ...]:
        return tuple(_consent(row) for row in self._db.all(LIST, account=account_id))

    def was_withdrawn(self, account_id: str, client_id: str) -> bool:
        return self._db.one(FIND_WITHDRAWN, account=account_id, client=client_id) is not None

    def withdraw(self, account_id: str, client_id: str, *, now: datetime) -> bool:
        if not can_be_stored(client_id):
            return False
        values = {"account": account_id, "client": client_id, "now": to_milliseconds(now)}
        with self._db.transaction() as tx:
            if tx.run(WITHDRAW, **values) != 1:
                return False
            tx.run(DROP_CODES, **values)
            tx.run(TELL_APP, **values)
            tx.run(SIGNAL, **values)
            tx.run(REVOKE_GRANTS, **values)
        return True


def _consent(row: Row) -> Consent:
    return Consent(
        account_id=row.account_id,
        client_id=row.client_id,
        scopes=frozenset(words(row.scopes)),
        claims=frozenset(words(row.claims)),
        agreed_at=from_milliseconds(row.agreed_at),
    )
