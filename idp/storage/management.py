"""The database as the operator sees it: migrations, and whether the tables are what this release expects.

The only module that imports Flask-SQLAlchemy and Alembic; a server's workers never load it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event, make_url, text

from idp.foundation.resources import folder
from idp.storage.db import PATIENCE
from idp.storage.schema import metadata
from idp.storage.sqlite import database_file, make_file

tables = SQLAlchemy(metadata=metadata)
"""Every table as Flask-SQLAlchemy knows them; `migrations/env.py` gives it an application."""

ADVISORY_LOCK = 0x746F6E6778696E67
"""“tongxing”: the number under which PostgreSQL lets one migration run at a time."""

UNTIL_MIGRATED = timedelta(minutes=10)
"""How long a migration of a SQLite file waits for another one, which holds the write lock through all of its work."""

T = TypeVar("T")


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database up to `revision`, making it when it is a file that does not exist yet.

    Raises: StorageUnavailable — the folder of a SQLite file is missing; and what the database says.
    """
    command.upgrade(_config(url, UNTIL_MIGRATED), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to `revision`; `base` removes every table."""
    command.downgrade(_config(url, UNTIL_MIGRATED), revision)


def current(url: str) -> str | None:
    """The revision that the database is at; None when it has no tables of ours."""
    return _look(url, lambda migration: migration.get_current_revision())


def head() -> str:
    """The revision that this release expects."""
    revision = ScriptDirectory(str(folder("migrations"))).get_current_head()
    if revision is None:
        raise FileNotFoundError("the migrations are missing: install Tongxing again")
    return revision


def drift(url: str) -> list[str]:
    """What differs between the database and the tables of this release, one line each; empty when nothing does."""
    return _look(url, lambda migration: [str(found) for found in compare_metadata(migration, metadata)])


def keep_ddl_in_transactions(engine: Engine) -> None:
    """Make SQLite's driver open transactions when told to: by itself it leaves CREATE and DROP outside."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def leave_transactions_to_us(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def allow_one_migration(connection: Connection) -> None:
    """Wait until nobody else migrates; SQLite's write lock, taken at the beginning, does the same."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _look(url: str, question: Callable[[MigrationContext], T]) -> T:
    """Ask a question in the environment in which migrations run, without running one."""
    config = _config(url, PATIENCE)
    scripts = ScriptDirectory.from_config(config)
    answers: list[T] = []

    def ask(_revision: Any, migration: MigrationContext) -> list[Any]:
        answers.append(question(migration))
        return []

    with EnvironmentContext(config, scripts, fn=ask):
        scripts.run_env()
    return answers[0]


def _config(url: str, patience: timedelta) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder("migrations")).replace("%", "%%"))
    config.attributes["url"] = _absolute(url, patience)
    return config


def _absolute(url: str, patience: timedelta) -> str:
    """The URL with a SQLite file made, closed to others, and named in full: Flask would look for it elsewhere."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = database_file(parsed)
        make_file(path)
        parsed = parsed.set(database=str(path)).update_query_dict({"timeout": str(patience.total_seconds())})
    return parsed.render_as_string(hide_password=False)
