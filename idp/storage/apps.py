"""Mini-apps on their way: a move is written with its line of history, and only from the revision it was decided on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, or_, select, update

from idp.foundation.clock import to_milliseconds
from idp.registry.app_store import AppFilter, AppLine, MoveDone, OvertakenMove
from idp.registry.life_cycle import OF_STANDING, AppRecord, Move, Stage, Standing
from idp.storage.app_rows import line_of, move_of, record_of, values_of
from idp.storage.db import Access, Database
from idp.storage.rows import can_be_stored, given
from idp.storage.schema import app_moves, app_versions, apps
from idp.storage.statement import Statement

_is_this = apps.c.client_id == given("app")
_LINE = (
    apps.c.client_id,
    apps.c.name,
    apps.c.organisation,
    apps.c.standing,
    apps.c.stage,
    apps.c.since_at,
)
_CHANGING = tuple(column.name for column in apps.columns if column.name != "client_id")

FIND = Statement(select(apps).where(_is_this))
_was_submitted = (
    select(app_moves.c.id)
    .where(app_moves.c.client_id == apps.c.client_id, app_moves.c.move == Move.SUBMIT.value)
    .correlate(apps)
    .exists()
)
HAS_LIFE_CYCLE = Statement(
    select(apps.c.client_id).where(
        _is_this, or_(apps.c.standing != Standing.UNPUBLISHED.value, _was_submitted)
    )
)
# Read by the organisation: its mini-apps are few.
DRAFTS = Statement(
    select(func.count(apps.c.client_id).label("drafts")).where(
        apps.c.organisation == given("whose"),
        func.coalesce(apps.c.standing, "") == Standing.UNPUBLISHED.value,
        or_(*(func.coalesce(apps.c.stage, "") == stage.value for stage in (Stage.DRAFT, Stage.RETURNED))),
    )
)
ADD = Statement(lambda insert: insert(apps).on_conflict_do_nothing(index_elements=["client_id"]))
MOVE = Statement(
    update(apps)
    .where(_is_this, apps.c.revision == given("known_revision"))
    .values({name: given(f"new_{name}") for name in _CHANGING})
)
_OF_MOVE = ("client_id", "revision", "move", "happened_at", "staff_id", "note")
ADD_MOVE = Statement(insert(app_moves).values({name: given(name) for name in _OF_MOVE}).inline())
HISTORY = Statement(
    select(app_moves)
    .where(app_moves.c.client_id == given("app"))
    .order_by(app_moves.c.revision.desc())
    .limit(given("most"))
)
STANDING_REVISION = Statement(
    select(func.max(app_moves.c.revision).label("revision")).where(
        app_moves.c.client_id == given("app"), or_(*(app_moves.c.move == move.value for move in OF_STANDING))
    )
)
ADD_VERSION = Statement(
    lambda insert: insert(app_versions).on_conflict_do_nothing(index_elements=["client_id", "version"])
)
WAS_IN_FORCE = Statement(
    select(app_versions.c.version).where(
        and_(app_versions.c.client_id == given("app"), app_versions.c.version == given("wanted"))
    )
)
DUE = Statement(
    select(apps.c.client_id)
    .where(apps.c.standing == Standing.RETIRING.value, apps.c.retires_at <= given("now"))
    .limit(given("most"))
)


def _list(*filters: str) -> Statement:
    """A page of the list by key. With an organisation its index is the one to go by: its mini-apps are few, and
    those in one state may be nearly all there are. The other condition is written so that no index answers it."""
    wanted: Select[Any] = select(*_LINE).where(apps.c.client_id > given("after"))
    for column in filters:
        is_guide = column == "organisation" or "organisation" not in filters
        known = apps.c[column] if is_guide else func.coalesce(apps.c[column], "")
        wanted = wanted.where(known == given(f"wanted_{column}"))
    return Statement(wanted.order_by(apps.c.client_id).limit(given("limit")))


LISTS: Mapping[tuple[str, ...], Statement] = {
    filters: _list(*filters)
    for filters in (
        (),
        ("organisation",),
        ("standing",),
        ("stage",),
        ("organisation", "standing"),
        ("organisation", "stage"),
    )
}


class AppRepository:
    """Where every mini-app stands, and how it came there."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, client_id: str) -> AppRecord | None:
        """The mini-app as it stands now."""
        row = self._db.one(FIND, app=client_id) if can_be_stored(client_id) else None
        return None if row is None else record_of(row)

    def has_life_cycle(self, client_id: str) -> bool:
        """Whether the registered client of this id came by a submission. A mere draft says nothing about its id:
        anybody may write one."""
        return can_be_stored(client_id) and self._db.one(HAS_LIFE_CYCLE, app=client_id) is not None

    def drafts_of(self, organisation: str) -> int:
        """How many mini-apps an organisation has begun with that nobody has published or is looking at."""
        row = self._db.one(DRAFTS, whose=organisation)
        return int(row.drafts) if row else 0

    def note_in_force(self, client_id: str, version: str, *, now: datetime) -> None:
        """Remember that a version was put in force."""
        self._db.run(ADD_VERSION, client_id=client_id, version=version, since_at=to_milliseconds(now))

    def was_in_force(self, client_id: str, version: str) -> bool:
        """Whether this very version was ever in force."""
        return self._db.one(WAS_IN_FORCE, app=client_id, wanted=version) is not None

    def add(self, record: AppRecord) -> bool:
        """Begin with a mini-app; False when there is one of this id, and then nothing changed."""
        return self._db.run(ADD, client_id=record.client_id, **values_of(record)) == 1

    def move(
        self,
        known: AppRecord,
        after: AppRecord,
        move: Move,
        staff_id: str | None,
        note: str,
        *,
        now: datetime,
    ) -> None:
        """Write a move and its line of history. Of two moves from one revision exactly one is made.

        Raises: OvertakenMove — it does not stand at `known.revision` any more.
        """
        with self._db.transaction() as tx:
            changed = {f"new_{name}": value for name, value in values_of(after).items()}
            if tx.run(MOVE, app=known.client_id, known_revision=known.revision, **changed) != 1:
                raise OvertakenMove(f"{known.client_id} moved on from revision {known.revision}")
            _note(tx, after, move, staff_id, note, now)

    def page(self, wanted: AppFilter, after: str, limit: int) -> tuple[AppLine, ...]:
        """Mini-apps in order of their ids, from just behind `after`."""
        if not can_be_stored(after) or not can_be_stored(wanted.organisation or ""):
            return ()
        values = {"organisation": wanted.organisation, "standing": wanted.standing, "stage": wanted.stage}
        given_ones = {name: value for name, value in values.items() if value is not None}
        rows = self._db.all(
            LISTS[tuple(given_ones)],
            after=after,
            limit=limit,
            **{f"wanted_{name}": str(value) for name, value in given_ones.items()},
        )
        return tuple(line_of(row) for row in rows)

    def history(self, client_id: str, most: int) -> tuple[MoveDone, ...]:
        """What was done with it, the latest first."""
        return tuple(move_of(row) for row in self._db.all(HISTORY, app=client_id, most=most))

    def standing_revision(self, client_id: str) -> int:
        """The revision at which its standing was decided last; 0 for one that citizens never saw."""
        row = self._db.one(STANDING_REVISION, app=client_id)
        return int(row.revision or 0) if row else 0

    def due(self, most: int, *, now: datetime) -> tuple[str, ...]:
        """Mini-apps whose last day is over."""
        return tuple(row.client_id for row in self._db.all(DUE, now=to_milliseconds(now), most=most))


def _note(tx: Access, after: AppRecord, move: Move, staff_id: str | None, note: str, now: datetime) -> None:
    tx.run(
        ADD_MOVE,
        client_id=after.client_id,
        revision=after.revision,
        move=move.value,
        happened_at=to_milliseconds(now),
        staff_id=staff_id,
        note=note,
    )
