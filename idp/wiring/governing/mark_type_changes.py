"""Who may give trust marks of a type, as requests: an anchor says so, and an owner lets others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from idp.federation.constraints import ConstraintError, host_of
from idp.federation.enrolment import NotEnrollable
from idp.federation.roll import MarkType
from idp.federation.statement_claims import StatementError
from idp.federation.trust_marks import delegation_claims
from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import Effect, Inverse, Payload
from idp.wiring.governing.mark_changes import OfMarks, explained, read_entity, read_type
from idp.wiring.governing.payloads import Reader, sentence_of
from idp.wiring.publishing.enrolment import thumbprints


class MarkDefine(OfMarks):
    """Say, as an anchor, who may give marks of a type."""

    name = "mark.define"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "type": read_type(reader),
            "issuers": reader.texts("issuers", least=1),
            "owner": reader.text("owner", default=""),
            "owner_jwks": reader.object("owner_jwks"),
        }
        if bool(found["owner"]) is not (found["owner_jwks"] is not None):
            reader.wrong("owner_jwks", "mark-owner", N_("An owner and its keys come together."))
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        if not self._is_anchor:
            return (
                problem(
                    "type",
                    "mark-anchor",
                    N_("The anchor says who may give marks, and that is somebody else."),
                ),
            )
        kind = _kind(payload)
        try:
            if kind.owner_jwks is not None:
                thumbprints(kind.owner_jwks)
            self._require_publishable(kinds=(kind,))
        except (StatementError, NotEnrollable) as error:
            return (Problem("type", sentence_of(error)),)
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
        with explained():
            self._require_publishable(kinds=(_kind(payload),))
        self._store.put_mark_type(_kind(payload))
        self._record(f"{payload['type']} defined", authority, now)
        return str(payload["type"])

    def inverse(self, payload: Payload) -> Inverse | None:
        known = self._known(payload)
        return None if known is None else Inverse(self.name, _said(known))

    def _known(self, payload: Payload) -> MarkType | None:
        return next((kind for kind in self._roll().mark_types if kind.mark_type == payload["type"]), None)


class MarkDelegate(OfMarks):
    """Let another entity give marks of a type that is ours. What came of it is the leave to send it."""

    name = "mark.delegate"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "type": read_type(reader),
            "entity": read_entity(reader),
            "days": reader.number("days", 1, 3_650),
        }
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        if self._is_ours(payload["type"]):
            return ()
        return (
            problem(
                "type",
                "mark-not-ours",
                N_("This type of mark is not ours. An anchor defines it first, with us as its owner."),
            ),
        )

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
