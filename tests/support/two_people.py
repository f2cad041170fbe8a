"""People of the staff for tests of change requests: who they are, and a passkey that they used just now.

ada, ben = people(services, "Ada", "Ben")
request = ada.propose("trust.suspend", {"issuer": east.op, "reason": "review"})
ben.approve(request)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from idp.governance.change_request import ChangeRequest, context_of
from idp.governance.roles import StaffRole
from idp.governance.staff import Acting, FreshPasskey, StaffMember, Via
from idp.wiring import Services
from idp.wiring.governing.change_desk import ChangeDesk


@dataclass
class Person:
    """Somebody of the staff, signed in. The passkey is taken as given: its ceremony has tests of its own."""

    services: Services
    member: StaffMember
    limit: frozenset[Any] | None = None

    @property
    def id(self) -> str:
        return self.member.id

    @property
    def acting(self) -> Acting:
        return Acting(self.member, Via.PAGE, "session", self.limit)

    @property
    def desk(self) -> ChangeDesk:
        return self.services.changes

    def propose(self, kind: str, payload: Mapping[str, Any], why: str = "It is time.") -> ChangeRequest:
        return self.desk.propose(self.acting, kind, payload, why, now=self.services.clock.now())

    def proof(self, context: str, *, age: timedelta = timedelta(0), by: str = "") -> FreshPasskey:
        return FreshPasskey(by or self.id, context, self.services.clock.now() - age)

    def approve(self, request: ChangeRequest, proof: FreshPasskey | None = None) -> ChangeRequest:
        proof = proof or self.proof(context_of(request, "approve"))
        now = self.services.clock.now()
        return self.desk.approve(self.acting, request.id, request.content_hash, proof, now=now)

    def refuse(self, request: ChangeRequest, why: str = "Not now.") -> ChangeRequest:
        return self.desk.refuse(self.acting, request.id, why, now=self.services.clock.now())

    def cancel(self, request: ChangeRequest, why: str = "A mistake.") -> ChangeRequest:
        return self.desk.cancel(self.acting, request.id, why, now=self.services.clock.now())

    def suspend_now(self, kind: str, payload: Mapping[str, Any], why: str = "An emergency.") -> ChangeRequest:
        now = self.services.clock.now()
        proof = self.proof(self.desk.draft_alone(self.acting, kind, payload, now=now).alone_context)
        return self.desk.suspend_now(self.acting, kind, payload, why, proof, now=now)

    def review(self, request: ChangeRequest, *, is_right: bool, why: str = "I looked.") -> ChangeRequest:
        proof = self.proof(context_of(request, "review"))
        return self.desk.review(
            self.acting, request.id, proof, is_right=is_right, why=why, now=self.services.clock.now()
        )

    def roll_back(self, request: ChangeRequest, why: str = "It was wrong.") -> ChangeRequest:
        return self.desk.roll_back(self.acting, request.id, why, now=self.services.clock.now())


def person(services: Services, name: str, *roles: StaffRole) -> Person:
    """A member of the staff with these roles: an administrator when none are named."""
    now = services.clock.now()
    wanted = frozenset(roles) or {services.staff.admin_role}
    organisation = "Tax Office" if StaffRole.DEVELOPER in wanted else None
    member = services.staff.invite(name, wanted, organisation, by="test", now=now)
    return Person(services, replace(member, is_active=True, joined_at=now))


def people(services: Services, *names: str) -> tuple[Person, ...]:
    """Administrators."""
    return tuple(person(services, name) for name in names)
