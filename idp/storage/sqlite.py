"""SQLite: the standard library's driver, write-ahead log, one connection a thread."""

from __future__ import annotations

import os
import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect

from idp.settings import DatabaseSync
from idp.storage.failures import (
    RuleBroken,
    SchemaOutdated,
    StorageBusy,
    StorageError,
    StorageUnavailable,
)
from idp.storage.statement import Statement

CACHED_STATEMENTS = 256
"""More than we have, so that each is parsed once for each connection."""
LOOK_AGAIN_SECONDS = 0.01


class SqliteDriver:
    """How statements reach a SQLite file."""

    insert = staticmethod(sqlite.insert)
    errors: tuple[type[Exception], ...] = (sqlite3.Error,)
    # Taking the write lock first: a reader that becomes a writer half-way can be refused without waiting.
    begin = Statement(text("BEGIN IMMEDIATE"), is_repeatable=True)
    claims_at_once = False
    one_writer = True

    def __init__(self, url: URL, sync: DatabaseSync, patience: timedelta) -> None:
        self.dialect: Dialect = sqlite.dialect()
        self.path = database_file(url)
        self._patience = patience
        self._synchronous = sync.value.upper()

    def connect(self) -> sqlite3.Connection:
        """Open the file, making it when there is none. Raises: StorageUnavailable."""
        make_file(self.path)
        try:
            connection = sqlite3.connect(
                self.path,
                timeout=self._patience.total_seconds(),
                isolation_level=None,
                check_same_thread=False,  # only so that closing may happen elsewhere
                cached_statements=CACHED_STATEMENTS,
            )
            self._configure(connection)
        except sqlite3.Error as error:
            raise StorageUnavailable(f"The database file {self.path} cannot be opened: {error}") from error
        return connection

    def cursor(self, connection: Any) -> Any:
        return connection.cursor()

    def is_broken(self, connection: Any) -> bool:
        """A file does not hang up."""
        return False

    def explain(self, error: Exception) -> StorageError:
        """The driver's error in our words."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if isinstance(error, sqlite3.IntegrityError):
            return RuleBroken(str(error))
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StorageBusy(f"The database file {self.path} was locked by somebody else for too long.")
        if str(error).startswith(("no such table", "no such column", "table ")):
            return SchemaOutdated(f"{error}: run `idp db upgrade`.")
        if isinstance(error, sqlite3.OperationalError):
            return StorageUnavailable(f"The database file {self.path} cannot be used: {error}")
        return StorageError(str(error))

    def _configure(self, connection: sqlite3.Connection) -> None:
        self._write_ahead(connection)
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Once and for all, unless the file does already. Of a new file's first connections all may come to this."""
        until = time.monotonic() + self._patience.total_seconds()
        while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                # The lock that this takes does not wait for others, so we do.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                    raise
                time.sleep(LOOK_AGAIN_SECONDS)


def database_file(url: URL) -> Path:
    """The file that a SQLite URL means, as an absolute path. Raises: StorageUnavailable — it names none."""
    if not url.database or url.database == ":memory:":
        raise StorageUnavailable("The database must be a file: each thread has its own connection to it.")
    return Path(url.database).absolute()


def make_file(path: Path) -> None:
    """Make an empty database file that only its owner can read; keep one that is there.

    Raises: StorageUnavailable — the folder is missing or closed to us.
    """
    try:
        # Never opened when it is there: closing it again would end every lock that this process's connections have on
        # it (POSIX), and the next other process to go would take the write-ahead log away from under them.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    except FileNotFoundError as error:
        raise StorageUnavailable(
            f"The folder {path.parent} of the database does not exist: make it, or set IDP_DATABASE_URL."
        ) from error
    except OSError as error:
        raise StorageUnavailable(f"The database file {path} cannot be opened: {error.strerror}.") from error
