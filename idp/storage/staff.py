"""The staff: who they are, and the roles in force.

Everything that could take an administrator away locks the administrators first, in one order: of two such changes at
once the second sees what the first did, and both together never leave fewer than two.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, or_, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.governance.roles import StaffRole
from idp.governance.staff import BREAK_GLASS_LIFETIME, FEWEST_ADMINS, LastAdmins, RoleGrant, StaffMember
from idp.storage.db import Database
from idp.storage.rows import NOW, can_be_stored, given
from idp.storage.schema import staff, staff_roles
from idp.storage.statement import Row, Statement, replacing

ADMINS = (StaffRole.NATIONAL_OPERATOR, StaffRole.REGIONAL_ADMIN)
"""Those of whom two must stay; a hub has the one kind, a region the other."""

_MEMBER, _ROLE = given("member"), given("taken")
ADMIN_IDS = select(staff_roles.c.staff_id).where(or_(*(staff_roles.c.role == role.value for role in ADMINS)))
_in_force = or_(staff_roles.c.expires_at.is_(None), staff_roles.c.expires_at > NOW)
_is_role = and_(staff_roles.c.staff_id == _MEMBER, staff_roles.c.role == _ROLE)
_other = staff.alias("other")
_enough_others = (
    select(func.count())
    .select_from(_other)
    .where(
        _other.c.id != _MEMBER,
        _other.c.joined_at.is_not(None),
        _other.c.deactivated_at.is_(None),
        _other.c.id.in_(ADMIN_IDS),
    )
    .scalar_subquery()
) >= FEWEST_ADMINS


def members() -> Select[Any]:
    """Every member, one row for each role in force; `assembled` makes members of the rows."""
    return (
        select(staff, staff_roles.c.role, staff_roles.c.expires_at.label("until"))
        .outerjoin(staff_roles, and_(staff_roles.c.staff_id == staff.c.id, _in_force))
        .order_by(staff.c.created_at, staff.c.id, staff_roles.c.role)
    )


ADD = Statement(insert(staff))
GIVE = Statement(replacing(staff_roles))
ALL = Statement(members())
FIND = Statement(members().where(staff.c.id == _MEMBER))
GRANTS = Statement(
    select(staff_roles).where(staff_roles.c.staff_id == _MEMBER, _in_force).order_by(staff_roles.c.role)
)
LOCK_ADMINS = Statement(
    select(staff.c.id).where(staff.c.id.in_(ADMIN_IDS)).order_by(staff.c.id).with_for_update()
)
TAKE_AWAY = Statement(delete(staff_roles).where(_is_role))
TAKE_AWAY_FROM_ADMIN = Statement(delete(staff_roles).where(_is_role, _enough_others))
SET_ORGANISATION = Statement(
    update(staff).where(staff.c.id == _MEMBER).values(organisation=given("belongs_to"))
)
DEACTIVATE = Statement(
    update(staff)
    .where(
        staff.c.id == _MEMBER,
        staff.c.deactivated_at.is_(None),
        or_(staff.c.joined_at.is_(None), staff.c.id.not_in(ADMIN_IDS), _enough_others),
    )
    .values(deactivated_at=NOW)
)
DISMISS = Statement(
    update(staff).where(staff.c.id == _MEMBER, staff.c.deactivated_at.is_(None)).values(deactivated_at=NOW)
)


class StaffRepository:
    """Members and their roles. `now` decides which roles are in force."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def members(self, *, now: datetime) -> tuple[StaffMember, ...]:
        """Everybody there ever was, the first to be invited first."""
        return assembled(self._db.all(ALL, now=to_milliseconds(now)))

    def find(self, staff_id: str, *, now: datetime) -> StaffMember | None:
        """One of them, whatever became of them."""
        if not can_be_stored(staff_id):
            return None
        found = assembled(self._db.all(FIND, member=staff_id, now=to_milliseconds(now)))
        return found[0] if found else None

    def grants_of(self, staff_id: str, *, now: datetime) -> tuple[RoleGrant, ...]:
        """How a member came by each role that is in force."""
        return tuple(
            RoleGrant(
                StaffRole(row.role),
                from_milliseconds(row.granted_at),
                _moment(row.expires_at),
                row.granted_by,
            )
            for row in self._db.all(GRANTS, member=staff_id, now=to_milliseconds(now))
        )

    def add(self, member: StaffMember, *, by: str, now: datetime) -> None:
        """Keep a new member who has yet to join. `by`: the change request, or `bootstrap`."""
        with self._db.transaction() as tx:
            tx.run(
                ADD,
                id=member.id,
                name=member.name,
                organisation=member.organisation,
                created_at=to_milliseconds(member.created_at),
                joined_at=None,
                link_made_by=None,
                deactivated_at=None,
            )
            for role in sorted(member.roles):
                tx.run(GIVE, **_grant(member.id, role, by, now))

    def set_roles(
        self, staff_id: str, roles: Iterable[StaffRole], organisation: str | None, *, by: str, now: datetime
    ) -> bool:
        """Give a member these roles and no others, but for a running hour of break-glass; False if there is none such.

        Raises: LastAdmins — nothing was changed.
        """
        wanted = frozenset(roles)
        with self._db.transaction() as tx:
            tx.all(LOCK_ADMINS)
            member = self.find(staff_id, now=now)
            if member is None or member.deactivated_at is not None:
                return False
            held = member.roles - {StaffRole.BREAK_GLASS}
            stops = member.is_active and not wanted & set(ADMINS)
            for role in sorted(held - wanted):
                take = TAKE_AWAY_FROM_ADMIN if stops and role in ADMINS else TAKE_AWAY
                if tx.run(take, member=staff_id, taken=role.value) != 1:
                    raise LastAdmins
            for role in sorted(wanted - held):
                tx.run(GIVE, **_grant(staff_id, role, by, now))
            tx.run(SET_ORGANISATION, member=staff_id, belongs_to=organisation)
        return True

    def break_glass(self, staff_id: str, *, by: str, now: datetime) -> datetime:
        """Give a member the role for an hour from now; until when."""
        until = now + BREAK_GLASS_LIFETIME
        values = _grant(staff_id, StaffRole.BREAK_GLASS, by, now)
        self._db.run(GIVE, **{**values, "expires_at": to_milliseconds(until)})
        return until

    def deactivate(self, staff_id: str, *, now: datetime) -> bool:
        """Put a member out of office for good; True when this call did it. Raises: LastAdmins."""
        with self._db.transaction() as tx:
            tx.all(LOCK_ADMINS)
            if tx.run(DEACTIVATE, member=staff_id, now=to_milliseconds(now)) == 1:
                return True
            member = self.find(staff_id, now=now)
            if member is not None and member.deactivated_at is None:
                raise LastAdmins
        return False

    def dismiss(self, staff_id: str, *, now: datetime) -> None:
        """The same whoever is left: for a pair that takes the place of another while the installation is set up."""
        self._db.run(DISMISS, member=staff_id, now=to_milliseconds(now))


def assembled(rows: list[Row]) -> tuple[StaffMember, ...]:
    """Members out of rows that repeat them for each role, in the order of the rows."""
    of_member: dict[str, list[Row]] = {}
    for row in rows:
        of_member.setdefault(row.id, []).append(row)
    return tuple(map(_member, of_member.values()))


def _member(rows: list[Row]) -> StaffMember:
    row = rows[0]
    until = next((one.until for one in rows if one.role == StaffRole.BREAK_GLASS), None)
    return StaffMember(
        id=row.id,
        name=row.name,
        roles=frozenset(StaffRole(one.role) for one in rows if one.role is not None),
        organisation=row.organisation,
        is_active=row.joined_at is not None and row.deactivated_at is None,
        created_at=from_milliseconds(row.created_at),
        joined_at=_moment(row.joined_at),
        deactivated_at=_moment(row.deactivated_at),
        break_glass_until=_moment(until),
    )


def _grant(staff_id: str, role: StaffRole, by: str, now: datetime) -> dict[str, Any]:
    return {
        "staff_id": staff_id,
        "role": role.value,
        "granted_at": to_milliseconds(now),
        "expires_at": None,
        "granted_by": by,
    }


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_milliseconds(milliseconds)
