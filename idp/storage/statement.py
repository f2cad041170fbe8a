"""Statements written once in SQLAlchemy Core and compiled once for each database.

What runs is the compiled text, on the driver's own connection: the convenience of one schema, the driver's speed
(`docs/decisions` has the figures). Columns are of types that the driver carries unchanged, so nothing is converted.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Delete,
    Insert,
    Select,
    Table,
    TextClause,
    Update,
    exists,
    func,
    select,
    true,
)
from sqlalchemy.engine import Dialect

Changes = Insert | Update | Delete
Upsert = Callable[[Callable[[Table], Any]], Insert]
"""Builds an INSERT … ON CONFLICT with the database's own `insert`; Core has no common one."""
Follower = Callable[[ColumnElement[bool]], Changes]
"""Builds a change that happens only where the given condition holds."""


def replacing(table: Table) -> Upsert:
    """An INSERT after which the given row stands, whether or not one with its primary key was there before."""

    def build(insert: Callable[[Table], Any]) -> Insert:
        row = insert(table)
        changed = {
            column.name: row.excluded[column.name] for column in table.columns if not column.primary_key
        }
        keys = [column.name for column in table.primary_key]
        replaced: Insert = row.on_conflict_do_update(index_elements=keys, set_=changed)
        return replaced

    return build


class Row(Protocol):
    """A row: a tuple whose columns are attributes too."""

    def __getattr__(self, column: str) -> Any: ...


class Cursor(Protocol):
    """What both drivers' cursors share."""

    @property
    def description(self) -> Sequence[Any] | None: ...
    @property
    def rowcount(self) -> int: ...
    def execute(self, query: str, parameters: Sequence[Any], /) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Statement:
    """One statement, for any database."""

    __slots__ = ("expression", "is_repeatable")

    def __init__(
        self, expression: Select[Any] | Changes | Upsert | TextClause, *, is_repeatable: bool | None = None
    ) -> None:
        self.expression = expression
        self.is_repeatable = isinstance(expression, Select) if is_repeatable is None else is_repeatable
        """Whether it can simply be asked again when the connection was lost: it changes nothing."""


class Claim:
    """A change that at most one caller can win, and what the winner leaves behind: all of it or nothing.

    PostgreSQL takes it as one statement and one round trip; SQLite, where a call costs nothing, as a transaction.
    Followers see the rows as they were before the change, and may read only what the change leaves alone.
    """

    __slots__ = ("as_one", "followers", "gate")

    def __init__(self, gate: Update, *followers: Follower) -> None:
        self.gate = Statement(gate)
        self.followers = tuple(Statement(follower(true())) for follower in followers)
        won = gate.returning(*gate.table.primary_key).cte("won")
        outcome = select(func.count().label("winners")).select_from(won)
        for number, follower in enumerate(followers, 1):
            change = follower(exists(select(won)))
            outcome = outcome.add_cte(change.cte(f"then_{number}"))
        self.as_one = Statement(outcome, is_repeatable=False)


class Prepared:
    """A statement compiled for one database."""

    __slots__ = ("_arrange", "_make_row", "sql")

    def __init__(self, statement: Statement, dialect: Dialect, insert: Callable[[Table], Any]) -> None:
        expression = statement.expression
        core = expression if isinstance(expression, ClauseElement) else expression(insert)
        compiled: Any = core.compile(dialect=dialect)
        self.sql: str = compiled.string
        constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._arrange = _arranger(tuple(compiled.positiontup or ()), constants)
        self._make_row: Callable[[Any], Row] | None = None

    def count(self, cursor: Cursor, values: Mapping[str, Any]) -> int:
        """Execute; how many rows it hit. Raises: KeyError — a value is missing."""
        cursor.execute(self.sql, self._arrange(values))
        return cursor.rowcount

    def rows(self, cursor: Cursor, values: Mapping[str, Any]) -> list[Row]:
        """Execute; every row. Raises: KeyError — a value is missing.

        Reading to the end is also what makes SQLite finish, and so commit, a statement with RETURNING.
        """
        cursor.execute(self.sql, self._arrange(values))
        found = cursor.fetchall()
        if not found:
            return found
        make_row = self._make_row
        if make_row is None:
            make_row = self._make_row = _row_maker([column[0] for column in cursor.description or ()])
        return [make_row(row) for row in found]


def _row_maker(columns: list[str]) -> Callable[[Any], Row]:
    make_type: Any = namedtuple  # the columns are known only now, so there is nothing to check statically
    make: Callable[[Any], Row] = make_type("Row", columns)._make
    return make


def _arranger(
    names: tuple[str, ...], constants: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    if constants:
        return lambda values: [(constants[name] if name in constants else values[name]) for name in names]
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]
