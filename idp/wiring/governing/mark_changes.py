"""Changes of trust marks, as requests: `mark.*`, at a hub and in a region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from idp.federation.constraints import MAX_ENTITY_ID_LENGTH, ConstraintError, host_of
from idp.federation.enrolment import NotEnrollable
from idp.federation.issuing import MARK_LIFETIME
from idp.federation.roll import HeldMark, MarkType, Roll
from idp.federation.statement_claims import StatementError
from idp.federation.trust_marks import delegation_claims
from idp.foundation.clock import Clock
from idp.foundation.events import Event, EventKind
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import (
    ChangeKind,
    Effect,
    EffectLine,
    Inverse,
    Payload,
    Problem,
    Reach,
)
from idp.governance.roles import Action
from idp.storage.events import EventRepository
from idp.storage.federation_entities import FederationEntities
from idp.wiring.governing.payloads import Reader, refused
from idp.wiring.publishing.enrolment import thumbprints
from idp.wiring.publishing.mark_issuer import MarkRefused
from idp.wiring.publishing.own_entities import OwnEntities
from idp.wiring.publishing.statements import Statements


class _OfMarks(ChangeKind):
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


class MarkDefine(_OfMarks):
    """Say, as an anchor, who may give marks of a type."""

    name = "mark.define"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "type": _type(reader),
            "issuers": reader.texts("issuers", least=1),
            "owner": reader.text("owner", default=""),
            "owner_jwks": reader.object("owner_jwks"),
        }
        if bool(found["owner"]) is not (found["owner_jwks"] is not None):
            reader.wrong("owner_jwks", "An owner and its keys come together.")
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        if not self._is_anchor:
            return (Problem("type", "The anchor says who may give marks, and that is somebody else."),)
        kind = _kind(payload)
        try:
            if kind.owner_jwks is not None:
                thumbprints(kind.owner_jwks)
            self._require_publishable(kinds=(kind,))
        except (StatementError, NotEnrollable) as error:
            return (Problem("type", str(error)),)
        return ()

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def base(self, payload: Payload) -> str:
        known = self._known(payload)
        return digest_of(None if known is None else _said(known))

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        known, after = self._known(payload), _kind(payload)
        before = set(known.issuers) if known else set()
        owner = (known.owner or "") if known else ""
        return (
            *(DiffLine("mark_issuer", one, "") for one in sorted(before - set(after.issuers))),
            *(DiffLine("mark_issuer", "", one) for one in sorted(set(after.issuers) - before)),
            *((DiffLine("mark_owner", owner, after.owner or ""),) if owner != (after.owner or "") else ()),
            *(DiffLine("owner_key", "", one) for one in _owner_keys(after)),
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return ()

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with _explained():
            self._require_publishable(kinds=(_kind(payload),))
        self._store.put_mark_type(_kind(payload))
        self._record(f"{payload['type']} defined", authority, now)
        return str(payload["type"])

    def inverse(self, payload: Payload) -> Inverse | None:
        known = self._known(payload)
        return None if known is None else Inverse(self.name, _said(known))

    def _known(self, payload: Payload) -> MarkType | None:
        return next((kind for kind in self._roll().mark_types if kind.mark_type == payload["type"]), None)


class MarkIssue(_OfMarks):
    """Give an entity a mark."""

    name = "mark.issue"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "type": _type(reader),
            "entity": _entity(reader),
            "days": reader.number("days", 1, MARK_LIFETIME.days),
        }
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        try:
            self._make(payload, now)
        except (MarkRefused, StatementError) as error:
            return (Problem("type", str(error)),)
        return ()

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def base(self, payload: Payload) -> str:
        return digest_of(len(self._ours(payload)))

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (
            DiffLine("mark_bearer", "", payload["entity"]),
            DiffLine("days", "", str(payload["days"])),
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return ()

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with _explained():
            given = self._make(payload, now)
        self._store.add_mark(given)
        self._record(f"{payload['type']} given to {payload['entity']}", authority, now)
        return given.token

    def inverse(self, payload: Payload) -> Inverse | None:
        return Inverse(MarkRevoke.name, {"type": payload["type"], "entity": payload["entity"], "reason": ""})

    def _make(self, payload: Payload, now: datetime) -> HeldMark:
        """Raises: MarkRefused, StatementError."""
        lifetime = timedelta(days=payload["days"])
        given = self._entities.marks.make(payload["type"], payload["entity"], lifetime, now=now)
        self._require_publishable(marks=(given,))
        return given


class MarkRevoke(_OfMarks):
    """Take back every mark of a type that we gave an entity."""

    name = "mark.revoke"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "type": _type(reader),
            "entity": _entity(reader),
            "reason": reader.text("reason", longest=200, default=""),
        }
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        return () if self._ours(payload) else (Problem("entity", "There is no such mark to take back."),)

    def direction(self, payload: Payload) -> Direction:
        return Direction.RESTRICTS

    def base(self, payload: Payload) -> str:
        """A mark given in between is taken back too."""
        return digest_of(bool(self._ours(payload)))

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (
            DiffLine("mark_bearer", payload["entity"], ""),
            *((DiffLine("reason", "", payload["reason"]),) if payload["reason"] else ()),
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.MARKS_ENDED, len(self._ours(payload))),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        count = self._store.revoke_marks(
            self._entities.marks.issuer, payload["type"], payload["entity"], payload["reason"], now=now
        )
        self._record(f"{payload['type']} taken from {payload['entity']}", authority, now)
        return str(count)

    def inverse(self, payload: Payload) -> Inverse | None:
        """A mark that was taken back stays so; a new one is a new one."""
        days = MARK_LIFETIME.days
        return Inverse(MarkIssue.name, {"type": payload["type"], "entity": payload["entity"], "days": days})


class MarkDelegate(_OfMarks):
    """Let another entity give marks of a type that is ours. What came of it is the leave to send it."""

    name = "mark.delegate"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {"type": _type(reader), "entity": _entity(reader), "days": reader.number("days", 1, 3_650)}
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        if self._is_ours(payload["type"]):
            return ()
        sentence = "This type of mark is not ours. An anchor defines it first, with us as its owner."
        return (Problem("type", sentence),)

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def base(self, payload: Payload) -> str:
        return digest_of(None)

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("mark_issuer", "", payload["entity"]), DiffLine("days", "", str(payload["days"])))

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return ()

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        claims = delegation_claims(
            owner=self._entities.marks.issuer,
            issuer=payload["entity"],
            mark_type=payload["type"],
            now=now,
            lifetime=timedelta(days=payload["days"]),
        )
        self._record(f"{payload['type']} delegated to {payload['entity']}", authority, now)
        return self._statements.delegation(claims)

    def inverse(self, payload: Payload) -> Inverse | None:
        """A signed leave is out of our hands until it ends."""
        return None

    def _is_ours(self, mark_type: str) -> bool:
        us, roll = self._entities.marks.issuer, self._roll()
        if self._is_anchor:
            return any((kind.mark_type, kind.owner) == (mark_type, us) for kind in roll.mark_types)
        # Whose a type is the anchor says, somewhere else: here it has at least to be an address of ours.
        try:
            return mark_type not in roll.delegations and host_of(mark_type) == host_of(us)
        except ConstraintError:
            return False


def mark_kinds(
    entities: OwnEntities,
    statements: Statements,
    store: FederationEntities,
    events: EventRepository,
    clock: Clock,
    *,
    is_anchor: bool,
) -> tuple[ChangeKind, ...]:
    """All of them."""
    kinds = (MarkDefine, MarkIssue, MarkRevoke, MarkDelegate)
    return tuple(kind(entities, statements, store, events, is_anchor, clock) for kind in kinds)


def _type(reader: Reader) -> str:
    mark_type = reader.text("type", longest=MAX_ENTITY_ID_LENGTH // 2)
    if " " in mark_type:
        reader.wrong(
            "type", "A type of trust mark is an address such as https://hub.example.org/marks/inspected."
        )
    return mark_type


def _entity(reader: Reader) -> str:
    entity = reader.text("entity", longest=MAX_ENTITY_ID_LENGTH)
    try:
        host_of(entity)
    except ConstraintError as error:
        reader.wrong("entity", str(error))
    return entity


def _kind(payload: Payload) -> MarkType:
    return MarkType(
        payload["type"], tuple(payload["issuers"]), payload["owner"] or None, payload["owner_jwks"]
    )


def _owner_keys(kind: MarkType) -> list[str]:
    return [] if kind.owner_jwks is None else thumbprints(kind.owner_jwks)


def _said(kind: MarkType) -> Mapping[str, Any]:
    return {
        "type": kind.mark_type,
        "issuers": sorted(kind.issuers),
        "owner": kind.owner or "",
        "owner_jwks": kind.owner_jwks,
    }


@contextmanager
def _explained() -> Iterator[None]:
    """Raises: CannotApply — in place of what cannot be said."""
    try:
        yield
    except (MarkRefused, StatementError) as error:
        raise refused(error) from error
