"""By whose word the list was changed, as the trust log says it."""

from __future__ import annotations

from datetime import datetime

from idp.foundation.clock import to_seconds
from idp.governance.change_request import Authority
from idp.trustlist import record
from idp.trustlist.changes import Change, Visited


def by_whom(change: Change, authority: Authority | None) -> record.Authority:
    """What stands in the entry."""
    if isinstance(change, Visited):
        return record.AUTOMATIC
    if authority is None:
        return record.SET_UP
    return {
        "change": authority.change,
        "content_hash": authority.content_hash,
        "proposer": authority.proposer,
        "approver": authority.approver,
        "requested_at": to_seconds(authority.requested_at),
        "approved_at": _seconds_or_none(authority.approved_at),
    }


def _seconds_or_none(moment: datetime | None) -> int | None:
    return None if moment is None else to_seconds(moment)
