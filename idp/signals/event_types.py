"""The events that we send, and hear from other regions, by the addresses that name them.

Spec: CAEP 1.0 §3; SSF 1.0 §8.1.4.1, §8.1.5.
"""

from __future__ import annotations

from enum import StrEnum

_CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
_SSF = "https://schemas.openid.net/secevent/ssf/event-type/"


class EventType(StrEnum):
    """What an event says. The last two are about a stream and not about a person."""

    SESSION_REVOKED = _CAEP + "session-revoked"
    CREDENTIAL_CHANGE = _CAEP + "credential-change"
    ASSURANCE_LEVEL_CHANGE = _CAEP + "assurance-level-change"
    VERIFICATION = _SSF + "verification"
    STREAM_UPDATED = _SSF + "stream-updated"


ABOUT_PEOPLE = (
    EventType.SESSION_REVOKED,
    EventType.CREDENTIAL_CHANGE,
    EventType.ASSURANCE_LEVEL_CHANGE,
)
"""What a receiver may ask for; the others come with every stream."""
