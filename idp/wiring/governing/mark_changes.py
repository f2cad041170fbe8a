"""Changes of trust marks, as requests: what all of `mark.*` share, at a hub and in a region."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from idp.federation.constraints import MAX_ENTITY_ID_LENGTH, ConstraintError, host_of
from idp.federation.roll import HeldMark, MarkType, Roll
from idp.federation.statement_claims import StatementError
from idp.foundation.clock import Clock
from idp.foundation.events import Event, EventKind
from idp.foundation.sentence import N_
from idp.governance.change_request import Authority
from idp.governance.kinds import ChangeKind, Payload
from idp.governance.roles import Action
from idp.storage.events import EventRepository
from idp.storage.federation_entities import FederationEntities
from idp.wiring.governing.payloads import Reader, refused
from idp.wiring.publishing.mark_issuer import MarkRefused
from idp.wiring.publishing.own_entities import OwnEntities
from idp.wiring.publishing.statements import Statements


class OfMarks(ChangeKind):
    """What changes of trust marks share."""

    action = Action.MARK_PROPOSE

    def __init__(
        self,
        entities: OwnEntities,
        statements: Statements,
        store: FederationEntities,
        events: EventRepository,
        anchor: bool,
        clock: Clock,
    ) -> None:
        self._statements = statements
        self._entities, self._store, self._events, self._clock = entities, store, events, clock
        self._is_anchor = anchor

    def subject(self, payload: Payload) -> str:
        return str(payload["type"])

    def _roll(self) -> Roll:
        return self._store.roll(ended_before=self._clock.now())

    def _ours(self, payload: Payload) -> list[HeldMark]:
        """Marks of the type that we gave the entity, and that were not taken back."""
        return [
            mark
            for mark in self._roll().marks
            if mark.issuer == self._entities.marks.issuer
            and (mark.mark_type, mark.subject) == (payload["type"], payload["entity"])
            and mark.revoked_at is None
        ]

    def _require_publishable(
        self, *, marks: tuple[HeldMark, ...] = (), kinds: tuple[MarkType, ...] = ()
    ) -> None:
        """See that our configurations can carry these too. Raises: StatementError."""
        roll = self._roll()
        named = {kind.mark_type: kind for kind in (*roll.mark_types, *kinds)}
        changed = replace(roll, marks=(*roll.marks, *marks), mark_types=tuple(named.values()))
        self._entities.require_publishable(changed, now=self._clock.now())

    def _record(self, what: str, authority: Authority, now: datetime) -> None:
        self._events.record(Event(EventKind.TRUST_MARK_CHANGED, now, subject=f"{what} by {authority.change}"))


def read_type(reader: Reader) -> str:
    """What sort of mark it is about."""
    mark_type = reader.text("type", longest=MAX_ENTITY_ID_LENGTH // 2)
    if " " in mark_type:
        reader.wrong(
            "type",
            "mark-type",
            N_("A type of trust mark is an address such as %(like)s."),
            like="https://hub.example.org/marks/inspected",
        )
    return mark_type


def read_entity(reader: Reader) -> str:
    """Whom it is about."""
    entity = reader.text("entity", longest=MAX_ENTITY_ID_LENGTH)
    try:
        host_of(entity)
    except ConstraintError as error:
        reader.wrong("entity", "entity-id", N_("This is no entity id: %(detail)s"), detail=str(error))
    return entity


@contextmanager
def explained() -> Iterator[None]:
    """Raises: CannotApply — in place of what cannot be said."""
    try:
        yield
    except (MarkRefused, StatementError) as error:
        raise refused(error) from error
