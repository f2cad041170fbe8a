"""Appeals against suspensions: one for each, answered once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.registry.app_store import Appeal
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import app_appeals
from idp.storage.statement import Row, Statement

_of_app = app_appeals.c.client_id == given("app")

ADD = Statement(
    lambda insert: insert(app_appeals).on_conflict_do_nothing(index_elements=["client_id", "suspension"])
)
LATEST = Statement(select(app_appeals).where(_of_app).order_by(app_appeals.c.suspension.desc()).limit(1))
ANSWER = Statement(
    update(app_appeals)
    .where(
        _of_app, app_appeals.c.suspension == given("known_suspension"), app_appeals.c.answered_at.is_(None)
    )
    .values(
        answered_by=given("new_answered_by"), answer=given("new_answer"), answered_at=given("new_answered_at")
    )
)


class AppAppeals:
    """What owners say against suspensions."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, client_id: str, appeal: Appeal) -> bool:
        """Keep an appeal; False when there is one against this suspension already."""
        hit = self._db.run(
            ADD,
            client_id=client_id,
            suspension=appeal.suspension,
            suspended_by=appeal.suspended_by,
            appealed_by=appeal.appealed_by,
            appeal=appeal.text,
            appealed_at=to_milliseconds(appeal.at),
            answered_by=None,
            answer="",
            answered_at=None,
        )
        return hit == 1

    def latest(self, client_id: str) -> Appeal | None:
        """The appeal against the latest suspension that had one."""
        row = self._db.one(LATEST, app=client_id)
        return None if row is None else _appeal(row)

    def answer(self, client_id: str, suspension: int, by: str, text: str, *, now: datetime) -> bool:
        """Answer an appeal; False when it was answered already, or there is none.

        Raises: RuleBroken — by whoever suspended the mini-app.
        """
        hit = self._db.run(
            ANSWER,
            app=client_id,
            known_suspension=suspension,
            new_answered_by=by,
            new_answer=text,
            new_answered_at=to_milliseconds(now),
        )
        return hit == 1


def _appeal(row: Row) -> Appeal:
    return Appeal(
        suspension=row.suspension,
        suspended_by=row.suspended_by,
        appealed_by=row.appealed_by,
        text=row.appeal,
        at=from_milliseconds(row.appealed_at),
        answered_by=row.answered_by,
        answer=row.answer,
        answered_at=None if row.answered_at is None else from_milliseconds(row.answered_at),
    )
