"""Who cosigns the hub's log, how they answered, and the newest head that enough of them stand by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Table, and_, or_, select, update

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.sentence import Sentence, kept, read_kept
from idp.storage.db import Access, Database
from idp.storage.rows import NOW, given
from idp.storage.schema import trust_witnesses, witnessed_logs
from idp.storage.statement import Row, Statement
from idp.transparency.leaves import LogName
from idp.trustlist.listing import ListedWitness, WitnessList

_witness = trust_witnesses.c
_log = witnessed_logs.c
_is_log = _log.log == given("known_log")
_is_witness = _witness.key == given("witness")


def _begin(insert: Callable[[Table], Any]) -> Insert:
    row = insert(trust_witnesses)
    # One that comes back is asked from where it was.
    again = {"address": row.excluded.address, "added_at": row.excluded.added_at, "removed_at": None}
    begun: Insert = row.on_conflict_do_update(index_elements=["key"], set_=again)
    return begun


def _set_quorum(insert: Callable[[Table], Any]) -> Insert:
    row = insert(witnessed_logs)
    # What other witnesses stood by is nothing that these stand by.
    changed = {"quorum": row.excluded.quorum, "due_at": 0, "size": None, "note": None, "cosigned_at": None}
    put: Insert = row.on_conflict_do_update(index_elements=["log"], set_=changed)
    return put


PRESENT = Statement(
    select(_witness.key, _witness.address).where(_witness.removed_at.is_(None)).order_by(_witness.key)
)
ASKED = Statement(
    select(trust_witnesses)
    .where(or_(_witness.removed_at.is_(None), _witness.removed_at > given("since")))
    .order_by(_witness.key)
)
BEGIN = Statement(_begin)
END = Statement(update(trust_witnesses).where(_is_witness).values(removed_at=NOW))
ANSWERED = Statement(
    update(trust_witnesses).where(_is_witness).values(size=given("known_size"), answered_at=NOW, fault="")
)
FAILED = Statement(
    update(trust_witnesses).where(_is_witness).values(size=given("known_size"), fault=given("said"))
)
QUORUM = Statement(select(_log.quorum).where(_is_log))
SET_QUORUM = Statement(_set_quorum)
COSIGNED = Statement(select(_log.size, _log.note, _log.cosigned_at).where(_is_log, _log.note.is_not(None)))
KEEP = Statement(
    update(witnessed_logs)
    .where(
        _is_log,
        or_(
            _log.size.is_(None),
            _log.size < given("new_size"),
            and_(_log.size == given("new_size"), _log.cosigned_at < given("new_at")),
        ),
    )
    .values(size=given("new_size"), note=given("new_note"), cosigned_at=given("new_at"))
)
CLAIM = Statement(
    update(witnessed_logs)
    # A clock set back must not keep us from asking.
    .where(_is_log, or_(_log.due_at <= NOW, _log.due_at > given("latest")))
    .values(due_at=given("next_at"))
)


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness, and how it answered."""

    key: str
    address: str
    is_former: bool
    """Taken off the list lately: still asked, for regions that hold a bundle which names it."""
    size: int
    """Of the head that it cosigned last, as far as we know."""
    answered_at: datetime | None
    fault: Sentence | None
    """Why it did not cosign when it was asked last; None when it did."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A head of the log that enough witnesses stand by."""

    size: int
    note: str
    cosigned_at: datetime
    """Since when: not later than the time of any cosignature that is needed."""


class WitnessedLogs:
    """Of the hub. Which witnesses there are is part of the list, and written with it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def named(self, log: LogName) -> WitnessList:
        """The witnesses of now, and how many of them have to stand by what gives trust."""
        return read_witnesses(self._db, log)

    def asked(self, *, since: datetime) -> tuple[KnownWitness, ...]:
        """Everybody who is asked: the witnesses of now, and those taken off the list since then."""
        return tuple(map(_known, self._db.all(ASKED, since=to_milliseconds(since))))

    def cosigned(self, log: LogName) -> Cosigned | None:
        """The newest head that enough witnesses stand by."""
        row = self._db.one(COSIGNED, known_log=log.value)
        return None if row is None else Cosigned(row.size, row.note, from_milliseconds(row.cosigned_at))

    def keep(self, log: LogName, cosigned: Cosigned) -> bool:
        """Keep a head in the place of an earlier one. False: a later one is there. It never goes back."""
        hit = self._db.run(
            KEEP,
            known_log=log.value,
            new_size=cosigned.size,
            new_note=cosigned.note,
            new_at=to_milliseconds(cosigned.cosigned_at),
        )
        return hit == 1

    def claim(self, log: LogName, *, now: datetime, next_at: datetime, latest: datetime) -> bool:
        """Whether it is time to ask, and the caller is the one to do it. Of two at once one is."""
        times = {"now": now, "next_at": next_at, "latest": latest}
        values = {name: to_milliseconds(at) for name, at in times.items()}
        return self._db.run(CLAIM, known_log=log.value, **values) == 1

    def note_answered(self, key: str, size: int, *, now: datetime) -> None:
        """A witness cosigned a head of this size."""
        self._db.run(ANSWERED, witness=key, known_size=size, now=to_milliseconds(now))

    def note_failed(self, key: str, size: int, fault: Sentence) -> None:
        """A witness did not cosign; `size`: where it says it is."""
        self._db.run(FAILED, witness=key, known_size=size, said=kept((fault,)))


def read_witnesses(database: Access, log: LogName) -> WitnessList:
    """The witnesses of now, for who reads the list."""
    row = database.one(QUORUM, known_log=log.value)
    present = tuple(ListedWitness(one.key, one.address) for one in database.all(PRESENT))
    return WitnessList(0 if row is None else row.quorum, present)


def put_witnesses(
    tx: Access, log: LogName, before: WitnessList, after: WitnessList, *, now: datetime
) -> None:
    """Write what differs, as a part of the caller's transaction."""
    at = to_milliseconds(now)
    for gone in {one.key for one in before.witnesses} - {one.key for one in after.witnesses}:
        tx.run(END, witness=gone, now=at)
    for one in after.witnesses:
        if one not in before.witnesses:
            values = {"size": 0, "answered_at": None, "fault": ""}
            tx.run(BEGIN, key=one.key, address=one.address, added_at=at, removed_at=None, **values)
    tx.run(SET_QUORUM, log=log.value, quorum=after.quorum, due_at=0, size=None, note=None, cosigned_at=None)


def _known(row: Row) -> KnownWitness:
    answered = None if row.answered_at is None else from_milliseconds(row.answered_at)
    fault = read_kept(row.fault)[0] if row.fault else None
    return KnownWitness(row.key, row.address, row.removed_at is not None, row.size, answered, fault)
