"""Events for the receivers of streams, written by whatever they are about; sent and fetched by `idp.signals`.

Use these in the transaction that makes the change, beside `logouts.tell_apps` and for the same reasons: a process that
dies in between must not leave a receiver in the belief that nothing happened.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, insert, literal, null, or_, select

from idp.signals.event_types import EventType
from idp.signals.reasons import Reason
from idp.signals.stream import StreamStatus
from idp.storage.rows import NOW, document, given
from idp.storage.schema import grants, stream_events, stream_exclusions, streams
from idp.storage.statement import Statement

_WRITTEN = ["stream_id", "type", "subject", "session_id", "detail", "happened_at"]
_is_wanted = (
    streams.c.status != StreamStatus.DISABLED.value,
    streams.c.is_full.is_(False),
    ~exists().where(
        stream_exclusions.c.stream_id == streams.c.id, stream_exclusions.c.subject == grants.c.subject
    ),
)


def signal_sessions(reason: Reason, *which: ColumnElement[bool]) -> Statement:
    """For each session of these grants and each receiver in it: keep that it is to hear of its end.

    Revoked grants count too, their mini-app may have a session of its own still.
    """
    told = _told(EventType.SESSION_REVOKED, grants.c.session_id, literal(_because(reason)))
    return _kept(
        told.where(streams.c.sends_session_revoked.is_(True), *which).group_by(
            streams.c.id, grants.c.session_id
        )
    )


def signal_people(reason: Reason, *which: ColumnElement[bool]) -> Statement:
    """The same where everything of a person ends: one event for each receiver, about all their sessions."""
    told = _told(EventType.SESSION_REVOKED, null(), literal(_because(reason)))
    return _kept(
        told.where(streams.c.sends_session_revoked.is_(True), *which).group_by(streams.c.id, grants.c.subject)
    )


def _told(event: EventType, session: ColumnElement[Any], detail: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            streams.c.id,
            literal(event.value),
            func.max(grants.c.subject),
            session,
            detail,
            NOW,
        )
        .join(streams, streams.c.client_id == grants.c.client_id)
        .where(*_is_wanted)
    )


def _kept(told: Select[Any]) -> Statement:
    return Statement(insert(stream_events).from_select(_WRITTEN, told).inline())


def _because(reason: Reason) -> str:
    return document({"reason": reason.value})


# What is revoked by the same change was in force before it.
_knows_the_person = (
    grants.c.account_id == given("account"),
    grants.c.expires_at > NOW,
    or_(grants.c.revoked_at.is_(None), grants.c.revoked_at == NOW),
)
CREDENTIAL_CHANGE = _kept(
    _told(EventType.CREDENTIAL_CHANGE, null(), given("detail"))
    .where(streams.c.sends_credential_change.is_(True), *_knows_the_person)
    .group_by(streams.c.id, grants.c.subject)
)
"""For each receiver that knows the person: what is in `detail`."""
LEVEL_CHANGE = _kept(
    _told(EventType.ASSURANCE_LEVEL_CHANGE, null(), given("detail"))
    .where(streams.c.sends_assurance_level_change.is_(True), *_knows_the_person)
    .group_by(streams.c.id, grants.c.subject)
)
"""The same about how strongly the person can prove who they are."""
