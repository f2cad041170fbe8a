"""What a member of the staff may do, as requests: other roles, and everything for an hour."""

from __future__ import annotations

from datetime import datetime

from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import Authority, DiffLine, Direction
from idp.governance.kinds import Effect, EffectLine, Inverse, Payload, Reach
from idp.governance.roles import Action, StaffRole
from idp.governance.staff import LONGEST_NAME, BadMember, actions_of, require_good_roles
from idp.wiring.governing.payloads import Reader
from idp.wiring.governing.staff_changes import OfStaff, explained, lasting, read_member, roles_in


class StaffRoles(OfStaff):
    """Give somebody other roles."""

    name = "staff.roles"

    def fill_in(self, unread: Payload, *, now: datetime) -> Payload:
        member = self._staff.find(str(unread.get("staff", "")), now=now)
        if member is None:
            return unread
        organisation = member.organisation or ""
        return {"roles": sorted(lasting(member)), "organisation": organisation, **unread}

    def read(self, payload: Payload) -> Payload:
        reader = Reader(payload)
        found = {
            "staff": reader.text("staff", longest=100),
            "roles": reader.texts("roles", words=self._words(), least=1),
            "organisation": reader.text("organisation", longest=LONGEST_NAME, default=""),
        }
        reader.done()
        return found

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        try:
            require_good_roles(roles_in(payload), payload["organisation"] or None, there=self._staff.roles)
        except BadMember as error:
            return (Problem("roles", error.sentence),)
        member = self._member(payload)
        organisation = payload["organisation"] or None
        if member is not None and (lasting(member), member.organisation) == (roles_in(payload), organisation):
            return (problem("roles", "roles-same", N_("These are the roles that this member has.")),)
        return super().check(payload, now=now)

    def direction(self, payload: Payload) -> Direction:
        gained, _ = self._differs(payload)
        return Direction.LOOSENS if gained else Direction.RESTRICTS

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        member = self._member(payload)
        before = frozenset() if member is None else lasting(member)
        after = roles_in(payload)
        organisation = "" if member is None else member.organisation or ""
        return (
            *(DiffLine("role", role, "") for role in sorted(before - after)),
            *(DiffLine("role", "", role) for role in sorted(after - before)),
            *(
                (DiffLine("organisation", organisation, payload["organisation"]),)
                if organisation != payload["organisation"]
                else ()
            ),
        )

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        gained, lost = self._differs(payload)
        return (
            *((EffectLine(Reach.STAFF_GAIN, len(gained)),) if gained else ()),
            *((EffectLine(Reach.STAFF_LOSE, len(lost)),) if lost else ()),
        )

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with explained():
            self._staff.set_roles(
                payload["staff"],
                roles_in(payload),
                payload["organisation"] or None,
                by=authority.change,
                now=now,
            )
        return str(payload["staff"])

    def inverse(self, payload: Payload) -> Inverse | None:
        member = self._member(payload)
        if member is None:
            return None
        return Inverse(
            self.name,
            {
                "staff": member.id,
                "roles": sorted(lasting(member)),
                "organisation": member.organisation or "",
            },
        )

    def _differs(self, payload: Payload) -> tuple[frozenset[Action], frozenset[Action]]:
        """What a member could do that they cannot now, and the other way round. Another organisation is a gain."""
        member = self._member(payload)
        before = frozenset() if member is None else actions_of(lasting(member))
        after = actions_of(roles_in(payload))
        moves = member is not None and bool(payload["organisation"])
        if moves and member is not None and member.organisation != payload["organisation"]:
            return after, before
        return after - before, before - after


class StaffBreakGlass(OfStaff):
    """Give somebody everything, for an hour."""

    name = "staff.break_glass"

    def read(self, payload: Payload) -> Payload:
        return read_member(payload)

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        member = self._member(payload)
        if member is not None and not member.is_active:
            return (
                problem(
                    "staff",
                    "member-not-in-office",
                    N_("This member has not joined, or is not in office any more."),
                ),
            )
        return super().check(payload, now=now)

    def direction(self, payload: Payload) -> Direction:
        return Direction.LOOSENS

    def waits(self, payload: Payload) -> bool:
        """What it is for does not wait. It takes two people, lasts an hour, and everybody sees it."""
        return False

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        return (DiffLine("role", "", StaffRole.BREAK_GLASS),)

    def effect(self, payload: Payload, *, now: datetime) -> Effect:
        member = self._member(payload)
        gained = actions_of({StaffRole.BREAK_GLASS}) - actions_of(member.roles if member else ())
        return (EffectLine(Reach.STAFF_GAIN, len(gained)),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with explained():
            self._staff.break_glass(payload["staff"], by=authority.change, now=now)
        return str(payload["staff"])
