"""The private PostgreSQL cluster does what its docstrings promise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import PostgresCluster, PostgresMissing, find_programs, private_cluster

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    with private_cluster() as running:
        yield running


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def test_each_database_is_new_and_empty(cluster):
    first, second = cluster.create_database(), cluster.create_database()
    with connect(first) as connection:
        connection.execute("CREATE TABLE people (name text)")

    with connect(second) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()

    assert tables == (0,)


def test_a_copy_has_what_its_template_had(cluster):
    template = cluster.create_database()
    with connect(template) as connection:
        connection.execute("CREATE TABLE people AS SELECT '欧阳·𰻝' AS name")

    copy = cluster.create_database(template)

    with connect(copy) as connection:
        assert connection.execute("SELECT name FROM people").fetchone() == ("欧阳·𰻝",)


def test_a_database_is_dropped_while_somebody_is_connected(cluster):
    url = cluster.create_database()
    connection = connect(url)

    cluster.drop_database(url)

    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


def test_it_answers_on_this_machine_only_and_asks_for_the_password(cluster):
    with cluster.connect() as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(cluster.url("postgres").replace(cluster.password, "guess"))


@pytest.mark.parametrize(("durable", "fsync"), [(False, "off"), (True, "on")])
def test_durability_is_a_choice_and_nothing_stays_behind(durable, fsync):
    with private_cluster(durable=durable) as cluster, cluster.connect() as connection:
        assert connection.execute("SHOW fsync").fetchone() == (fsync,)

    assert not cluster.socket_folder.exists()
    with pytest.raises(psycopg.OperationalError):
        cluster.connect()


def test_a_machine_without_the_server_is_told_so(monkeypatch):
    monkeypatch.setattr(Path, "is_file", lambda path: False)

    with pytest.raises(PostgresMissing, match="not installed"):
        find_programs()
