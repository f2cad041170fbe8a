"""Recoveries as rows and back: a state is a word, and the columns that this word needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from idp.authn.recovery import (
    Anchor,
    Approved,
    Begun,
    Cancelled,
    Finished,
    OneProved,
    Ready,
    Recovery,
    Requested,
    State,
    Waiting,
)
from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.storage.rows import joined, milliseconds_or_none, words
from idp.storage.schema_recoveries import Word
from idp.storage.statement import Row


def old(recovery: Recovery, now: datetime) -> dict[str, Any]:
    """What must still hold for a step to be taken from here: parameters of a statement."""
    return {
        "recovery_id": recovery.id,
        "old_state": _word(recovery.state).value,
        "old_anchors": joined(sorted(recovery.anchors)),
        "now": to_milliseconds(now),
    }


def new(recovery: Recovery) -> dict[str, Any]:
    """How it is afterwards: parameters of a statement."""
    state = recovery.state
    return {
        "new_state": _word(state).value,
        "new_anchors": joined(sorted(recovery.anchors)),
        "new_approver": state.approver if isinstance(state, Approved) else "",
        "new_waits_until": milliseconds_or_none(state.until if isinstance(state, Waiting) else None),
        "new_expires_at": to_milliseconds(recovery.expires_at),
    }


def _word(state: State) -> Word:
    """Raises: ValueError — a state that is never stored."""
    match state:
        case Begun():
            return Word.BEGUN
        case OneProved():
            return Word.ONE_PROVED
        case Waiting() | Ready(Waiting()):
            return Word.WAITING
        case Requested():
            return Word.REQUESTED
        case Approved():
            return Word.APPROVED
        case Ready(Approved()):
            return Word.READY
        case Finished():
            return Word.FINISHED
        case Cancelled():
            return Word.CANCELLED
    raise ValueError(f"{type(state).__name__} is not stored")


def recovery_or_none(row: Row | None) -> Recovery | None:
    """The recovery of a row, if there is one."""
    return None if row is None else recovery_of(row)


def recovery_of(row: Row) -> Recovery:
    """The recovery of a row."""
    return Recovery(
        id=row.id,
        account_id=row.account_id,
        state=_state(row),
        created_at=from_milliseconds(row.created_at),
        expires_at=from_milliseconds(row.expires_at),
        lost=words(row.lost),
        name_hash=row.name_hash,
    )


def _state(row: Row) -> State:
    anchors = frozenset(map(Anchor, words(row.anchors)))
    match Word(row.state):
        case Word.BEGUN:
            return Begun()
        case Word.ONE_PROVED:
            (anchor,) = anchors
            return OneProved(anchor)
        case Word.WAITING:
            return Waiting(anchors, from_milliseconds(row.waits_until))
        case Word.REQUESTED:
            return Requested(row.officer)
        case Word.APPROVED:
            return Approved(row.officer, row.approver)
        case Word.READY:
            return Ready(Approved(row.officer, row.approver))
        case Word.FINISHED:
            return Finished()
        case Word.CANCELLED:
            return Cancelled()
