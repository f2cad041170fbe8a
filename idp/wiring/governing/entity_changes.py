"""Whom we vouch for in the federation, as requests: `entity.*`, at a hub and in a region."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.federation.constraints import MAX_ENTITY_ID_LENGTH
from idp.federation.enrolment import NotEnrollable, Terms
from idp.federation.roll import Subordinate, SubordinateState
from idp.foundation.clock import Clock
from idp.foundation.events import Event, EventKind
from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, Direction, canonical, digest_of
from idp.governance.kinds import (
    CannotApply,
    ChangeKind,
    Effect,
    EffectLine,
    Inverse,
    Payload,
    Reach,
)
from idp.governance.roles import Action
from idp.storage.events import EventRepository
from idp.storage.federation_entities import FederationEntities
from idp.wiring.governing.payloads import Reader
from idp.wiring.publishing.enrolment import Enrolment, thumbprints

_STANDS = {
    SubordinateState.ACTIVE: problem("entity", "entity-active", N_("It is vouched for.")),
    SubordinateState.SUSPENDED: problem("entity", "entity-suspended", N_("It is suspended.")),
    SubordinateState.REMOVED: problem("entity", "entity-removed", N_("It was removed.")),
}
_NOBODY = problem("entity", "entity-unknown", N_("Nobody was enrolled under this name."))


class _OfEntities(ChangeKind):
    """What changes of those we vouch for share."""

    action = Action.MARK_PROPOSE

    def __init__(
        self,
        enrolment: Enrolment,
        store: FederationEntities,
        events: EventRepository,
        clock: Clock,
    ) -> None:
        self._enrolment, self._store, self._events, self._clock = enrolment, store, events, clock

    def subject(self, payload: Payload) -> str:
        return str(payload["entity"])

    def base(self, payload: Payload) -> str:
        one = self._known(payload)
        return digest_of(None if one is None else [one.changed_at.isoformat(), str(one.state)])

    def _known(self, payload: Payload) -> Subordinate | None:
        roll = self._store.roll(ended_before=self._clock.now())
        return roll.subordinates.get(self.subject(payload))

    def _record(self, payload: Payload, what: str, authority: Authority, now: datetime) -> None:
        subject = f"{payload['entity']} {what} by {authority.change}"
        self._events.record(Event(EventKind.SUBORDINATE_CHANGED, now, subject=subject))


class EntityEnrol(_OfEntities):
    """Vouch for an entity, with the keys that its people brought."""

    name = "entity.enrol"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "entity": reader.text("entity", longest=MAX_ENTITY_ID_LENGTH),
            "jwks": reader.object("jwks") or {},
            "types": reader.texts("types", least=1),
            "intermediate": reader.flag("intermediate"),
            "metadata": reader.object("metadata") or {},
            "policy": reader.object("policy") or {},
            "constraints": reader.object("constraints"),
        }
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        try:
            self._subordinate(payload, now)
        except NotEnrollable as error:
            return (Problem("entity", error.sentence),)
        return ()

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        known = self._known(payload)
        before = _facts(known, [] if known is None else thumbprints(known.jwks))
        after = _facts(self._subordinate(payload, self._clock.now()), thumbprints(payload["jwks"]))
        return tuple(
            DiffLine(name, before.get(name, ""), value)
            for name, value in after.items()
            if before.get(name, "") != value
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.ENTITIES_ADDED),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        try:
            self._store.put(self._subordinate(payload, now))
        except NotEnrollable as error:
            raise CannotApply(Problem("entity", error.sentence)) from error
        self._record(payload, "enrolled", authority, now)
        return str(payload["entity"])

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse("entity.suspend", {"entity": payload["entity"]})

    def _subordinate(self, payload: Payload, now: datetime) -> Subordinate:
        """Raises: NotEnrollable."""
        terms = Terms(
            entity_types=payload["types"],
            is_intermediate=payload["intermediate"],
            metadata=payload["metadata"],
            metadata_policy=payload["policy"],
            constraints=payload["constraints"],
        )
        before = self._known(payload)
        return self._enrolment.subordinate(payload["entity"], payload["jwks"], terms, before, now=now)


class EntityMove(_OfEntities):
    """Stop vouching for an entity, for now or for good, or go on with it."""

    _MOVES: Mapping[str, tuple[tuple[SubordinateState, ...], SubordinateState]] = {
        "entity.suspend": ((SubordinateState.ACTIVE,), SubordinateState.SUSPENDED),
        "entity.restore": ((SubordinateState.SUSPENDED,), SubordinateState.ACTIVE),
        "entity.remove": ((SubordinateState.ACTIVE, SubordinateState.SUSPENDED), SubordinateState.REMOVED),
    }

    def __init__(self, name: str, *parts: Any) -> None:
        super().__init__(*parts)
        self.name = name
        self._from, self._to = self._MOVES[name]

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {"entity": reader.text("entity", longest=MAX_ENTITY_ID_LENGTH)}
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        one = self._known(payload)
        if one is None:
            return (_NOBODY,)
        return () if one.state in self._from else (_STANDS[one.state],)

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS if self._to is SubordinateState.ACTIVE else Direction.RESTRICTS

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        one = self._known(payload)
        return (DiffLine("status", "" if one is None else str(one.state), str(self._to)),)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        is_back = self._to is SubordinateState.ACTIVE
        return (EffectLine(Reach.ENTITIES_ADDED if is_back else Reach.ENTITIES_CUT_OFF),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        if not self._store.move(payload["entity"], list(self._from), self._to, now=now):
            raise CannotApply(_NOBODY)
        self._record(payload, str(self._to), authority, now)
        return str(self._to)

    def inverse(self, payload: Payload) -> Inverse | None:
        """Whoever was removed comes back only by being enrolled anew, with new keys."""
        back = {"entity.suspend": "entity.restore", "entity.restore": "entity.suspend"}.get(self.name)
        return None if back is None else Inverse(back, {"entity": payload["entity"]})


def entity_kinds(
    enrolment: Enrolment, store: FederationEntities, events: EventRepository, clock: Clock
) -> tuple[ChangeKind, ...]:
    """All of them."""
    parts = (enrolment, store, events, clock)
    return (EntityEnrol(*parts), *(EntityMove(name, *parts) for name in EntityMove._MOVES))


def _facts(one: Subordinate | None, keys: list[str]) -> dict[str, str]:
    """An entity as the table of differences shows it."""
    if one is None:
        return {}
    found = {
        "status": str(one.state),
        "entity_types": "\n".join(one.entity_types),
        "federation_key": "\n".join(keys),
        "intermediate": "yes" if one.is_intermediate else "",
        "metadata": canonical(one.metadata).decode() if one.metadata else "",
        "metadata_policy": canonical(one.metadata_policy).decode() if one.metadata_policy else "",
        "constraints": canonical(one.constraints).decode(),
    }
    return {name: value for name, value in found.items() if value}
