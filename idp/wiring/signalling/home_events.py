"""What another region tells of its people, believed and obeyed here.

Counts once for each `jti`, in the transaction in which it is obeyed: an event that was lost half-way counts when it
comes again. Nothing here depends on the order in which events come: each ends what its region said until it happened,
and what was said later goes on. Spec: CAEP 1.0 §3; SSF 1.0 §9.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idp.federation import federation_jwt
from idp.federation.federation_jwt import FederationJwtError
from idp.federation.signatures import NotSigned, Signatures, verify
from idp.foundation.events import Event, EventKind
from idp.oidc.acr import AcrNames
from idp.signals.event_types import EventType
from idp.signals.received_event import BadEvent, EventError, HeardEvent, read_event
from idp.signals.security_event import TOKEN_TYPE
from idp.storage.db import Database
from idp.storage.stores import Stores
from idp.wiring.brokering.home_sign_outs import HomeSignOuts

MAX_EVENT = 16_384
REMEMBERED = timedelta(days=30)
"""How long the `jti` of an event is remembered: longer than its region keeps it for us."""

log = logging.getLogger("idp.signals")


@dataclass(frozen=True, slots=True)
class HomeEvents:
    """Shared by every thread of a process. `client_id`: what the regions call us."""

    client_id: str
    stores: Stores
    database: Database
    sign_outs: HomeSignOuts
    signatures: Signatures
    acr: AcrNames

    def hear(self, token: str, provider: Mapping[str, Any], *, now: datetime) -> HeardEvent:
        """Believe an event of this provider and obey it. One that comes twice ends nothing twice. Raises: BadEvent."""
        issuer = str(provider["issuer"])
        event = self._read(token, provider, issuer, now)
        if event.casts_doubt and event.subject is not None:
            self._note(issuer, event, now)
        with self.database.transaction():
            owner = f"security event {issuer}"
            if self.stores.assertions.claim(owner, event.jti, now + REMEMBERED, now=now):
                self._obey(issuer, event, now)
        return event

    def _read(self, token: str, provider: Mapping[str, Any], issuer: str, now: datetime) -> HeardEvent:
        try:
            document = federation_jwt.read(token, TOKEN_TYPE, max_size=MAX_EVENT)
        except FederationJwtError as error:
            raise BadEvent(EventError.INVALID_REQUEST, str(error)) from error
        if document.claims.get("iss") != issuer:
            # Before the signature: what is signed by another region's key is another region's word.
            raise BadEvent(EventError.INVALID_ISSUER, "iss is not whose stream it is")
        try:
            verify(document, provider["jwks"], self.signatures)
        except NotSigned as error:
            raise BadEvent(EventError.INVALID_KEY, str(error)) from error
        return read_event(
            document.header.get("typ"), document.claims, issuer=issuer, audience=self.client_id, now=now
        )

    def _note(self, issuer: str, event: HeardEvent, now: datetime) -> None:
        """First, and in a commit of its own: a sign-in that is finished at this moment sees it, or is seen below."""
        if event.sid is not None:
            self.sign_outs.note_end(issuer, event.sid, now=now)
        elif event.type is not EventType.ASSURANCE_LEVEL_CHANGE:
            self.stores.signal_sources.note_ending(issuer, event.subject or "", event.happened_at, now=now)

    def _obey(self, issuer: str, event: HeardEvent, now: datetime) -> None:
        subject = event.subject
        if subject is None or not event.casts_doubt:
            return
        link = self.stores.linked_subjects.find(issuer, subject)
        if link is None:
            # Nobody who was ever here. The region is not told so: it is none of its business.
            return
        if event.sid is not None:
            derived = self.stores.home_sessions.derived(issuer, sid=event.sid, sub=subject)
        else:
            until, above = event.happened_at, self._above(event)
            derived = self.stores.home_sessions.doubted(issuer, subject, until, above)
        ended = self.sign_outs.end(derived, now=now)
        if event.type is EventType.SESSION_REVOKED and event.sid is None:
            # Nothing of the person goes on there, so what outlives a session does not go on here.
            ended += self.stores.withdrawals.end_grants_of(
                issuer, link.account_id, event.happened_at, now=now
            )
        if ended:
            self._record(link.account_id, issuer, now)

    def _above(self, event: HeardEvent) -> int:
        """The level that sessions may keep: none, or what the person can still prove there."""
        if event.type is not EventType.ASSURANCE_LEVEL_CHANGE or event.level is None:
            return 0
        level = self.acr.level(event.level)
        # A level that we cannot read is no reason to believe in more than the least.
        return 1 if level is None else int(level)

    def _record(self, account_id: str, issuer: str, now: datetime) -> None:
        event = Event(EventKind.SIGNAL_HEARD, now, account_id=account_id, subject=issuer)
        self.stores.events.record(event)
