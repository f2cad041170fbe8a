"""The staff: who there is, how they come to be and cease to be, and how anybody proves to be one of them.

`services.staff` at a hub and in a region. What changes a member once the installation is governed is called by change
requests alone (`idp.wiring.governing.staff_changes`); before, by `idp admin bootstrap`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from idp.authn.credentials import ThrottleStore
from idp.authn.factors.passkey_values import Ceremony
from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind, EventLog
from idp.foundation.identifiers import Kind, digest, new_value
from idp.foundation.sentence import N_
from idp.governance.roles import OF_HUB, OF_REGION, StaffRole
from idp.governance.staff import (
    Acting,
    BadMember,
    BeingSetUp,
    FreshPasskey,
    RoleGrant,
    StaffMember,
    Via,
    require_good_name,
    require_good_roles,
)
from idp.settings import Role, Settings
from idp.storage.db import Database
from idp.storage.staff_stores import StaffStores
from idp.wiring.governing.staff_passkeys import StaffPasskeys
from idp.wiring.governing.staff_sessions import StaffSessions
from idp.wiring.governing.staff_tokens import StaffTokens
from idp.wiring.governing.token_calls import TokenCalls

JOIN_PATH = "/console/join"
BOOTSTRAP = "bootstrap"
ID_BYTES = 12


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """Where a new member makes a passkey. Shown once: we keep a digest."""

    member: StaffMember
    address: str
    """The secret is behind the #, so that it reaches no log on the way."""
    expires_at: datetime


class AlreadyGoverned(Exception):
    """Two administrators have joined: from then on the staff itself decides who is of it."""


