"""People of the staff, what they may do now, and the proofs they give: what pages, API and commands all work with.

A member is one person. Roles are read together with the time: a role for an hour is gone after it, whoever asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.foundation.identifiers import digest
from idp.foundation.sentence import N_, Refusal
from idp.governance.roles import MATRIX, Action, StaffRole, may

LONGEST_NAME = 64
"""Characters of a member's name, and of an organisation's."""
LINK_LIFETIME = timedelta(days=1)
"""How long a one-time link can be opened."""
SESSION_LIFETIME = timedelta(hours=12)
SESSION_IDLE = timedelta(minutes=15)
"""How long a member stays signed in without asking for a page."""
CONFIRMATION_LIFETIME = timedelta(minutes=2)
"""How long a question for a passkey can be answered."""
BREAK_GLASS_LIFETIME = timedelta(hours=1)
LONGEST_TOKEN_LIFETIME = timedelta(days=90)
USUAL_TOKEN_LIFETIME = timedelta(days=30)
ADDING_A_PASSKEY = "add-passkey"
"""For what a passkey is asked before its owner adds another one."""
FEWEST_ADMINS = 2
"""Below two nobody could approve anything, so the last two stay."""


class NotStaff(Exception):
    """Nobody of the staff, or nobody any more. The text is for the log."""


class NotAllowed(Exception):
    """The role, or the token, does not reach that far."""

    def __init__(self, action: Action) -> None:
        super().__init__(action.value)
        self.action = action


class LastAdmins(Exception):
    """After this fewer than two administrators would be left."""


class LinkOver(Exception):
    """The one-time link was used, has expired, was replaced, or never existed."""


class Via(StrEnum):
    """Which way somebody of the staff came in."""

    PAGE = "page"
    API = "api"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One person, with the roles in force at the moment of the look-up."""

    id: str
    name: str
    roles: frozenset[StaffRole]
    organisation: str | None
    """Whose mini-apps a developer looks after; None for everybody else."""
    is_active: bool
    """Joined, and not deactivated."""
    created_at: datetime
    joined_at: datetime | None = None
    """When the one-time link was used; None while it waits."""
    deactivated_at: datetime | None = None
    break_glass_until: datetime | None = None
    """When the hour is over, while it lasts."""

    @property
    def lasting_roles(self) -> frozenset[StaffRole]:
        """The roles that are there after an hour of break-glass too: tokens act by these alone."""
        return self.roles - {StaffRole.BREAK_GLASS}


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """How somebody came by a role."""

    role: StaffRole
    granted_at: datetime
    expires_at: datetime | None
    by: str
    """The change request that gave it, or `bootstrap`."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts now, and how far that reaches. Made by the desk of the staff alone, anew for every request."""

    member: StaffMember
    via: Via
    session: str
    """Public id of the session or the API token."""
    limit: frozenset[Action] | None = None
    """What the token may do at most; None for a session, which may do what its member may."""
    ends_at: datetime | None = None
    """When the token expires; None for a session."""

    def can(self, action: Action) -> bool:
        """Whether this may be done now."""
        return may(self.member.roles, action) and (self.limit is None or action in self.limit)

    def require(self, action: Action) -> None:
        """Raises: NotAllowed."""
        if not self.can(action):
            raise NotAllowed(action)

    def require_whole_reach(self) -> None:
        """See that a token reaches as far as its owner: a new way in for the owner is for everything they may.

        Raises: NotAllowed — what the token lacks.
        """
        for action in sorted(actions_of(self.member.roles)):
            self.require(action)


@dataclass(frozen=True, slots=True)
class FreshPasskey:
    """That a member unlocked a passkey just now, for exactly this. Made by the desk of the staff alone."""

    staff_id: str
    context: str
    at: datetime


def token_context(label: str, actions: Iterable[Action], days: int) -> str:
    """For what exactly a passkey is asked before a token is made: this name, these actions, this long."""
    return f"make-token:{digest(json.dumps([label, sorted(actions), days])).hex()}"


def link_context(staff_id: str) -> str:
    """The same before the one-time link of somebody invited is made."""
    return f"staff-link:{staff_id}"


def removal_context(passkey_id: str) -> str:
    """The same before one of a member's own passkeys is removed."""
    return f"remove-passkey:{passkey_id}"


def revocation_context(token_id: str) -> str:
    """The same before a token revokes another one of its owner."""
    return f"revoke-token:{token_id}"


def sign_out_context(session_id: str) -> str:
    """The same before a token ends a console session of its owner."""
    return f"end-session:{session_id}"


class BadMember(Refusal):
    """Nobody could be a member like this; the sentence says why, for whoever asked."""


class BeingSetUp(BadMember):
    """Until both administrators have joined nobody but `idp admin bootstrap` lets anybody in."""


def require_good_roles(
    roles: Iterable[StaffRole], organisation: str | None, *, there: frozenset[StaffRole]
) -> None:
    """See that a member may have these roles together. `there`: the roles there are in this installation.

    Raises: BadMember.
    """
    wanted = frozenset(roles)
    if not wanted:
        raise BadMember("member-without-role", N_("A member has at least one role."))
    if StaffRole.BREAK_GLASS in wanted:
        raise BadMember("member-break-glass", N_("Break-glass is given for an hour, by a change of its own."))
    if not wanted <= there:
        raise BadMember(
            "member-role-unknown",
            N_("There is no such role here: %(roles)s."),
            roles=", ".join(sorted(wanted - there)),
        )
    if StaffRole.DEVELOPER in wanted and wanted != {StaffRole.DEVELOPER}:
        # Whoever builds mini-apps must not review them, nor see what the region's own staff see.
        raise BadMember("member-developer-alone", N_("A developer has no other role."))
    if (StaffRole.DEVELOPER in wanted) != bool(organisation):
        raise BadMember("member-organisation", N_("Developers, and they alone, belong to an organisation."))


def require_good_name(name: str) -> None:
    """Raises: BadMember."""
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadMember(
            "member-name",
            N_("A name has 1 to %(most)s characters, all of them visible."),
            most=LONGEST_NAME,
        )


def actions_of(roles: Iterable[StaffRole]) -> frozenset[Action]:
    """Everything that one of these roles may do."""
    return frozenset().union(*(MATRIX[role] for role in roles))
