"""A private PostgreSQL for tests: made in a temporary folder, reachable from this machine only, then gone.

`private_cluster()` is the whole of it; the fixture `postgres_cluster` keeps one for the session. It never
touches a server that the machine already runs.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from tests.support.ports import free_port

SUPERUSER = "tongxing"
PROGRAMS = ("initdb", "postgres")
START_SECONDS = 120
STOP_SECONDS = 60
"""On a busy machine; a server that is killed leaves its folder in disorder."""
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Test data need not survive a power cut; without this each commit waits for the disk."""


class PostgresMissing(RuntimeError):
    """No PostgreSQL server programs on this machine; the text says how to get them."""


class PostgresBroken(RuntimeError):
    """The private cluster could not be made or started; the text carries its log."""


def find_programs() -> Path:
    """Find the folder with `initdb` and `postgres`, the newest version first.

    Raises: PostgresMissing.
    """
    for folder in _program_folders():
        if all((folder / program).is_file() for program in PROGRAMS):
            return folder
    raise PostgresMissing("The PostgreSQL server programs (initdb, postgres) are not installed.")


def _program_folders() -> Iterator[Path]:
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda folder: _version(folder.parent.name), reverse=True)
    if shutil.which("pg_config"):
        asked = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        yield Path(asked.stdout.strip())
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent


def _version(name: str) -> int:
    return int(name) if name.isdigit() else 0


@dataclass(frozen=True)
class PostgresCluster:
    """A running server with a random password. `create_database` is what tests want of it."""

    port: int
    password: str
    socket_folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), repr=False)

    def create_database(self, template: str | None = None) -> str:
        """Create an empty database, or a copy of the one at `template`, and return its SQLAlchemy URL."""
        name = f"test_{next(self._numbers)}"
        source = _database(template) if template else "template0"
        self._as_superuser("CREATE DATABASE {} TEMPLATE {}", name, source)
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop the database at this URL, even while something is still connected to it."""
        self._as_superuser("DROP DATABASE {} WITH (FORCE)", _database(url))

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database by name."""
        return f"postgresql+psycopg://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def _as_superuser(self, statement: str, *names: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def connect(self) -> psycopg.Connection:
        """Connect as superuser to the maintenance database, each statement committing by itself."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )


@contextmanager
def private_cluster(*, durable: bool = False) -> Iterator[PostgresCluster]:
    """Make a cluster, run it, and remove it. `durable` keeps fsync on, to measure what a commit really costs.

    Raises: PostgresMissing, PostgresBroken.
    """
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="tongxing-pg-"))
    try:
        if server_user := _server_user():
            os.chown(folder, server_user.pw_uid, server_user.pw_gid)
        cluster = PostgresCluster(port=free_port(), password=secrets.token_hex(16), socket_folder=folder)
        _initialise(programs, folder, cluster.password)
        server = _start(programs, folder, cluster.port, {} if durable else HASTY)
        try:
            _wait_until_ready(cluster, server, folder)
            yield cluster
        finally:
            _stop(server)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """One private cluster for the whole test session; tests take databases from it."""
    with private_cluster() as cluster:
        yield cluster


def _initialise(programs: Path, folder: Path, password: str) -> None:
    password_file = folder / "password"
    password_file.write_text(password)  # the folder is closed to everyone but the server's user
    command: list[str | Path] = [programs / "initdb", "--pgdata", folder / "data", "--pwfile", password_file]
    command += ["--username", SUPERUSER, "--auth", "scram-sha-256"]
    command += ["--encoding", "UTF8", "--locale", "C", "--no-sync"]
    made = subprocess.run(command, capture_output=True, text=True, cwd=folder, **_as_server_user())
    if made.returncode:
        raise PostgresBroken(f"initdb failed:\n{made.stdout}{made.stderr}")


def _start(programs: Path, folder: Path, port: int, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
        "max_connections": "200",
        **settings,
    }
    command: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        # Its own session: Ctrl-C goes to pytest, which stops the server when the last test has let go of it.
        streams: dict[str, Any] = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=folder, start_new_session=True, **streams, **_as_server_user())


def _wait_until_ready(cluster: PostgresCluster, server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            cluster.connect().close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise PostgresBroken(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    for way in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, at any price
        server.send_signal(way)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


def _server_user() -> pwd.struct_passwd | None:
    """Who runs the server when we are root, which PostgreSQL refuses to be; None means ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _as_server_user() -> dict[str, Any]:
    server_user = _server_user()
    if server_user is None:
        return {}
    return {"user": server_user.pw_uid, "group": server_user.pw_gid, "extra_groups": []}


def _database(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
