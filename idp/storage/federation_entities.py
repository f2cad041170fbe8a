"""Subordinates, trust marks, their types and delegations as rows. Every change tells the other processes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import orjson
from sqlalchemy import insert, select, update

from idp.federation import record
from idp.federation.roll import Delegation, HeldMark, MarkType, Roll, Subordinate, SubordinateState
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.identifiers import digest
from idp.storage.db import Access, Database
from idp.storage.generations import Remembered, advance
from idp.storage.log_entries import append
from idp.storage.rows import document, given, joined, milliseconds_or_none, words
from idp.storage.schema import subordinates, trust_mark_delegations, trust_mark_types, trust_marks
from idp.storage.statement import Row, Statement, replacing
from idp.transparency.leaves import Leaf, LogName

SUBORDINATES = Statement(select(subordinates).order_by(subordinates.c.entity_id))
MARKS = Statement(
    select(trust_marks)
    .where(trust_marks.c.expires_at > given("ended_before"))
    .order_by(trust_marks.c.issued_at, trust_marks.c.token_digest)
)
MARK_TYPES = Statement(select(trust_mark_types).order_by(trust_mark_types.c.mark_type))
DELEGATIONS = Statement(select(trust_mark_delegations).order_by(trust_mark_delegations.c.mark_type))
FIND_MARK = Statement(select(trust_marks).where(trust_marks.c.token_digest == given("digest")))
PUT = Statement(replacing(subordinates))
MOVE = Statement(
    update(subordinates)
    .where(subordinates.c.entity_id == given("entity"), subordinates.c.state == given("before"))
    .values(state=given("after"), changed_at=given("now"))
)
ADD_MARK = Statement(insert(trust_marks))
REVOKE = Statement(
    update(trust_marks)
    .where(
        trust_marks.c.issuer == given("by"),
        trust_marks.c.mark_type == given("kind"),
        trust_marks.c.subject == given("bearer"),
        trust_marks.c.revoked_at.is_(None),
    )
    .values(revoked_at=given("now"), reason=given("why"))
)
PUT_TYPE = Statement(replacing(trust_mark_types))
PUT_DELEGATION = Statement(replacing(trust_mark_delegations))


class FederationEntities:
    """What was entered about the entities below us and about marks, straight from the database."""

    def __init__(self, database: Database, log: LogName | None = None) -> None:
        """`log`: where each change gets its entry, in the same transaction. A region keeps none of these."""
        self._db, self._log = database, log

    def roll(self, *, ended_before: datetime) -> Roll:
        """Everything, but for marks that ended before a moment."""
        return Roll(
            subordinates={row.entity_id: _subordinate(row) for row in self._db.all(SUBORDINATES)},
            marks=tuple(map(_mark, self._db.all(MARKS, ended_before=to_milliseconds(ended_before)))),
            mark_types=tuple(map(_mark_type, self._db.all(MARK_TYPES))),
            delegations={row.mark_type: _delegation(row) for row in self._db.all(DELEGATIONS)},
        )

    def find_mark(self, token: str) -> HeldMark | None:
        """The very mark, however old."""
        row = self._db.one(FIND_MARK, digest=digest(token))
        return None if row is None else _mark(row)

    def put(self, one: Subordinate) -> None:
        """Enrol somebody, or enrol them anew."""
        self._change(
            PUT,
            record.enrolled(one),
            entity_id=one.entity_id,
            entity_types=joined(one.entity_types),
            is_intermediate=one.is_intermediate,
            jwks=document(one.jwks),
            metadata=document(one.metadata),
            metadata_policy=document(one.metadata_policy),
            constraints=document(one.constraints),
            state=one.state.value,
            enrolled_at=to_milliseconds(one.enrolled_at),
            changed_at=to_milliseconds(one.changed_at),
        )

    def move(
        self,
        entity_id: str,
        before: Collection[SubordinateState],
        after: SubordinateState,
        *,
        now: datetime,
    ) -> bool:
        """Change where somebody stands. True when this call did: of two at once exactly one."""
        with self._db.transaction() as tx:
            moved = any(
                tx.run(
                    MOVE, entity=entity_id, before=state.value, after=after.value, now=to_milliseconds(now)
                )
                for state in before
            )
            if moved:
                advance(tx, Remembered.FEDERATION)
                self._enter(tx, record.moved(entity_id, after))
        return moved

    def add_mark(self, mark: HeldMark) -> None:
        """Keep a mark. It stands beside earlier ones of its type and subject."""
        self._change(
            ADD_MARK,
            record.marked(mark),
            token_digest=digest(mark.token),
            token=mark.token,
            kid=mark.kid,
            issuer=mark.issuer,
            mark_type=mark.mark_type,
            subject=mark.subject,
            issued_at=to_milliseconds(mark.issued_at),
            expires_at=to_milliseconds(mark.expires_at),
            revoked_at=milliseconds_or_none(mark.revoked_at),
            reason=mark.reason,
        )

    def revoke_marks(self, issuer: str, mark_type: str, subject: str, reason: str, *, now: datetime) -> int:
        """Take back every mark of a type that an issuer gave somebody; how many there were."""
        return self._change(
            REVOKE,
            record.unmarked(mark_type, subject, reason),
            by=issuer,
            kind=mark_type,
            bearer=subject,
            why=reason,
            now=to_milliseconds(now),
        )

    def put_mark_type(self, kind: MarkType) -> None:
        """Say who may issue a type, and whose it is, in place of what was said before."""
        self._change(
            PUT_TYPE,
            record.defined(kind),
            mark_type=kind.mark_type,
            issuers=document(list(kind.issuers)),
            owner=kind.owner,
            owner_jwks=None if kind.owner_jwks is None else document(kind.owner_jwks),
        )

    def put_delegation(self, delegation: Delegation) -> None:
        """Keep an owner's leave in place of an earlier one."""
        self._change(
            PUT_DELEGATION,
            record.delegated(delegation),
            mark_type=delegation.mark_type,
            owner=delegation.owner,
            token=delegation.token,
            expires_at=to_milliseconds(delegation.expires_at),
        )

    def _change(self, statement: Statement, members: record.Members, **values: object) -> int:
        with self._db.transaction() as tx:
            hit = tx.run(statement, **values)
            if hit:
                advance(tx, Remembered.FEDERATION)
                self._enter(tx, members)
            return hit

    def _enter(self, tx: Access, members: record.Members) -> None:
        if self._log is not None:
            append(tx, self._log, [Leaf(members)])


