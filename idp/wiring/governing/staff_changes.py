"""Changes of the staff, as requests: what all of `staff.*` share, at a hub and in a region."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from idp.foundation.clock import Clock
from idp.foundation.sentence import N_, Problem, problem
from idp.governance.change_request import digest_of
from idp.governance.kinds import CannotApply, ChangeKind, Inverse, Payload
from idp.governance.roles import Action, StaffRole
from idp.governance.staff import BadMember, LastAdmins, StaffMember
from idp.wiring.governing.payloads import Reader, refused
from idp.wiring.governing.staff_desk import StaffDesk


class OfStaff(ChangeKind):
    """What changes of the staff share."""

    action = Action.STAFF_PROPOSE

    def __init__(self, staff: StaffDesk, clock: Clock) -> None:
        self._staff, self._clock = staff, clock

    def subject(self, payload: Payload) -> str:
        return str(payload["staff"])

    def check(self, payload: Payload, *, now: datetime) -> tuple[Problem, ...]:
        member = self._member(payload)
        if member is None or member.deactivated_at is not None:
            return (problem("staff", "member-unknown", N_("There is no such member of the staff.")),)
        return ()

    def base(self, payload: Payload) -> str:
        member = self._member(payload)
        if member is None:
            return digest_of(None)
        is_there = member.deactivated_at is None
        return digest_of([member.id, sorted(lasting(member)), member.organisation, is_there])

    def inverse(self, payload: Payload) -> Inverse | None:
        return None

    def _member(self, payload: Payload) -> StaffMember | None:
        return self._staff.find(payload["staff"], now=self._clock.now())

    def _words(self) -> list[str]:
        return sorted(self._staff.roles - {StaffRole.BREAK_GLASS})


def read_member(payload: Payload) -> dict[str, str]:
    """A payload that names a member, and no more. Raises: BadPayload."""
    reader = Reader(payload)
    found = {"staff": reader.text("staff", longest=100)}
    reader.done()
    return found


def roles_in(payload: Payload) -> frozenset[StaffRole]:
    """The roles that a payload names."""
    return frozenset(map(StaffRole, payload["roles"]))


def lasting(member: StaffMember) -> frozenset[StaffRole]:
    """Roles that are not for an hour."""
    return member.roles - {StaffRole.BREAK_GLASS}


@contextmanager
def explained() -> Iterator[None]:
    """Raises: CannotApply — in place of what the staff did not allow."""
    try:
        yield
    except BadMember as error:
        raise refused(error) from error
    except LastAdmins as error:
        raise CannotApply(
            problem(
                "staff", "last-administrators", N_("Two administrators must be left: add another one first.")
            )
        ) from error
