"""Each test of this folder runs twice: on SQLite and on PostgreSQL, in a database of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from idp.settings import DatabaseSync
from idp.storage import management
from idp.storage.db import Database
from idp.storage.schema import generations, metadata
from tests.contract.region import Region, contract_settings
from tests.support.postgres import PostgresCluster


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("contract") / "migrated.db"
    management.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres_cluster: PostgresCluster) -> str:
    """One for all tests, emptied before each: making and dropping a database takes longer than most tests."""
    url = postgres_cluster.create_database()
    management.upgrade(url)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database this run of the test is on."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest) -> str:
    """A migrated database with nothing in it."""
    return str(request.getfixturevalue("emptied_database" if backend == "postgresql" else "copied_file"))


@pytest.fixture
def copied_file(migrated_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'idp.db')}"


@pytest.fixture
def emptied_database(migrated_database: str) -> str:
    rows = [
        f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables) if table is not generations
    ]
    with psycopg.connect(migrated_database.replace("+psycopg", "")) as connection:
        connection.execute("; ".join([*rows, "UPDATE generations SET value = 1"]))
    return migrated_database


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    url = cluster.create_database()
    yield url
    cluster.drop_database(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, DatabaseSync.NORMAL)
    yield opened
    opened.close()


@pytest.fixture
def region(database: Database, database_url: str) -> Region:
    """The stores of a new region, and short ways to put people and mini-apps into them."""
    return Region(database, contract_settings(database_url))
