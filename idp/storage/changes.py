"""Change requests. Every step is one statement that still demands the step before it; of two at once one wins.

That the second person is another one, and that the delay is over, is held by the tables too (`schema_changes`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, insert, select, update

from idp.foundation.clock import to_milliseconds
from idp.governance.change_request import ChangeRequest, State, canonical
from idp.governance.kinds import Inverse
from idp.storage.change_queries import ChangeQueries
from idp.storage.rows import NOW, document, given
from idp.storage.schema import change_applications, change_approvals, change_requests
from idp.storage.statement import Statement

_row, _approval, _application = change_requests.c, change_approvals.c, change_applications.c
_IS_THIS = _row.id == given("request_id")

ADD = Statement(insert(change_requests))
AGREE = Statement(
    update(change_requests)
    .where(_IS_THIS, _row.state == State.PROPOSED.value, _row.expires_at > NOW)
    .values(state=State.APPROVED.value)
)
ADD_APPROVAL = Statement(insert(change_approvals))
CLOSE = Statement(
    update(change_requests)
    .where(_IS_THIS, _row.state == given("old_state"))
    .values(
        state=given("new_state"),
        closed_by=given("new_closed_by"),
        closed_at=given("new_closed_at", _row.closed_at.type),
        closed_why=given("new_closed_why"),
    )
)
LOCK_SUBJECT = Statement(
    select(_row.id).where(_row.subject == given("subject")).order_by(_row.id).with_for_update()
)
CARRY_OUT = Statement(
    update(change_requests)
    .where(
        _IS_THIS,
        _row.state == State.APPROVED.value,
        exists(
            select(_approval.request_id).where(_approval.request_id == _row.id, _approval.effective_at <= NOW)
        ),
    )
    .values(state=State.APPLIED.value)
)
ADD_APPLICATION = Statement(insert(change_applications))
SAY_OUTCOME = Statement(
    update(change_applications)
    .where(_application.request_id == given("request_id"))
    .values(outcome=given("new_outcome"), state_after=given("new_state_after"))
)
ALARM = Statement(
    update(change_requests)
    .where(_IS_THIS, _row.state == State.REVIEW_DUE.value, _row.alarmed_at.is_(None))
    .values(alarmed_at=NOW)
)


class ChangeRepository(ChangeQueries):
    """Everything that is kept of change requests: what can be asked of them, and their steps."""

    def add(self, request: ChangeRequest) -> None:
        """Keep a new request. Raises: RuleBroken — it is about its proposer, or repeats an id."""
        content = request.content
        self._db.run(
            ADD,
            id=request.id,
            kind=content.kind,
            payload=canonical(content.payload).decode(),
            subject=content.subject,
            direction=content.direction.value,
            base=content.base,
            delay_ms=_milliseconds(content.delay),
            content_hash=request.content_hash,
            why=request.why,
            diff=document([[line.field, line.before, line.after] for line in request.diff]),
            proposer_id=request.proposer,
            proposed_at=to_milliseconds(request.proposed_at),
            expires_at=to_milliseconds(request.expires_at),
            is_emergency=request.is_emergency,
            state=request.state.value,
            closed_by="",
            closed_at=None,
            closed_why="",
            rolls_back=request.rolls_back,
            alarmed_at=None,
        )

    def approve(self, request: ChangeRequest, *, now: datetime) -> bool:
        """Keep the approval that `request` has now. Atomic: False when it was approved, closed or expired before.

        Raises: RuleBroken — the approver proposed it, or it is about them.
        """
        approval, content = request.approval, request.content
        assert approval is not None  # `moved` made it
        with self._db.transaction() as tx:
            if tx.run(AGREE, request_id=request.id, now=to_milliseconds(now)) != 1:
                return False
            tx.run(
                ADD_APPROVAL,
                request_id=request.id,
                content_hash=request.content_hash,
                proposer_id=request.proposer,
                subject=content.subject,
                delay_ms=_milliseconds(content.delay),
                approver_id=approval.by,
                approved_at=to_milliseconds(approval.at),
                effective_at=to_milliseconds(approval.at) + _milliseconds(content.delay),
            )
        return True

    def close(self, before: ChangeRequest, after: ChangeRequest) -> bool:
        """Refused, cancelled, reviewed or lapsed. Atomic: False when it is not any more as it was before."""
        assert after.closed_at is not None  # `moved` made it
        hit = self._db.run(
            CLOSE,
            request_id=before.id,
            old_state=before.state.value,
            new_state=after.state.value,
            new_closed_by=after.closed_by,
            new_closed_at=to_milliseconds(after.closed_at),
            new_closed_why=after.closed_why,
        )
        return hit == 1

    def hold(self, subject: str) -> None:
        """Within a transaction: let nobody else apply a request about the same subject until it ends."""
        self._db.all(LOCK_SUBJECT, subject=subject)

    def carry_out(self, request: ChangeRequest, inverse: Inverse | None, *, now: datetime) -> bool:
        """Within the transaction that does it: note that it is applied. False: not approved, waiting, or done.

        Raises: RuleBroken — neither an approval whose delay is over nor an emergency allows it.
        """
        if (
            not request.is_emergency
            and self._db.run(CARRY_OUT, request_id=request.id, now=to_milliseconds(now)) != 1
        ):
            return False
        approval = request.approval
        self._db.run(
            ADD_APPLICATION,
            request_id=request.id,
            direction=request.content.direction.value,
            is_emergency=request.is_emergency,
            effective_at=None if approval is None else to_milliseconds(approval.effective_at),
            applied_at=to_milliseconds(now),
            outcome="",
            inverse=_written(inverse),
            state_after=None,
        )
        return True

    def say(self, request_id: str, outcome: str, state_after: str | None) -> None:
        """Within the same transaction: what came of it, and of an emergency a digest of how it left things."""
        self._db.run(SAY_OUTCOME, request_id=request_id, new_outcome=outcome, new_state_after=state_after)

    def alarm(self, request_id: str, *, now: datetime) -> bool:
        """Claim telling of it. True for one caller, once."""
        return self._db.run(ALARM, request_id=request_id, now=to_milliseconds(now)) == 1


def _written(inverse: Inverse | None) -> str | None:
    return None if inverse is None else canonical([inverse.kind, inverse.payload]).decode()


def _milliseconds(delay: timedelta) -> int:
    return round(delay.total_seconds() * 1000)
