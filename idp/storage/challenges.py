"""Questions we asked and wait to be answered, by digest of their id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import Table, and_, insert, select, update

from idp.authn.challenges import MAX_WRONG_ANSWERS, Challenge, ChallengePurpose
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.identifiers import Kind, is_kind
from idp.foundation.identifiers import digest as digest_of
from idp.storage.db import Database
from idp.storage.rows import NOW, document, given
from idp.storage.schema import challenges, staff_challenges
from idp.storage.statement import Statement


class _Statements:
    """The same for each table of challenges; what is asked of one of them does not exist in another."""

    def __init__(self, table: Table) -> None:
        row = table.c
        is_this = row.digest == given("challenge_digest")
        is_open = and_(
            is_this,
            row.purpose == given("asked_for"),
            row.consumed_at.is_(None),
            row.expires_at > NOW,
            row.wrong_answers < MAX_WRONG_ANSWERS,
        )
        self.add = Statement(insert(table))
        self.find = Statement(select(table).where(is_open))
        self.advance = Statement(
            update(table)
            .where(is_open, row.step == given("from_step"))
            .values(step=row.step + 1, data=given("new_data"))
        )
        self.consume = Statement(update(table).where(is_open).values(consumed_at=NOW, data="{}"))
        self.count_wrong_answer = Statement(
            update(table)
            .where(is_this)
            .values(wrong_answers=row.wrong_answers + 1)
            .returning(row.wrong_answers)
        )


class Asked(Enum):
    """Who is asked: each has a table of its own."""

    CITIZENS = _Statements(challenges)
    STAFF = _Statements(staff_challenges)


class ChallengeRepository:
    """Implements `idp.authn.challenges.ChallengeStore`."""

    def __init__(self, database: Database, asked: Asked = Asked.CITIZENS) -> None:
        self._db = database
        self._of = asked.value

    def add(self, challenge: Challenge) -> None:
        self._db.run(
            self._of.add,
            digest=digest_of(challenge.id),
            purpose=challenge.purpose.value,
            account_id=challenge.account_id,
            bound_to=challenge.bound_to,
            data=document(challenge.data),
            created_at=to_milliseconds(challenge.created_at),
            expires_at=to_milliseconds(challenge.expires_at),
            step=challenge.step,
            wrong_answers=challenge.wrong_answers,
            consumed_at=None,
        )

    def find(self, challenge_id: str, purpose: ChallengePurpose, *, now: datetime) -> Challenge | None:
        if not is_kind(Kind.CHALLENGE, challenge_id):
            return None
        row = self._db.one(self._of.find, **_which(challenge_id, purpose, now))
        if row is None:
            return None
        return Challenge(
            id=challenge_id,
            purpose=purpose,
            account_id=row.account_id,
            bound_to=row.bound_to,
            data=orjson.loads(row.data),
            created_at=from_milliseconds(row.created_at),
            expires_at=from_milliseconds(row.expires_at),
            step=row.step,
            wrong_answers=row.wrong_answers,
        )

    def advance(
        self,
        challenge_id: str,
        purpose: ChallengePurpose,
        *,
        step: int,
        data: Mapping[str, Any],
        now: datetime,
    ) -> bool:
        which = _which(challenge_id, purpose, now)
        return self._db.run(self._of.advance, **which, from_step=step, new_data=document(data)) == 1

    def consume(self, challenge_id: str, purpose: ChallengePurpose, *, now: datetime) -> bool:
        return self._db.run(self._of.consume, **_which(challenge_id, purpose, now)) == 1

    def count_wrong_answer(self, challenge_id: str) -> int:
        """Count a wrong answer. Raises: LookupError — there is no such challenge."""
        row = self._db.one(self._of.count_wrong_answer, challenge_digest=digest_of(challenge_id))
        if row is None:
            raise LookupError("no such challenge")
        return int(row.wrong_answers)


def _which(challenge_id: str, purpose: ChallengePurpose, now: datetime) -> dict[str, Any]:
    return {
        "challenge_digest": digest_of(challenge_id),
        "asked_for": purpose.value,
        "now": to_milliseconds(now),
    }
