"""Changes of the staff, as requests: `staff.*`, at a hub and in a region."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from idp.foundation.clock import Clock
from idp.governance.change_request import Authority, DiffLine, Direction, digest_of
from idp.governance.kinds import (
    CannotApply,
    ChangeKind,
    Effect,
    EffectLine,
    Inverse,
    Payload,
    Problem,
    Reach,
)
from idp.governance.roles import Action, StaffRole
from idp.governance.staff import (
    LONGEST_NAME,
    BadMember,
    LastAdmins,
    StaffMember,
    actions_of,
    require_good_name,
    require_good_roles,
)
from idp.wiring.governing.payloads import Reader, refused
from idp.wiring.governing.staff_desk import StaffDesk


class _OfStaff(ChangeKind):
    """What changes of the staff share."""

    action = Action.STAFF_PROPOSE

    def __init__(self, staff: StaffDesk, clock: Clock) -> None:
        self._staff, self._clock = staff, clock

    def subject(self, payload: Payload) -> str:
        return str(payload["staff"])

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        member = self._member(payload)
        if member is None or member.deactivated_at is not None:
            return (Problem("staff", "There is no such member of the staff."),)
        return ()

    def base(self, payload: Payload) -> str:
        member = self._member(payload)
        if member is None:
            return digest_of(None)
        lasting = sorted(member.roles - {StaffRole.BREAK_GLASS})
        return digest_of([member.id, lasting, member.organisation, member.deactivated_at is None])

    def inverse(self, payload: Payload) -> Inverse | None:
        return None

    def _member(self, payload: Payload) -> StaffMember | None:
        return self._staff.find(payload["staff"], now=self._clock.now())

    def _words(self) -> list[str]:
        return sorted(self._staff.roles - {StaffRole.BREAK_GLASS})


class StaffInvite(_OfStaff):
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
            require_good_roles(_roles(payload), payload["organisation"] or None, there=self._staff.roles)
        except BadMember as error:
            return (Problem("roles", str(error)),)
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
        return (EffectLine(Reach.STAFF_GAIN, len(actions_of(_roles(payload)))),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with _explained():
            member = self._staff.invite(
                payload["name"],
                _roles(payload),
                payload["organisation"] or None,
                by=authority.change,
                now=now,
            )
        return member.id


class StaffRoles(_OfStaff):
    """Give somebody other roles."""

    name = "staff.roles"

    def fill_in(self, unread: Payload, *, now: datetime) -> Payload:
        member = self._staff.find(str(unread.get("staff", "")), now=now)
        if member is None:
            return unread
        organisation = member.organisation or ""
        return {"roles": sorted(_lasting(member)), "organisation": organisation, **unread}

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
            require_good_roles(_roles(payload), payload["organisation"] or None, there=self._staff.roles)
        except BadMember as error:
            return (Problem("roles", str(error)),)
        member = self._member(payload)
        organisation = payload["organisation"] or None
        if member is not None and (_lasting(member), member.organisation) == (_roles(payload), organisation):
            return (Problem("roles", "These are the roles that this member has."),)
        return super().check(payload, now=now)

    def direction(self, payload: Payload) -> Direction:
        gained, _ = self._differs(payload)
        return Direction.LOOSENS if gained else Direction.RESTRICTS

    def diff(self, payload: Payload) -> tuple[DiffLine, ...]:
        member = self._member(payload)
        before = frozenset() if member is None else _lasting(member)
        after = _roles(payload)
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
        with _explained():
            self._staff.set_roles(
                payload["staff"],
                _roles(payload),
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
                "roles": sorted(_lasting(member)),
                "organisation": member.organisation or "",
            },
        )

    def _differs(self, payload: Payload) -> tuple[frozenset[Action], frozenset[Action]]:
        """What a member could do that they cannot now, and the other way round. Another organisation is a gain."""
        member = self._member(payload)
        before = frozenset() if member is None else actions_of(_lasting(member))
        after = actions_of(_roles(payload))
        moves = member is not None and bool(payload["organisation"])
        if moves and member is not None and member.organisation != payload["organisation"]:
            return after, before
        return after - before, before - after


class StaffDeactivate(_OfStaff):
    """Put somebody out of office, for good."""

    name = "staff.deactivate"

    def read(self, payload: Payload) -> Payload:
        return _one(payload)

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
        return (EffectLine(Reach.STAFF_LOSE, len(actions_of(member.roles if member else ()))),)

    def apply(self, payload: Payload, authority: Authority, *, now: datetime) -> str:
        with _explained():
            self._staff.deactivate(payload["staff"], now=now)
        return str(payload["staff"])


class StaffBreakGlass(_OfStaff):
    """Give somebody everything, for an hour."""

    name = "staff.break_glass"

    def read(self, payload: Payload) -> Payload:
        return _one(payload)

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        member = self._member(payload)
        if member is not None and not member.is_active:
            return (Problem("staff", "This member has not joined, or is not in office any more."),)
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
        with _explained():
            self._staff.break_glass(payload["staff"], by=authority.change, now=now)
        return str(payload["staff"])


def staff_kinds(staff: StaffDesk, clock: Clock) -> tuple[ChangeKind, ...]:
    """All of them."""
    return (
        StaffInvite(staff, clock),
        StaffRoles(staff, clock),
        StaffDeactivate(staff, clock),
        StaffBreakGlass(staff, clock),
    )


def _one(payload: Payload) -> dict[str, str]:
    reader = Reader(payload)
    found = {"staff": reader.text("staff", longest=100)}
    reader.done()
    return found


def _roles(payload: Payload) -> frozenset[StaffRole]:
    return frozenset(map(StaffRole, payload["roles"]))


def _lasting(member: StaffMember) -> frozenset[StaffRole]:
    return member.roles - {StaffRole.BREAK_GLASS}


@contextmanager
def _explained() -> Iterator[None]:
    """Raises: CannotApply — in place of what the staff did not allow."""
    try:
        yield
    except BadMember as error:
        raise refused(error) from error
    except LastAdmins as error:
        raise CannotApply(
            Problem("staff", "Two administrators must be left: add another one first.")
        ) from error
