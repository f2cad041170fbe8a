"""Migrations: up, down, and exactly the tables of this release."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from idp.storage import management
from idp.storage.schema import metadata


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    found = set(inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    return found


def run(url: str, sql: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(sql))
    engine.dispose()


def test_migrating_up_makes_exactly_the_tables_of_this_release(empty_url: str) -> None:
    assert management.current(empty_url) is None

    management.upgrade(empty_url)

    assert management.current(empty_url) == management.head()
    assert tables(empty_url) == set(metadata.tables)
    assert management.drift(empty_url) == []


def test_migrating_up_twice_changes_nothing(empty_url: str) -> None:
    management.upgrade(empty_url)
    management.upgrade(empty_url)

    assert management.drift(empty_url) == []


def test_migrating_down_leaves_nothing_and_up_again_everything(empty_url: str) -> None:
    management.upgrade(empty_url)

    management.downgrade(empty_url, "base")
    assert tables(empty_url) == set()
    assert management.current(empty_url) is None

    management.upgrade(empty_url)
    assert tables(empty_url) == set(metadata.tables)


def test_a_table_changed_by_hand_is_noticed(empty_url: str) -> None:
    management.upgrade(empty_url)

    run(empty_url, "ALTER TABLE accounts ADD COLUMN shoe_size INTEGER")

    assert "shoe_size" in " ".join(management.drift(empty_url))


def test_a_migration_that_fails_half_way_leaves_nothing(empty_url: str) -> None:
    run(empty_url, "CREATE TABLE grants (somebody_elses INTEGER)")

    with pytest.raises(DBAPIError):
        management.upgrade(empty_url)

    assert tables(empty_url) == {"grants"}
    assert management.current(empty_url) is None


def test_two_processes_that_migrate_at_once_do_not_disturb_each_other(empty_url: str) -> None:
    program = f"from idp.storage import management; management.upgrade({empty_url!r})"

    processes = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]

    assert [process.wait(timeout=300) for process in processes] == [0, 0]
    assert management.drift(empty_url) == []


def test_a_migration_waits_for_another_one_longer_than_statements_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the first one takes its time, and SQLite would refuse the second."""
    monkeypatch.setattr(management, "PATIENCE", timedelta(0))
    url, other = (
        f"sqlite:///{tmp_path / 'new.db'}",
        sqlite3.connect(tmp_path / "new.db", isolation_level=None),
    )
    other.execute("BEGIN IMMEDIATE")

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(management.upgrade, url)
        # Long enough to be refused.
        wait([waiting], 0.5)
        other.rollback()
        other.close()
        waiting.result()

    assert management.current(url) == management.head()


def test_migrations_write_the_same_sql_as_the_tables_in_the_code(tmp_path: Path) -> None:
    """Also what Alembic does not compare: checks, partial indexes, the names of constraints."""
    migrated, created = tmp_path / "migrated.db", tmp_path / "created.db"
    management.upgrade(f"sqlite:///{migrated}")
    engine = create_engine(f"sqlite:///{created}")
    metadata.create_all(engine)
    engine.dispose()

    assert definitions(migrated) == definitions(created)


def test_a_relative_address_means_the_folder_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    management.upgrade("sqlite:///idp.db")

    assert (tmp_path / "idp.db").stat().st_size > 0
    assert management.current("sqlite:///idp.db") == management.head()


def definitions(path: Path) -> dict[str, str]:
    """What SQLite was told to create, by name."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {name: " ".join(sql.split()) for name, sql in rows if name != "alembic_version"}
