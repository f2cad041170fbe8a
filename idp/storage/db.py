"""The one way to the database: compiled statements on the driver's own connection, one connection a thread.

Every statement outside a transaction commits by itself. Only reads, and the beginning of a transaction, are tried a
second time after a lost connection: a write whose fate is unknown is never silently repeated.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Table, make_url
from sqlalchemy.engine import Dialect

from idp.settings import DatabaseSync
from idp.storage.failures import StorageError, StorageUnavailable
from idp.storage.statement import Claim, Cursor, Prepared, Row, Statement

T = TypeVar("T")
Work = Callable[[Prepared, Cursor, Mapping[str, Any]], T]


class Driver(Protocol):
    """What differs between databases."""

    dialect: Dialect
    errors: tuple[type[Exception], ...]
    begin: Statement
    claims_at_once: bool
    """Whether a whole `Claim` can be one statement."""

    @property
    def insert(self) -> Callable[[Table], Any]: ...
    def connect(self) -> Any: ...
    def cursor(self, connection: Any) -> Any: ...
    def is_broken(self, connection: Any) -> bool: ...
    def explain(self, error: Exception) -> StorageError: ...


class _Link:
    """One thread's connection. It is closed when the thread, or the database, goes."""

    def __init__(self, driver: Driver) -> None:
        self.connection = driver.connect()
        self.cursor: Cursor = driver.cursor(self.connection)
        self.in_transaction = False
        self.close = weakref.finalize(self, self.connection.close)


class Access:
    """Running statements: what `Database` and `Transaction` share. Every method raises StorageError."""

    __slots__ = ()

    def _run(self, statement: Statement, work: Work[T], values: dict[str, Any]) -> T:
        raise NotImplementedError

    def one(self, statement: Statement, /, **values: Any) -> Row | None:
        """The first row, or None."""
        rows = self._run(statement, Prepared.rows, values)
        return rows[0] if rows else None

    def all(self, statement: Statement, /, **values: Any) -> list[Row]:
        """Every row."""
        return self._run(statement, Prepared.rows, values)

    def run(self, statement: Statement, /, **values: Any) -> int:
        """Make a change that returns no rows; how many it hit."""
        return self._run(statement, Prepared.count, values)


class Database(Access):
    """A database by URL: `sqlite:///file` or `postgresql+psycopg://user@host/name`. Opens nothing until used."""

    def __init__(self, url: str, sync: DatabaseSync) -> None:
        self._driver = driver_for(make_url(url), sync)
        self._prepared: dict[Statement, Prepared] = {}
        self._thread = threading.local()
        self._links: weakref.WeakSet[_Link] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._is_closed = False

    def transaction(self) -> Transaction:
        """`with database.transaction() as tx:` — all of it or nothing; SQLite takes the write lock at once."""
        return Transaction(self)

    def claim(self, claim: Claim, /, **values: Any) -> bool:
        """Try to win a `Claim`, durably. True for the one caller that did. Raises: StorageError."""
        if self._driver.claims_at_once:
            outcome = self.one(claim.as_one, **values)
            return outcome is not None and bool(outcome.winners)
        with self.transaction() as tx:
            if tx.run(claim.gate, **values) != 1:
                return False
            for follower in claim.followers:
                tx.run(follower, **values)
        return True

    def prepare(self, statement: Statement) -> Prepared:
        """The statement compiled for this database, from memory after the first time."""
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = Prepared(statement, self._driver.dialect, self._driver.insert)
            self._prepared[statement] = prepared
        return prepared

    def close(self) -> None:
        """Close every thread's connection. The database cannot be used afterwards."""
        with self._lock:
            self._is_closed = True
            for link in list(self._links):
                link.close()

    def _run(self, statement: Statement, work: Work[T], values: dict[str, Any]) -> T:
        prepared = self._prepared.get(statement) or self.prepare(statement)
        link = self._link()
        try:
            return work(prepared, link.cursor, values)
        except self._driver.errors as error:
            was_lost = self._drop_if_broken(link)
            if link.in_transaction or not (was_lost and statement.is_repeatable):
                raise self._driver.explain(error) from None
        try:
            return work(prepared, self._link().cursor, values)
        except self._driver.errors as error:
            raise self._driver.explain(error) from None

    def _begin(self) -> _Link:
        if self._link().in_transaction:
            raise RuntimeError("a transaction is already open in this thread")
        self._run(self._driver.begin, Prepared.count, {})
        link = self._link()
        link.in_transaction = True
        return link

    def _link(self) -> _Link:
        if self._is_closed:
            raise StorageUnavailable("The database has been closed.")
        link: _Link | None = getattr(self._thread, "link", None)
        return link or self._connect()

    def _connect(self) -> _Link:
        link = _Link(self._driver)
        with self._lock:
            if self._is_closed:
                link.close()
                raise StorageUnavailable("The database has been closed.")
            self._links.add(link)
        self._thread.link = link
        return link

    def _drop_if_broken(self, link: _Link) -> bool:
        if not self._driver.is_broken(link.connection):
            return False
        self._drop(link)
        return True

    def _drop(self, link: _Link) -> None:
        link.close()
        self._thread.link = None


class Transaction(Access):
    """A transaction in this thread. Commits when the block ends, undoes everything when it raises."""

    __slots__ = ("_database", "_link")

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Transaction:
        self._link = self._database._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._link.in_transaction = False
        if kind is None:
            self._commit()
        else:
            self._undo()

    def _run(self, statement: Statement, work: Work[T], values: dict[str, Any]) -> T:
        try:
            return work(self._database.prepare(statement), self._link.cursor, values)
        except self._database._driver.errors as error:
            raise self._database._driver.explain(error) from None

    def _commit(self) -> None:
        try:
            self._link.connection.commit()
        except self._database._driver.errors as error:
            self._undo()
            raise self._database._driver.explain(error) from None

    def _undo(self) -> None:
        try:
            self._link.connection.rollback()
        except self._database._driver.errors:
            # It cannot be undone here; the database undoes it when the connection goes.
            self._database._drop(self._link)


def driver_for(url: URL, sync: DatabaseSync) -> Driver:
    """The driver for a URL. Raises: StorageUnavailable — we have none for it."""
    match url.get_backend_name():
        case "sqlite":
            from idp.storage.sqlite import SqliteDriver

            return SqliteDriver(url, sync)
        case "postgresql":
            # Costs a worker 70 ms and several megabytes: only when asked for.
            from idp.storage.postgresql import PostgresDriver

            return PostgresDriver(url, sync)
        case other:
            raise StorageUnavailable(f"There is no support for {other} databases: use SQLite or PostgreSQL.")
