"""The one way to the database: compiled statements on the driver's own connection, one connection a thread.

Every statement outside a transaction commits by itself. Only reads, and the beginning of a transaction, are tried a
second time after a lost connection: a write whose fate is unknown is never silently repeated.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import URL, make_url

from idp.settings import DatabaseSync
from idp.storage.connections import Connections, Driver, Link
from idp.storage.failures import RuleBroken, StorageBusy, StorageError, StorageUnavailable
from idp.storage.statement import Claim, Cursor, Prepared, Row, Statement

PATIENCE = timedelta(seconds=10)
"""How long a statement waits for somebody else's lock. Writers hold theirs for milliseconds, unless one is stuck."""

T = TypeVar("T")
Work = Callable[[Prepared, Cursor, Mapping[str, Any]], T]

_prepared: defaultdict[type, dict[Statement, Prepared]] = defaultdict(dict)
"""Every statement as compiled for a kind of driver. Nothing in it belongs to one database."""


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

    def __init__(
        self,
        url: str,
        sync: DatabaseSync,
        *,
        patience: timedelta = PATIENCE,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_failure` is called for every statement that fails by no rule of ours."""
        self._on_failure = on_failure
        self._driver = driver_for(make_url(url), sync, patience)
        self._links = Connections(self._driver)
        self._prepared = _prepared[type(self._driver)]
        self._patience_seconds = patience.total_seconds()
        # SQLite lets a waiting writer sleep and look again: under load the unlucky ones sleep for seconds. In a
        # line each is woken in turn, and only one writer of each process is left to wait for the others.
        self._line = threading.Lock() if self._driver.one_writer else None

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

    def open_connections(self) -> int:
        """How many threads hold a connection just now."""
        return len(self._links)

    def close(self) -> None:
        """Close every thread's connection. The database cannot be used afterwards."""
        self._links.close()

    def _run(self, statement: Statement, work: Work[T], values: dict[str, Any]) -> T:
        if self._line is None or statement.is_repeatable or self._links.mine().in_transaction:
            return self._attempt(statement, work, values)
        self._line_up(self._line)
        try:
            return self._attempt(statement, work, values)
        finally:
            self._line.release()

    def _attempt(self, statement: Statement, work: Work[T], values: dict[str, Any]) -> T:
        prepared = self._prepared.get(statement) or self.prepare(statement)
        link = self._mine()
        try:
            return work(prepared, link.cursor, values)
        except self._driver.errors as error:
            was_lost = self._links.drop_if_broken(link)
            link.is_spoilt = link.in_transaction
            if link.in_transaction or not (was_lost and statement.is_repeatable):
                raise self._failed(error) from None
        try:
            return work(prepared, self._mine().cursor, values)
        except self._driver.errors as error:
            raise self._failed(error) from None

    def _mine(self) -> Link:
        try:
            return self._links.mine()
        except StorageUnavailable:
            self._on_failure()
            raise

    def _failed(self, error: Exception) -> StorageError:
        explained = self._driver.explain(error)
        if not isinstance(explained, RuleBroken):
            self._on_failure()
        return explained

    def _line_up(self, line: threading.Lock) -> None:
        if not line.acquire(timeout=self._patience_seconds):
            raise StorageBusy("Another writer of this process took too long.")

    def _open(self) -> Link | None:
        """The link of the transaction that is open in this thread."""
        link = self._links.mine()
        return link if link.in_transaction else None

    def _begin(self) -> Link:
        if self._line is not None:
            self._line_up(self._line)
        try:
            self._attempt(self._driver.begin, Prepared.count, {})
            link = self._links.mine()
            link.in_transaction = True
        except BaseException:
            if self._line is not None:
                self._line.release()
            raise
        return link

    def _commit(self, link: Link) -> None:
        try:
            link.connection.commit()
        except self._driver.errors as error:
            self._undo(link)
            raise self._failed(error) from None

    def _undo(self, link: Link) -> None:
        try:
            link.connection.rollback()
        except self._driver.errors:
            # It cannot be undone from here; the database undoes it when the connection goes.
            self._links.drop(link)

    def _over(self, link: Link) -> None:
        link.in_transaction = link.is_spoilt = False
        if self._line is not None:
            self._line.release()


class Transaction(Access):
    """A transaction in this thread. Commits when the block ends, undoes everything when it raises.

    Opened inside another one it is part of that: one commit, made by the outermost.
    """

    __slots__ = ("_database", "_is_part", "_link")

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Transaction:
        outer = self._database._open()
        self._is_part = outer is not None
        self._link = outer or self._database._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_part:
            # The whole is undone even when somebody in between catches the error: never half of a change.
            self._link.is_spoilt = self._link.is_spoilt or kind is not None
            return
        was_spoilt = self._link.is_spoilt
        try:
            if kind is None and not was_spoilt:
                self._database._commit(self._link)
            else:
                self._database._undo(self._link)
        finally:
            self._database._over(self._link)
        if kind is None and was_spoilt:
            raise StorageError("A part of this change failed, so all of it was undone.")

    def _run(self, statement: Statement, work: Work[T], values: dict[str, Any]) -> T:
        # Always on the connection that the transaction began on: on another one it would commit by itself.
        try:
            return work(self._database.prepare(statement), self._link.cursor, values)
        except self._database._driver.errors as error:
            # PostgreSQL would answer the commit with a rollback and say nothing; SQLite would keep the rest.
            self._link.is_spoilt = True
            raise self._database._failed(error) from None


def driver_for(url: URL, sync: DatabaseSync, patience: timedelta) -> Driver:
    """The driver for a URL. Raises: StorageUnavailable — we have none for it."""
    match url.get_backend_name():
        case "sqlite":
            from idp.storage.sqlite import SqliteDriver

            return SqliteDriver(url, sync, patience)
        case "postgresql":
            # Costs a worker 70 ms and several megabytes: only when asked for.
            from idp.storage.postgresql import PostgresDriver

            return PostgresDriver(url, sync, patience)
        case other:
            raise StorageUnavailable(f"There is no support for {other} databases: use SQLite or PostgreSQL.")
