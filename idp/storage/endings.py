"""What ends together: when a session, an account or an agreement ends, so do waiting codes and grants.

Use `drop_codes` before `revoke_grants`, in one transaction and as two statements: a redemption under way holds its
code's row, so the first waits for it, and the second then sees the grant that it made. Where a session ends,
`logouts.tell_apps` comes between them, for the same reason.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, update

from idp.storage.rows import NOW
from idp.storage.schema import authorization_codes, grants
from idp.storage.statement import Statement


def drop_codes(*which: ColumnElement[bool]) -> Statement:
    """Forget codes that nobody has redeemed yet."""
    return Statement(delete(authorization_codes).where(authorization_codes.c.consumed_at.is_(None), *which))


def revoke_grants(*which: ColumnElement[bool]) -> Statement:
    """End grants, and with them every token made from them."""
    return Statement(update(grants).where(grants.c.revoked_at.is_(None), *which).values(revoked_at=NOW))
