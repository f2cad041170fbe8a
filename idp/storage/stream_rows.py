"""A stream as a row, and back."""

from __future__ import annotations

from typing import Any

import orjson

from idp.foundation.clock import from_milliseconds
from idp.signals.event_types import EventType
from idp.signals.stream import Method, Stream, StreamStatus
from idp.storage.rows import document
from idp.storage.statement import Row

CHOSEN = (
    "description",
    "events_requested",
    "sends_session_revoked",
    "sends_credential_change",
    "sends_assurance_level_change",
    "method",
    "endpoint_url",
    "authorization_sealed",
)
"""The columns that follow from what its receiver said; the others are ours."""


def chosen(stream: Stream) -> dict[str, Any]:
    """Their values."""
    delivered = stream.events_delivered
    return {
        "description": stream.description,
        "events_requested": document(list(stream.events_requested)),
        "sends_session_revoked": EventType.SESSION_REVOKED in delivered,
        "sends_credential_change": EventType.CREDENTIAL_CHANGE in delivered,
        "sends_assurance_level_change": EventType.ASSURANCE_LEVEL_CHANGE in delivered,
        "method": stream.method.value,
        "endpoint_url": stream.endpoint_url,
        "authorization_sealed": stream.authorization_sealed,
    }


def stream_from(row: Row) -> Stream:
    """The stream of a row that has its columns."""
    sealed = row.authorization_sealed
    return Stream(
        id=row.id,
        client_id=row.client_id,
        events_requested=tuple(orjson.loads(row.events_requested)),
        method=Method(row.method),
        created_at=from_milliseconds(row.created_at),
        heard_at=from_milliseconds(row.heard_at),
        endpoint_url=row.endpoint_url,
        authorization_sealed=None if sealed is None else bytes(sealed),
        description=row.description,
        status=StreamStatus(row.status),
        reason=row.reason,
        is_held=bool(row.is_held),
    )
