"""Authorization transactions: requests on their way through our pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Update,
    and_,
    case,
    false,
    insert,
    literal,
    null,
    select,
    true,
    update,
)

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.identifiers import digest as digest_of
from idp.oidc.authorization.transaction import (
    Proved,
    Transaction,
    TransactionPurpose,
    TransactionState,
)
from idp.oidc.grant import AuthorizationCode
from idp.oidc.parameters import Parameters
from idp.oidc.proofs import Proof
from idp.storage.codes import code_values, keep_code
from idp.storage.db import Database
from idp.storage.pushed_requests import CONSUME
from idp.storage.rows import NOW, document, given, milliseconds_or_none
from idp.storage.schema import transactions
from idp.storage.statement import Claim, Statement

_is_this = transactions.c.digest == given("transaction_digest")
_is_pending = and_(_is_this, transactions.c.state == TransactionState.PENDING.value)


def _leave_pending(state: TransactionState, *further: ColumnElement[bool]) -> Update:
    return (
        update(transactions)
        .where(_is_pending, transactions.c.expires_at > NOW, *further)
        .values(state=state.value, consumed_at=NOW)
    )


_USERNAME, _SESSION = given("typed"), given("proved_session_id")
_NO_PROOFS = literal("[]")
_is_same_username = transactions.c.username == _USERNAME

ADD = Statement(insert(transactions))
FIND = Statement(select(transactions).where(_is_this))
SET_USERNAME = Statement(
    update(transactions)
    .where(_is_pending)
    .values(
        username=_USERNAME,
        first_factor_account_id=case(
            (_is_same_username, transactions.c.first_factor_account_id), else_=null()
        ),
        first_factor_at=case((_is_same_username, transactions.c.first_factor_at), else_=null()),
        proofs=case((_is_same_username, transactions.c.proofs), else_=_NO_PROOFS),
    )
)
SET_PROVED = Statement(
    update(transactions)
    .where(_is_pending)
    .values(
        first_factor_account_id=given("proved_account_id"),
        first_factor_at=given("proved_at"),
        proofs=given("kept_proofs"),
    )
)
SET_SESSION = Statement(
    update(transactions)
    .where(_is_pending)
    .values(
        session_id=_SESSION,
        first_factor_account_id=null(),
        first_factor_at=null(),
        proofs=_NO_PROOFS,
        # Another person may have agreed within this transaction: that does not bind this one.
        consented=case((transactions.c.session_id == _SESSION, transactions.c.consented), else_=false()),
    )
)
SET_CONSENTED = Statement(update(transactions).where(_is_pending).values(consented=true()))
COUNT_WRONG_ANSWER = Statement(
    update(transactions)
    .where(_is_this)
    .values(wrong_answers=transactions.c.wrong_answers + 1)
    .returning(transactions.c.wrong_answers)
)
# What began with a pushed request is never fulfilled without claiming it.
FULFIL = Claim(_leave_pending(TransactionState.FULFILLED, transactions.c.pushed_digest.is_(None)), keep_code)
_began_with_it = transactions.c.pushed_digest == given("pushed_digest", LargeBinary())
FULFIL_PUSHED = Statement(_leave_pending(TransactionState.FULFILLED, _began_with_it))
CANCEL_PUSHED = Statement(_leave_pending(TransactionState.CANCELLED, _began_with_it))
KEEP_CODE = Statement(keep_code(true()))
FINISH = Statement(_leave_pending(TransactionState.FULFILLED))
CANCEL = Statement(_leave_pending(TransactionState.CANCELLED))


class _Over(Exception):
    """The transaction was left before: what was done for it is undone."""


class TransactionRepository:
    """Implements `idp.oidc.ports.TransactionStore`. Only a pending transaction remembers anything new."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, transaction: Transaction) -> None:
        proved = transaction.proved
        self._db.run(
            ADD,
            digest=digest_of(transaction.id),
            purpose=transaction.purpose.value,
            parameters=document(transaction.parameters.pairs()),
            return_path=transaction.return_path,
            state=transaction.state.value,
            browser_digest=transaction.browser_digest,
            created_at=to_milliseconds(transaction.created_at),
            expires_at=to_milliseconds(transaction.expires_at),
            consumed_at=None,
            username=transaction.username,
            first_factor_account_id=proved.account_id if proved else None,
            first_factor_at=milliseconds_or_none(proved.proofs[-1].at if proved else None),
            proofs=_kept(proved.proofs if proved else ()),
            session_id=transaction.session_id,
            consented=transaction.consented,
            wrong_answers=transaction.wrong_answers,
            pushed_digest=transaction.pushed_digest,
        )

    def find(self, transaction_id: str) -> Transaction | None:
        row = self._db.one(FIND, transaction_digest=digest_of(transaction_id))
        if row is None:
            return None
        proofs = tuple(map(Proof.from_json, orjson.loads(row.proofs)))
        return Transaction(
            id=transaction_id,
            purpose=TransactionPurpose(row.purpose),
            parameters=Parameters.from_pairs(orjson.loads(row.parameters)),
            return_path=row.return_path,
            state=TransactionState(row.state),
            browser_digest=row.browser_digest,
            created_at=from_milliseconds(row.created_at),
            expires_at=from_milliseconds(row.expires_at),
            username=row.username,
            proved=Proved(row.first_factor_account_id, proofs) if proofs else None,
            session_id=row.session_id,
            consented=bool(row.consented),
            wrong_answers=row.wrong_answers,
            pushed_digest=row.pushed_digest and bytes(row.pushed_digest),
        )

    def set_username(self, transaction_id: str, username: str) -> None:
        self._db.run(SET_USERNAME, transaction_digest=digest_of(transaction_id), typed=username)

    def set_proved(self, transaction_id: str, proved: Proved) -> None:
        self._db.run(
            SET_PROVED,
            transaction_digest=digest_of(transaction_id),
            proved_account_id=proved.account_id,
            proved_at=to_milliseconds(proved.proofs[-1].at),
            kept_proofs=_kept(proved.proofs),
        )

    def set_session(self, transaction_id: str, session_id: str) -> None:
        self._db.run(SET_SESSION, transaction_digest=digest_of(transaction_id), proved_session_id=session_id)

    def set_consented(self, transaction_id: str) -> None:
        self._db.run(SET_CONSENTED, transaction_digest=digest_of(transaction_id))

    def count_wrong_answer(self, transaction_id: str) -> int:
        """Count a wrong answer. Raises: LookupError — there is no such transaction."""
        row = self._db.one(COUNT_WRONG_ANSWER, transaction_digest=digest_of(transaction_id))
        if row is None:
            raise LookupError("no such transaction")
        return int(row.wrong_answers)

    def fulfil(
        self,
        transaction_id: str,
        code_digest: bytes,
        code: AuthorizationCode,
        pushed_digest: bytes | None = None,
        *,
        now: datetime,
    ) -> bool:
        leaving = {"transaction_digest": digest_of(transaction_id), "now": to_milliseconds(now)}
        if pushed_digest is None:
            return self._db.claim(FULFIL, **leaving, **code_values(code_digest, code))
        return self._leave_together(FULFIL_PUSHED, pushed_digest, leaving, code_values(code_digest, code))

    def finish(self, transaction_id: str, *, now: datetime) -> bool:
        return self._leave(FINISH, transaction_id, now)

    def cancel(self, transaction_id: str, pushed_digest: bytes | None = None, *, now: datetime) -> bool:
        if pushed_digest is None:
            return self._leave(CANCEL, transaction_id, now)
        leaving = {"transaction_digest": digest_of(transaction_id), "now": to_milliseconds(now)}
        return self._leave_together(CANCEL_PUSHED, pushed_digest, leaving, None)

    def _leave_together(
        self, leave: Statement, pushed_digest: bytes, leaving: dict[str, Any], code: dict[str, Any] | None
    ) -> bool:
        """Claim the pushed request and leave PENDING, both or neither; keep the code with them."""
        try:
            with self._db.transaction() as tx:
                # The pushed request first, whoever tries: two tabs wait for each other, never crosswise.
                if tx.run(CONSUME, pushed_digest=pushed_digest, now=leaving["now"]) != 1:
                    return False
                if tx.run(leave, pushed_digest=pushed_digest, **leaving) != 1:
                    raise _Over
                if code is not None:
                    tx.run(KEEP_CODE, **code)
        except _Over:
            return False
        return True

    def _leave(self, statement: Statement, transaction_id: str, now: datetime) -> bool:
        hit = self._db.run(statement, transaction_digest=digest_of(transaction_id), now=to_milliseconds(now))
        return hit == 1


def _kept(proofs: tuple[Proof, ...]) -> str:
    return document([proof.to_json() for proof in proofs])
