"""Security event tokens of other regions: what must hold before one is believed, and what it then says.

Whose signature is on a token is verified elsewhere; this is about what was signed.
Spec: RFC 8417 §2.2; SSF 1.0 §4; RFC 8935 §2.4 (codes); CAEP 1.0 §2, §3; RFC 9493 §3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from idp.foundation.clock import from_seconds
from idp.signals.credential_changes import ENDING, Change
from idp.signals.event_types import EventType
from idp.signals.security_event import TOKEN_TYPE
from idp.signals.stream import StreamStatus

LEEWAY = timedelta(seconds=60)
"""How far the clock of whoever made it may be from ours."""
MAX_LENGTH = 255


class EventError(StrEnum):
    """Why a token is not taken. The code goes back to its transmitter."""

    INVALID_REQUEST = "invalid_request"
    INVALID_KEY = "invalid_key"
    INVALID_ISSUER = "invalid_issuer"
    INVALID_AUDIENCE = "invalid_audience"


class BadEvent(Exception):
    """Not an event for us. The text is for the log and quotes nothing of it."""

    def __init__(self, code: EventError, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


@dataclass(frozen=True, slots=True)
class HeardEvent:
    """What a believed token says."""

    jti: str
    type: EventType | None
    """None: one that we do not know, which is taken and means nothing to us."""
    happened_at: datetime
    """By the clock of whoever made it, in whole seconds."""
    subject: str | None = None
    """Whom it is about, as its issuer calls them; None: nobody that we could know."""
    sid: str | None = None
    """The one session that it is about; None: all of them."""
    change: Change | None = None
    level: str | None = None
    """The `acr` that the person can reach now at most."""
    status: StreamStatus | None = None
    """Of the stream itself."""

    @property
    def casts_doubt(self) -> bool:
        """Whether sessions from before are in doubt."""
        if self.type is EventType.CREDENTIAL_CHANGE:
            return self.change in ENDING
        return self.type in (EventType.SESSION_REVOKED, EventType.ASSURANCE_LEVEL_CHANGE)


def read_event(
    token_type: object, claims: Mapping[str, Any], *, issuer: str, audience: str, now: datetime
) -> HeardEvent:
    """What a token of `issuer` for `audience` tells us. `token_type` is the header's `typ`, as it came.

    The signature was verified with the keys of `issuer` before, and the caller counts each `jti` of it once.
    Raises: BadEvent.
    """
    _require_ours(token_type, claims, issuer, audience)
    issued_at = _moment(claims, "iat")
    if issued_at > now + LEEWAY:
        raise _bad("iat is in the future")
    name, members = _event(claims.get("events"))
    happened_at = _moment(members, "event_timestamp") if "event_timestamp" in members else issued_at
    if happened_at > now + LEEWAY:
        # It would end what is opened until then.
        raise _bad("event_timestamp is in the future")
    jti = _text(claims, "jti")
    subject, sid = _subject(claims.get("sub_id"), issuer)
    try:
        kind = EventType(name)
    except ValueError:
        return HeardEvent(jti, None, happened_at)
    return HeardEvent(
        jti,
        kind,
        happened_at,
        subject,
        sid,
        change=_change(members) if kind is EventType.CREDENTIAL_CHANGE else None,
        level=_text(members, "current_level") if kind is EventType.ASSURANCE_LEVEL_CHANGE else None,
        status=_status(members) if kind is EventType.STREAM_UPDATED else None,
    )


def _require_ours(token_type: object, claims: Mapping[str, Any], issuer: str, audience: str) -> None:
    # To the letter: no other kind of token of the issuer can be passed for one (RFC 8725 §3.11).
    if not isinstance(token_type, str) or token_type.lower().removeprefix("application/") != TOKEN_TYPE:
        raise _bad("typ is for another use")
    if claims.get("iss") != issuer:
        raise BadEvent(EventError.INVALID_ISSUER, "iss is somebody else")
    if claims.get("aud") not in (audience, [audience]):
        raise BadEvent(EventError.INVALID_AUDIENCE, "aud is not us alone")
    if "sub" in claims or "exp" in claims or "nonce" in claims:
        raise _bad("sub, exp and nonce belong in no event")


def _event(events: object) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(events, Mapping) or len(events) != 1:
        raise _bad("events is not one event")
    ((name, members),) = events.items()
    if not isinstance(members, Mapping):
        raise _bad("the event is no object")
    return str(name), members


def _subject(subject: object, issuer: str) -> tuple[str | None, str | None]:
    if not isinstance(subject, Mapping):
        raise _bad("sub_id is missing")
    if subject.get("format") != "complex":
        return _person(subject, issuer), None
    session = subject.get("session")
    if not isinstance(session, Mapping) or session.get("format") != "opaque":
        return _person(subject.get("user"), issuer), None
    return _person(subject.get("user"), issuer), _text(session, "id")


def _person(user: object, issuer: str) -> str | None:
    """Only whom the issuer itself answers for: of another's people it has nothing to tell."""
    if not isinstance(user, Mapping) or user.get("format") != "iss_sub" or user.get("iss") != issuer:
        return None
    return _text(user, "sub")


def _change(members: Mapping[str, Any]) -> Change:
    try:
        return Change(_text(members, "change_type"))
    except ValueError as error:
        raise _bad("change_type is none") from error


def _status(members: Mapping[str, Any]) -> StreamStatus:
    try:
        return StreamStatus(_text(members, "status"))
    except ValueError as error:
        raise _bad("status is none") from error


def _moment(members: Mapping[str, Any], name: str) -> datetime:
    value = members.get(name)
    # `type` and not isinstance: true is no date.
    if type(value) is not int or not 0 <= value < 2**32:
        raise _bad(f"{name} is missing or no date")
    return from_seconds(value)


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_LENGTH or not value.isprintable():
        raise _bad(f"{name} is missing, no text or too long")
    return value


def _bad(detail: str) -> BadEvent:
    return BadEvent(EventError.INVALID_REQUEST, detail)