def _subordinate(row: Row) -> Subordinate:
    return Subordinate(
        entity_id=row.entity_id,
        entity_types=words(row.entity_types),
        jwks=orjson.loads(row.jwks),
        enrolled_at=from_milliseconds(row.enrolled_at),
        changed_at=from_milliseconds(row.changed_at),
        is_intermediate=bool(row.is_intermediate),
        metadata=orjson.loads(row.metadata),
        metadata_policy=orjson.loads(row.metadata_policy),
        constraints=orjson.loads(row.constraints),
        state=SubordinateState(row.state),
    )


def _mark(row: Row) -> HeldMark:
    return HeldMark(
        token=row.token,
        kid=row.kid,
        issuer=row.issuer,
        mark_type=row.mark_type,
        subject=row.subject,
        issued_at=from_milliseconds(row.issued_at),
        expires_at=from_milliseconds(row.expires_at),
        revoked_at=None if row.revoked_at is None else from_milliseconds(row.revoked_at),
        reason=row.reason,
    )


def _mark_type(row: Row) -> MarkType:
    return MarkType(
        mark_type=row.mark_type,
        issuers=tuple(orjson.loads(row.issuers)),
        owner=row.owner,
        owner_jwks=None if row.owner_jwks is None else orjson.loads(row.owner_jwks),
    )


def _delegation(row: Row) -> Delegation:
    return Delegation(
        mark_type=row.mark_type,
        owner=row.owner,
        token=row.token,
        expires_at=from_milliseconds(row.expires_at),
    )
