"""How statements run: all or nothing, one connection a thread, failures in words."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from idp.settings import DatabaseSync
from idp.storage.accounts import ADD_IDENTIFIER
from idp.storage.db import Database, Transaction
from idp.storage.failures import (
    RuleBroken,
    SchemaOutdated,
    StorageBusy,
    StorageError,
    StorageUnavailable,
)
from idp.storage.generations import ADVANCE, FIND
from idp.storage.statement import Statement
from tests.contract.region import NOW, Region, at_once
from tests.support.postgres import PostgresCluster

IMPATIENT = timedelta(milliseconds=100)


def advance_then(database: Database, then: Callable[[Transaction], object]) -> None:
    """In one transaction, change something and then do this too."""
    with database.transaction() as tx:
        assert tx.run(ADVANCE, name="clients") == 1
        then(tx)


def generation(database: Database, name: str = "clients") -> int:
    row = database.one(FIND, name=name)
    assert row is not None
    return int(row.value)


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    before = generation(database)

    with pytest.raises(ZeroDivisionError):
        advance_then(database, lambda _: 1 / 0)

    assert generation(database) == before


def test_a_transaction_that_ends_well_is_seen_by_others(database: Database, database_url: str) -> None:
    other = Database(database_url, DatabaseSync.NORMAL)
    before = generation(other)

    with database.transaction() as tx:
        tx.run(ADVANCE, name="clients")
        assert generation(other) == before

    assert generation(other) == before + 1
    other.close()


def test_a_refused_statement_undoes_the_transaction_around_it(region: Region) -> None:
    database = region.database
    before = generation(database)

    with pytest.raises(RuleBroken):
        advance_then(database, lambda tx: tx.run(ADD_IDENTIFIER, identifier="ada", account_id="acct_nobody"))

    assert generation(database) == before


def test_a_transaction_within_another_is_part_of_it(database: Database, database_url: str) -> None:
    other = Database(database_url, DatabaseSync.NORMAL)
    before = generation(other)

    with database.transaction():
        advance_then(database, lambda _: None)
        database.run(ADVANCE, name="clients")
        assert generation(other) == before

    assert generation(other) == before + 2
    other.close()


def test_what_undoes_the_whole_undoes_its_parts(database: Database) -> None:
    before = generation(database)

    def fail_after_a_part(_: Transaction) -> None:
        advance_then(database, lambda _: None)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        advance_then(database, fail_after_a_part)

    assert generation(database) == before


def test_a_part_that_failed_undoes_the_whole_even_when_somebody_caught_it(database: Database) -> None:
    before = generation(database)

    def carry_on(_: Transaction) -> None:
        with pytest.raises(ZeroDivisionError):
            advance_then(database, lambda _: 1 / 0)

    with pytest.raises(StorageError, match="undone"):
        advance_then(database, carry_on)

    assert generation(database) == before
    advance_then(database, lambda _: None)
    assert generation(database) == before + 1


@pytest.mark.parametrize("way", ["on the transaction", "on the database", "in a part"])
def test_a_statement_that_failed_undoes_the_whole_even_when_somebody_caught_it(
    database: Database, way: str
) -> None:
    """PostgreSQL would refuse all that follows, SQLite would keep the rest: we undo it on both, and say so."""
    before = generation(database)

    def fail(tx: Transaction) -> None:
        add = partial(
            {"on the transaction": tx.run, "on the database": database.run}.get(way, tx.run),
            ADD_IDENTIFIER,
            identifier="ada",
            account_id="acct_nobody",
        )
        with pytest.raises(RuleBroken):
            advance_then(database, lambda _: add()) if way == "in a part" else add()

    with pytest.raises(StorageError, match="undone"):
        advance_then(database, fail)

    assert generation(database) == before


def test_increments_of_many_threads_are_all_kept(database: Database) -> None:
    before = generation(database)

    at_once(20, lambda _: database.run(ADVANCE, name="clients"))

    assert generation(database) == before + 20


def test_a_missing_value_is_a_mistake_of_ours(database: Database) -> None:
    with pytest.raises(KeyError):
        database.one(FIND)


def test_a_refusal_names_the_rule_and_quotes_nothing(region: Region) -> None:
    with pytest.raises(RuleBroken) as refused:
        region.database.run(ADD_IDENTIFIER, identifier="secret of ada", account_id="acct_nobody")

    assert "secret of ada" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_closed_database_says_so(database: Database) -> None:
    generation(database)
    database.close()

    with pytest.raises(StorageUnavailable, match="closed"):
        generation(database)
    with pytest.raises(StorageUnavailable, match="closed"), database.transaction():
        pass


def test_closing_closes_the_connections_of_other_threads(database: Database) -> None:
    opened, closed = threading.Event(), threading.Event()
    failures: list[type[StorageError]] = []

    def work() -> None:
        generation(database)
        opened.set()
        closed.wait()
        try:
            generation(database)
        except StorageUnavailable as failure:
            failures.append(type(failure))

    thread = threading.Thread(target=work)
    thread.start()
    opened.wait()
    database.close()
    closed.set()
    thread.join()

    assert failures == [StorageUnavailable]


def test_the_connection_of_a_thread_goes_with_it(database: Database) -> None:
    at_once(5, lambda _: generation(database))

    gc.collect()

    assert database.open_connections() == 0


def test_a_lock_that_somebody_keeps_is_reported_and_nothing_is_changed(
    database: Database, database_url: str
) -> None:
    before = generation(database)
    impatient = Database(database_url, DatabaseSync.NORMAL, patience=IMPATIENT)

    with database.transaction() as tx:
        tx.run(ADVANCE, name="clients")
        with pytest.raises(StorageBusy):
            impatient.run(ADVANCE, name="clients")
        with pytest.raises(StorageBusy), impatient.transaction() as other:
            other.run(ADVANCE, name="clients")
        assert generation(impatient) == before

    assert impatient.run(ADVANCE, name="clients") == 1
    assert generation(database) == before + 2
    impatient.close()


def test_writers_of_one_process_wait_for_each_other_but_not_for_ever(database_url: str) -> None:
    database = Database(database_url, DatabaseSync.NORMAL, patience=IMPATIENT)
    before = generation(database)

    with database.transaction() as tx:
        tx.run(ADVANCE, name="clients")
        with pytest.raises(StorageBusy):
            at_once(1, lambda _: database.run(ADVANCE, name="clients"))
        with pytest.raises(StorageBusy):
            at_once(1, lambda _: advance_then(database, lambda _: None))
        assert at_once(1, lambda _: generation(database)) == [before]

    at_once(1, lambda _: advance_then(database, lambda _: None))
    assert generation(database) == before + 2
    database.close()


def test_a_database_without_tables_says_what_to_do(empty_url: str) -> None:
    database = Database(empty_url, DatabaseSync.NORMAL)

    with pytest.raises(SchemaOutdated, match="idp db upgrade"):
        generation(database)

    database.close()


@pytest.mark.parametrize(("sync", "sqlite", "postgresql"), [("full", 2, "on"), ("normal", 1, "off")])
def test_a_commit_waits_for_what_the_setting_says(
    backend: str, database_url: str, sync: str, sqlite: int, postgresql: str
) -> None:
    question = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}[backend]
    database = Database(database_url, DatabaseSync(sync))

    row = database.one(Statement(text(question)))

    assert row is not None
    assert list(row) == [{"sqlite": sqlite, "postgresql": postgresql}[backend]]  # type: ignore[call-overload]
    database.close()


def test_the_first_connections_to_a_new_file_wait_for_each_other(copied_file: str) -> None:
    """Each finds it without a write-ahead log, and only one can give it one."""
    database, path = Database(copied_file, DatabaseSync.NORMAL), copied_file.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(generation, database)
        # Long enough to be refused.
        wait([opening], 0.5)
        other.rollback()
        other.close()
        assert opening.result() == 1
    database.close()


def test_the_first_connection_to_a_new_file_waits_not_for_ever(copied_file: str) -> None:
    impatient = Database(copied_file, DatabaseSync.NORMAL, patience=IMPATIENT)
    other = sqlite3.connect(copied_file.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageUnavailable, match="locked"):
        generation(impatient)

    other.close()
    assert generation(impatient) == 1
    impatient.close()


def test_a_sqlite_file_is_its_owners_alone(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "new.db"
    umask = os.umask(0)
    try:
        database = Database(f"sqlite:///{path}", DatabaseSync.NORMAL)
        with pytest.raises(SchemaOutdated):
            generation(database)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        database.close()
    finally:
        os.umask(umask)

    assert modes
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(migrated_file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:////nowhere/at/all.db", "folder /nowhere/at of the database does not exist"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("mysql://localhost/idp", "no support for mysql"),
        ("postgresql+psycopg://idp:hidden@127.0.0.1:1/idp", "127.0.0.1:1/idp cannot be reached"),
    ],
)
def test_a_database_that_cannot_be_opened_says_why(url: str, words: str) -> None:
    with pytest.raises(StorageUnavailable, match=words) as failure:
        generation(Database(url, DatabaseSync.FULL))

    assert "hidden" not in str(failure.value)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "not.db"
    path.write_text("this is a letter, not a database" * 100)

    with pytest.raises(StorageUnavailable, match=r"not\.db"):
        generation(Database(f"sqlite:///{path}", DatabaseSync.FULL))


def test_what_a_lost_file_left_unfinished_is_gone(tmp_path: Path, migrated_file: Path) -> None:
    """A process that dies in a transaction leaves the file as it was before it."""
    path = shutil.copy(migrated_file, tmp_path / "idp.db")
    program = (
        "import os; from idp.settings import DatabaseSync; from idp.storage.db import Database;"
        "from idp.storage.generations import ADVANCE;"
        f"database = Database('sqlite:///{path}', DatabaseSync.FULL);"
        "tx = database.transaction().__enter__(); tx.run(ADVANCE, name='clients'); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    database = Database(f"sqlite:///{path}", DatabaseSync.FULL)

    assert generation(database) == 1

    database.close()


def test_a_worker_on_sqlite_loads_neither_the_orm_nor_psycopg() -> None:
    program = (
        "import sys; import idp.storage.stores;"
        "print({'sqlalchemy.orm', 'flask_sqlalchemy', 'alembic', 'psycopg', 'flask'} & set(sys.modules))"
    )

    answer = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert answer == "set()\n"


def hang_up(cluster: PostgresCluster, url: str) -> None:
    """Cut every connection to this database, as a restart of the server does."""
    with cluster.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [url.rpartition("/")[2]],
        )


@pytest.fixture
def lost(emptied_database: str) -> Iterator[tuple[Database, str]]:
    """A PostgreSQL database in use, and its address."""
    database = Database(emptied_database, DatabaseSync.NORMAL)
    generation(database)
    yield database, emptied_database
    database.close()


@pytest.mark.postgres
def test_a_read_is_asked_again_after_the_connection_was_lost(
    lost: tuple[Database, str], postgres_cluster: PostgresCluster
) -> None:
    database, url = lost

    hang_up(postgres_cluster, url)

    assert generation(database) == 1


@pytest.mark.postgres
def test_a_transaction_can_begin_after_the_connection_was_lost(
    lost: tuple[Database, str], postgres_cluster: PostgresCluster
) -> None:
    database, url = lost

    hang_up(postgres_cluster, url)
    advance_then(database, lambda _: None)

    assert generation(database) == 2


@pytest.mark.postgres
def test_a_write_is_never_repeated_by_itself(
    lost: tuple[Database, str], postgres_cluster: PostgresCluster
) -> None:
    database, url = lost

    hang_up(postgres_cluster, url)
    with pytest.raises(StorageUnavailable):
        database.run(ADVANCE, name="clients")

    assert generation(database) == 1
    assert database.run(ADVANCE, name="clients") == 1


@pytest.mark.postgres
def test_a_connection_lost_within_a_transaction_undoes_it(
    lost: tuple[Database, str], postgres_cluster: PostgresCluster
) -> None:
    database, url = lost

    def lose(tx: Transaction) -> None:
        hang_up(postgres_cluster, url)
        with pytest.raises(StorageUnavailable):
            tx.run(ADVANCE, name="keys")
        tx.run(ADVANCE, name="keys")

    with pytest.raises(StorageUnavailable):
        advance_then(database, lose)

    assert (generation(database), generation(database, "keys")) == (1, 1)
    advance_then(database, lambda _: None)
    assert generation(database) == 2


@pytest.mark.postgres
def test_a_connection_lost_before_the_commit_undoes_it(
    lost: tuple[Database, str], postgres_cluster: PostgresCluster
) -> None:
    database, url = lost

    with pytest.raises(StorageUnavailable):
        advance_then(database, lambda _: hang_up(postgres_cluster, url))

    assert generation(database) == 1


@pytest.mark.postgres
def test_text_is_compared_byte_by_byte_whatever_the_server_prefers(migrated_database: str) -> None:
    with psycopg.connect(migrated_database.replace("+psycopg", "")) as connection:
        collations = connection.execute(
            "SELECT DISTINCT collation_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = 'accounts' AND column_name IN ('id', 'username')"
        ).fetchall()

    assert collations == [("C",)]


def test_the_time_of_a_region_is_kept_to_the_millisecond(region: Region) -> None:
    account = region.add_account()
    moment = NOW + timedelta(milliseconds=123)

    region.add_session(account, created_at=moment)

    (found,) = region.stores.sessions.list_of(account.id, now=NOW)
    assert found.created_at == moment
