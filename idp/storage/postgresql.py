"""PostgreSQL: psycopg 3, prepared statements, binary results, one connection a thread."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import URL, text
from sqlalchemy.dialects import postgresql
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

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
"""A statement that takes longer is stuck: every one of ours goes by a key, or ends after a batch."""
PREPARED_STATEMENTS = 500

_BUSY = ("55P03", "57014", "40001", "40P01")  # lock timeout, statement timeout, serialisation, deadlock
_UNAVAILABLE = ("08", "53", "57", "58")  # connection, resources, operator intervention, system
_OUTDATED = ("42P01", "42703")  # undefined table, undefined column
_INTEGRITY = "23"


class PostgresDriver:
    """How statements reach a PostgreSQL server."""

    insert = staticmethod(postgresql.insert)
    errors: tuple[type[Exception], ...] = (psycopg.Error,)
    begin = Statement(text("BEGIN"), is_repeatable=True)
    claims_at_once = True
    one_writer = False

    def __init__(self, url: URL, sync: DatabaseSync, patience: timedelta) -> None:
        # psycopg's raw cursor takes the server's own $1, so no query text is parsed in Python.
        dialect: Any = postgresql.base.PGDialect
        self.dialect: Dialect = dialect(paramstyle="numeric_dollar")
        named = url.translate_connect_args(username="user", database="dbname")
        self._arguments: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "tongxing",
            **named,
            **url.query,
        }
        self._lock_timeout = f"{round(patience.total_seconds() * 1000)}ms"
        self._synchronous = "on" if sync is DatabaseSync.FULL else "off"
        self._where = (
            f"{named.get('host', 'local socket')}:{named.get('port', 5432)}/{named.get('dbname', '')}"
        )

    def connect(self) -> psycopg.Connection[Any]:
        """Connect, each statement committing by itself. Raises: StorageUnavailable."""
        try:
            connection = psycopg.connect(**self._arguments, autocommit=True, cursor_factory=psycopg.RawCursor)
            connection.prepare_threshold = 0
            connection.prepared_max = PREPARED_STATEMENTS
            connection.execute(
                "SELECT set_config('synchronous_commit', $1, false), set_config('statement_timeout', $2, false),"
                " set_config('lock_timeout', $3, false)",
                (self._synchronous, f"{STATEMENT_SECONDS}s", self._lock_timeout),
            )
        except psycopg.Error as error:
            raise StorageUnavailable(f"PostgreSQL at {self._where} cannot be reached: {error}") from error
        return connection

    def cursor(self, connection: Any) -> Any:
        return connection.cursor(binary=True)

    def is_broken(self, connection: Any) -> bool:
        """Whether the server has hung up."""
        return bool(connection.closed)

    def explain(self, error: Exception) -> StorageError:
        """The driver's error in our words, without the DETAIL line that quotes rows."""
        state = getattr(error, "sqlstate", None) or ""
        diagnosis = getattr(error, "diag", None)
        said = getattr(diagnosis, "message_primary", None) or type(error).__name__
        if state in _BUSY:
            return StorageBusy(f"PostgreSQL at {self._where} gave up waiting: {said}")
        if state in _OUTDATED:
            return SchemaOutdated(f"{said}: run `idp db upgrade`.")
        if state.startswith(_INTEGRITY):
            return RuleBroken(said)
        if state.startswith(_UNAVAILABLE) or (not state and isinstance(error, psycopg.OperationalError)):
            return StorageUnavailable(f"PostgreSQL at {self._where} hung up: {said}")
        return StorageError(said)
