"""One-time links of the staff, and the moment from which the installation is governed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, insert, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.governance.staff import FEWEST_ADMINS, LINK_LIFETIME, LinkOver, StaffMember
from idp.storage.db import Database
from idp.storage.rows import NOW, given
from idp.storage.schema import governed, staff, staff_links
from idp.storage.staff import ADMIN_IDS, LOCK_ADMINS, assembled, members
from idp.storage.statement import Statement

_MEMBER, _LINK = given("member"), given("link")
_is_open = and_(
    staff_links.c.digest == _LINK, staff_links.c.consumed_at.is_(None), staff_links.c.expires_at > NOW
)
_is_waiting = and_(staff.c.joined_at.is_(None), staff.c.deactivated_at.is_(None))

ADD = Statement(insert(staff_links))
END_ALL = Statement(
    update(staff_links)
    .where(staff_links.c.staff_id == _MEMBER, staff_links.c.consumed_at.is_(None))
    .values(consumed_at=NOW)
)
INVITED_BY = Statement(
    members().where(_is_waiting, staff.c.id.in_(select(staff_links.c.staff_id).where(_is_open)))
)
OPEN_OF = Statement(
    select(staff_links.c.expires_at).where(
        staff_links.c.staff_id == _MEMBER, staff_links.c.consumed_at.is_(None), staff_links.c.expires_at > NOW
    )
)
CLAIM = Statement(
    update(staff_links).where(_is_open, staff_links.c.staff_id == _MEMBER).values(consumed_at=NOW)
)
_MADE_BY = select(staff_links.c.made_by).where(staff_links.c.digest == _LINK).scalar_subquery()
JOIN = Statement(
    update(staff).where(staff.c.id == _MEMBER, _is_waiting).values(joined_at=NOW, link_made_by=_MADE_BY)
)
COUNT_ADMINS = Statement(
    select(func.count().label("admins"))
    .select_from(staff)
    .where(
        staff.c.joined_at.is_not(None),
        staff.c.deactivated_at.is_(None),
        staff.c.id.in_(ADMIN_IDS),
    )
)
GOVERN = Statement(lambda insert: insert(governed).on_conflict_do_nothing())
GOVERNED = Statement(select(governed.c.since))


class StaffLinkRepository:
    """Links, by digest of the value in them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def renew(self, staff_id: str, link: bytes, *, by: str, now: datetime) -> datetime:
        """Keep a link in place of those before; until when it can be used. `by`: who gets to see it."""
        milliseconds, until = to_milliseconds(now), now + LINK_LIFETIME
        with self._db.transaction() as tx:
            tx.run(END_ALL, member=staff_id, now=milliseconds)
            tx.run(
                ADD,
                digest=link,
                staff_id=staff_id,
                made_by=by,
                created_at=milliseconds,
                expires_at=to_milliseconds(until),
                consumed_at=None,
            )
        return until

    def invited_by(self, link: bytes, *, now: datetime) -> StaffMember | None:
        """Whom an open link invites."""
        found = assembled(self._db.all(INVITED_BY, link=link, now=to_milliseconds(now)))
        return found[0] if found else None

    def open_until(self, staff_id: str, *, now: datetime) -> datetime | None:
        """Until when the open link of somebody invited can be used; None when they have none."""
        row = self._db.one(OPEN_OF, member=staff_id, now=to_milliseconds(now))
        return None if row is None else from_milliseconds(row.expires_at)

    def join(self, staff_id: str, link: bytes, *, now: datetime) -> bool:
        """Use the link up and make its member active; True when the installation became governed by this.

        The member keeps who made the link.
        Atomic: of concurrent calls with one link exactly one returns. Call it in the transaction that keeps the
        passkey. Raises: LinkOver.
        """
        milliseconds = to_milliseconds(now)
        with self._db.transaction() as tx:
            # Two administrators who join at once must see each other, or the installation is never governed.
            tx.all(LOCK_ADMINS)
            if tx.run(CLAIM, member=staff_id, link=link, now=milliseconds) != 1:
                raise LinkOver
            if tx.run(JOIN, member=staff_id, link=link, now=milliseconds) != 1:
                raise LinkOver
            counted = tx.one(COUNT_ADMINS)
            if counted is None or counted.admins < FEWEST_ADMINS:
                return False
            return tx.run(GOVERN, installation="this", since=milliseconds) == 1

    def governed_since(self) -> datetime | None:
        """When two administrators had joined; None while the installation is being set up."""
        row = self._db.one(GOVERNED)
        return None if row is None else from_milliseconds(row.since)
