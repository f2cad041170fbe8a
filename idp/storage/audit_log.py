"""From the audit trail to the audit log: every line gets its entry, once, soon after it was written.

Whoever writes a line only writes the line. A background thread gives it its entry: lines are known by having none
yet, not by their numbers, because of two writers the later number may be committed first.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select, update

from idp.foundation.clock import to_milliseconds
from idp.foundation.entropy import Entropy
from idp.storage.db import Database
from idp.storage.log_entries import append, lock
from idp.storage.rows import given
from idp.storage.schema import audit_events
from idp.storage.statement import Row, Statement
from idp.transparency.leaves import SALT_LENGTH, Leaf, LogName, audit_leaf, commitment

BATCH = 200
"""Lines that get their entries in one transaction: some milliseconds, so that nobody waits for us."""
MOST_BATCHES = 50
"""In one round; the next round goes on."""

_is_unlogged = audit_events.c.log_index.is_(None)

ANY_UNLOGGED = Statement(select(audit_events.c.id).where(_is_unlogged).limit(1))
UNLOGGED = Statement(
    select(audit_events).where(_is_unlogged).order_by(audit_events.c.id).limit(given("most"))
)
LOGGED = Statement(
    update(audit_events)
    .where(audit_events.c.id == given("event"), _is_unlogged)
    .values(log_index=given("new_index"), salt=given("new_salt"))
)
FIRST_SINCE = Statement(
    select(func.min(audit_events.c.log_index).label("log_index")).where(
        audit_events.c.happened_at >= given("since")
    )
)
_names_person = or_(audit_events.c.account_id == given("person"), audit_events.c.subject == given("person"))
ANY_UNLOGGED_ABOUT = Statement(select(audit_events.c.id).where(_is_unlogged, _names_person).limit(1))
FORGET = Statement(
    update(audit_events)
    .where(_names_person, audit_events.c.log_index.is_not(None))
    .values(account_id=None, subject=None, salt=None)
)


class AlreadyLogged(RuntimeError):
    """A line got an entry from somebody who did not hold the log. Nothing of the batch is kept."""


class AuditLog:
    """Gives lines of the trail their entries, and forgets people."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def catch_up(self, entropy: Entropy) -> int:
        """Give entries to the lines that have none; how many it were. Any process may, several at once too."""
        done = 0
        for _ in range(MOST_BATCHES):
            # Most rounds find nothing, and a read keeps nobody from writing.
            if self._db.one(ANY_UNLOGGED) is None:
                break
            done += self._batch(entropy)
        return done

    def first_since(self, moment: datetime) -> int | None:
        """The number of the first entry about anything that happened since then; None when there is none yet."""
        row = self._db.one(FIRST_SINCE, since=to_milliseconds(moment))
        return None if row is None or row.log_index is None else int(row.log_index)

    def forget(self, account_id: str, entropy: Entropy) -> int:
        """Blank whom lines concern that name this account; how many. Their entries stay, and hold against nothing."""
        # One round may end before it came to the person's lines: a busy installation has more than fit into it.
        while self._db.one(ANY_UNLOGGED_ABOUT, person=account_id) is not None:
            self.catch_up(entropy)
        return self._db.run(FORGET, person=account_id)

    def _batch(self, entropy: Entropy) -> int:
        with self._db.transaction() as tx:
            # The log first: whoever waits for it must see what the one before it has taken.
            lock(tx, LogName.AUDIT)
            rows = tx.all(UNLOGGED, most=BATCH)
            salts = [entropy.bytes(SALT_LENGTH) for _ in rows]
            numbers = append(tx, LogName.AUDIT, [_leaf(*pair) for pair in zip(rows, salts, strict=True)])
            for row, salt, number in zip(rows, salts, numbers, strict=True):
                if tx.run(LOGGED, event=row.id, new_index=number, new_salt=salt) != 1:
                    raise AlreadyLogged(f"line {row.id} of the audit trail")
        return len(rows)


def _leaf(row: Row, salt: bytes) -> Leaf:
    return audit_leaf(row.kind, row.happened_at, commitment(salt, row.account_id, row.client_id, row.subject))
