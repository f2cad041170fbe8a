"""Who is of the staff, as requests: adding somebody, and putting somebody out of office."""

from __future__ import annotations

from datetime import datetime

from idp.foundation.sentence import Problem
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import Effect, EffectLine, Payload, Reach
from idp.governance.staff import LONGEST_NAME, BadMember, actions_of, require_good_name, require_good_roles
from idp.wiring.governing.payloads import Reader
from idp.wiring.governing.staff_changes import OfStaff, explained, read_member, roles_in


class StaffInvite(OfStaff):
    """Add somebody. The one-time link is made by whoever asked, afterwards."""

    name = "staff.invite"

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "name": reader.text("name", longest=LONGEST_NAME),
            "roles": reader.texts("roles", words=self._words(), least=1),
            "organisation": reader.text("organisation", longest=LONGEST_NAME, default=""),
        }
        reader.done()
        return found

    def subject(self, payload: Payload) -> str:
        """Nobody yet: the name."""
        return str(payload["name"])

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        try:
            require_good_name(payload["name"])
            require_good_roles(roles_in(payload), payload["organisation"] or None, there=self._staff.roles)
        except BadMember as error:
            return (Problem("roles", error.sentence),)
        return ()

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def base(self, payload: Payload) -> str:
        return digest_of(None)

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (
            DiffLine("member", "", payload["name"]),
            *(DiffLine("role", "", role) for role in payload["roles"]),
            *((DiffLine("organisation", "", payload["organisation"]),) if payload["organisation"] else ()),
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        return (EffectLine(Reach.STAFF_GAIN, len(actions_of(roles_in(payload)))),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with explained():
            member = self._staff.invite(
                payload["name"],
                roles_in(payload),
                payload["organisation"] or None,
                by=authority.change,
                now=now,
            )
        return member.id


class StaffDeactivate(OfStaff):
    """Put somebody out of office, for good."""

    name = "staff.deactivate"

    def read(self, payload: Payload) -> Payload:
        return read_member(payload)

    def direction(self, payload: Payload) -> Direction:
        return Direction.RESTRICTS

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        member = self._member(payload)
        return (
            DiffLine("member", "" if member is None else member.name, ""),
            *(DiffLine("role", role, "") for role in sorted(member.roles if member else ())),
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        member = self._member(payload)
        return (
            EffectLine(Reach.STAFF_LOSE, len(actions_of(member.roles if member else ()))),
            EffectLine(Reach.STAFF_ACCESS_ENDED, self._staff.accesses(payload["staff"], now=now)),
        )

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with explained():
            self._staff.deactivate(payload["staff"], now=now)
        return str(payload["staff"])