class StaffDesk:
    """One for a process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        stores: StaffStores,
        throttles: ThrottleStore,
        events: EventLog,
        entropy: Entropy,
    ) -> None:
        self._issuer = settings.issuer
        self._is_hub = settings.role is Role.HUB
        self._db, self._stores, self._events, self._entropy = database, stores, events, entropy
        self.passkeys = StaffPasskeys(settings, database, stores, events, entropy)
        self.sessions = StaffSessions(stores, self.passkeys, throttles, events, settings.secret_key, entropy)
        self.tokens = StaffTokens(stores, events, entropy)
        self.calls = TokenCalls(throttles, settings.staff_calls_per_minute)
        self._is_governed = False

    @property
    def roles(self) -> frozenset[StaffRole]:
        """The roles there are in this installation."""
        return OF_HUB if self._is_hub else OF_REGION

    @property
    def admin_role(self) -> StaffRole:
        """The role of which there are always two."""
        return StaffRole.NATIONAL_OPERATOR if self._is_hub else StaffRole.REGIONAL_ADMIN

    def is_governed(self) -> bool:
        """Whether two administrators have joined. Once true it is true for ever, so it is read until then only."""
        if not self._is_governed:
            self._is_governed = self._stores.links.governed_since() is not None
        return self._is_governed

    def members(self, *, now: datetime) -> tuple[StaffMember, ...]:
        """Everybody there ever was, the first to be invited first."""
        return self._stores.members.members(now=now)

    def find(self, staff_id: str, *, now: datetime) -> StaffMember | None:
        """One of them, whatever became of them."""
        return self._stores.members.find(staff_id, now=now)

    def grants_of(self, staff_id: str, *, now: datetime) -> tuple[RoleGrant, ...]:
        """Since when a member has each role, and which change request gave it."""
        return self._stores.members.grants_of(staff_id, now=now)

    # Who is there

    def acting_of_token(self, token: str, *, now: datetime, via: Via = Via.COMMAND) -> Acting:
        """Who acts by an API token, and how far it reaches. Raises: NotStaff."""
        return self.tokens.acting(token, via, now=now)

    def begin_confirmation(self, acting: Acting, context: str, *, now: datetime) -> Ceremony:
        """Ask for a passkey of this member, for `context` and nothing else, within two minutes.

        Raises: NotStaff — a command asks; PasskeyRefused — a context that nobody asks for.
        """
        return self.passkeys.begin_confirmation(acting, context, now=now)

    def complete_confirmation(
        self, acting: Acting, challenge_id: str, answer: str, context: str, *, now: datetime
    ) -> FreshPasskey:
        """That this member unlocked a passkey just now, for `context`, in the session or by the token that asked.

        One question counts once. Call it outside of a transaction. Raises: PasskeyRefused and its kinds.
        """
        return self.passkeys.complete_confirmation(acting, challenge_id, answer, context, now=now)

    # Who is of the staff

    def bootstrap(self, names: tuple[str, str], *, now: datetime) -> tuple[OneTimeLink, OneTimeLink]:
        """Invite the first two administrators; whoever was invited before and has not joined is invited no more.

        Raises: AlreadyGoverned, BadMember.
        """
        for name in names:
            require_good_name(name)
        if names[0] == names[1]:
            raise BadMember("member-two-people", N_("The two administrators are two people: give two names."))
        with self._db.transaction():
            if self._stores.links.governed_since() is not None:
                raise AlreadyGoverned
            for one in self.members(now=now):
                # Of a pair that was half set up nobody stays: whoever held one link may have held both.
                self._stores.members.dismiss(one.id, now=now)
            invited = [self.invite(name, {self.admin_role}, None, by=BOOTSTRAP, now=now) for name in names]
            first, second = (self.renew_link(member.id, by=BOOTSTRAP, now=now) for member in invited)
            return first, second

    def invite(
        self,
        name: str,
        roles: Iterable[StaffRole],
        organisation: str | None,
        *,
        by: str,
        now: datetime,
    ) -> StaffMember:
        """Add a member who has yet to join; `renew_link` makes the way in. `by`: the change request.

        Raises: BadMember.
        """
        wanted = frozenset(roles)
        require_good_name(name)
        require_good_roles(wanted, organisation, there=self.roles)
        staff_id = new_value(Kind.STAFF, self._entropy, ID_BYTES)
        member = StaffMember(staff_id, name, wanted, organisation or None, is_active=False, created_at=now)
        with self._db.transaction():
            self._stores.members.add(member, by=by, now=now)
            self._note(EventKind.STAFF_INVITED, f"{staff_id} by {by}", now)
        return member

    def renew_link(self, staff_id: str, *, by: str, now: datetime) -> OneTimeLink:
        """A one-time link for somebody who has yet to join, in place of any before. `by`: who gets to see it.

        Raises: BadMember; BeingSetUp — the first administrator would take the seat of the second.
        """
        if by != BOOTSTRAP and not self.is_governed():
            raise BeingSetUp(
                "member-being-set-up",
                N_("The first two administrators get their links from `idp admin bootstrap` alone."),
            )
        member = self.find(staff_id, now=now)
        if member is None or member.joined_at is not None or member.deactivated_at is not None:
            raise BadMember(
                "member-link", N_("A link is for somebody who was invited and has not joined yet.")
            )
        value = new_value(Kind.STAFF_LINK, self._entropy)
        with self._db.transaction():
            until = self._stores.links.renew(staff_id, digest(value), by=by, now=now)
            self._note(EventKind.STAFF_LINK_MADE, f"{staff_id} by {by}", now)
        return OneTimeLink(member, f"{self._issuer}{JOIN_PATH}#{value}", until)

    def link_until(self, staff_id: str, *, now: datetime) -> datetime | None:
        """Until when the open one-time link of somebody invited can be used; None when they have none."""
        return self._stores.links.open_until(staff_id, now=now)

    def set_roles(
        self,
        staff_id: str,
        roles: Iterable[StaffRole],
        organisation: str | None,
        *,
        by: str,
        now: datetime,
    ) -> None:
        """Give a member these roles and no others. Raises: BadMember, LastAdmins."""
        wanted = frozenset(roles)
        require_good_roles(wanted, organisation, there=self.roles)
        with self._db.transaction():
            if not self._stores.members.set_roles(staff_id, wanted, organisation or None, by=by, now=now):
                raise _no_such_member()
            self._note(EventKind.STAFF_ROLES_CHANGED, f"{staff_id} by {by}", now)

    def break_glass(self, staff_id: str, *, by: str, now: datetime) -> datetime:
        """Give a member everything for an hour from now; until when. Raises: BadMember — nobody active."""
        member = self.find(staff_id, now=now)
        if member is None or not member.is_active:
            raise _no_such_member()
        with self._db.transaction():
            until = self._stores.members.break_glass(staff_id, by=by, now=now)
            self._note(EventKind.BREAK_GLASS_GIVEN, f"{staff_id} by {by}", now)
        return until

    def accesses(self, staff_id: str, *, now: datetime) -> int:
        """How many sessions and API tokens of a member are in force."""
        sessions, tokens = self._stores.sessions, self._stores.tokens
        return len(sessions.of(staff_id, now=now)) + len(tokens.of(staff_id, now=now))

    def deactivate(self, staff_id: str, *, now: datetime) -> None:
        """Put a member out of office for good; sessions and tokens are worth nothing from here.

        Raises: BadMember — there is no such member in office; LastAdmins.
        """
        with self._db.transaction():
            if not self._stores.members.deactivate(staff_id, now=now):
                raise _no_such_member()
            self._note(EventKind.STAFF_DEACTIVATED, staff_id, now)

    def _note(self, kind: EventKind, subject: str, now: datetime) -> None:
        self._events.record(Event(kind, now, subject=subject))


def _no_such_member() -> BadMember:
    return BadMember("member-unknown", N_("There is no such member of the staff."))
