"""Security event tokens: what one says about a person, or about the stream that it comes on.

It has no `exp` and no `sub`, and a `typ` of its own, so that nobody takes it for an ID token or an access token.
Spec: RFC 8417 §2; SSF 1.0 §4; CAEP 1.0 §2, §3; RFC 9493 §3.2 (`iss_sub`, `opaque`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.foundation.clock import to_milliseconds, to_seconds
from idp.foundation.identifiers import keyed_digest, sid_of
from idp.signals.event_types import ABOUT_PEOPLE, EventType
from idp.signals.reasons import Reason, told

TOKEN_TYPE = "secevent+jwt"
_JTI_DIGITS = 32


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """One event that waits for the receiver of a stream."""

    id: int
    stream_id: str
    type: EventType
    happened_at: datetime
    subject: str | None = None
    """Whom it is about, by the name that this receiver knows; None: the stream itself."""
    session_id: str | None = None
    """The one session that it is about; None: all of them."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Members that this type has beside those of all; about a person also `reason`, by its name here."""

    @property
    def jti(self) -> str:
        """The same at every delivery. Rows' numbers come again, with the moment they do not."""
        happened_at = str(to_milliseconds(self.happened_at))
        return keyed_digest(self.stream_id, "event", self.type, happened_at, str(self.id))[:_JTI_DIGITS]


def event_claims(event: QueuedEvent, issuer: str, audience: str) -> dict[str, Any]:
    """What the token says. Exactly one event in each (CAEP Interoperability Profile §2.8.1)."""
    return {
        "iss": issuer,
        "aud": audience,
        # When it happened and not when it is sent: a token that is sent again says the same.
        "iat": to_seconds(event.happened_at),
        "jti": event.jti,
        "txn": keyed_digest(event.stream_id, "txn", event.jti)[:_JTI_DIGITS],
        "sub_id": _subject(event, issuer, audience),
        "events": {event.type.value: _members(event)},
    }


def _subject(event: QueuedEvent, issuer: str, audience: str) -> dict[str, Any]:
    if event.subject is None:
        return {"format": "opaque", "id": event.stream_id}
    person = {"format": "iss_sub", "iss": issuer, "sub": event.subject}
    if event.session_id is None:
        return person
    # By the name that is in the ID tokens of this receiver and of nobody else.
    session = {"format": "opaque", "id": sid_of(event.session_id, audience)}
    return {"format": "complex", "user": person, "session": session}


def _members(event: QueuedEvent) -> dict[str, Any]:
    if event.type not in ABOUT_PEOPLE:
        return dict(event.detail)
    members = dict(event.detail)
    why = told(Reason(members.pop("reason")))
    return {"event_timestamp": to_seconds(event.happened_at), **why, **members}
