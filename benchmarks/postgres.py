"""A private PostgreSQL cluster for one measurement: a temporary folder, a unix socket, no network."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg


class NoPostgres(Exception):
    """PostgreSQL cannot be started here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster: where its socket is, and the process whose tree does its work."""

    socket_folder: Path
    port: int
    postmaster: int

    def create(self, name: str) -> str:
        """Create a database and return its libpq URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.socket_folder}&port={self.port}"


def find_binaries() -> Path:
    """The folder of initdb and postgres: on the PATH, or where Debian keeps the newest version."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found is None and not debian:
        raise NoPostgres(
            "PostgreSQL's server programs are not installed (Debian: apt-get install postgresql)"
        )
    return Path(found).parent if found else debian[-1].parent


def as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root, so root becomes the user `postgres` for it."""
    if os.geteuid() != 0:
        return command
    if shutil.which("runuser") is None:
        raise NoPostgres("running as root without `runuser`: PostgreSQL refuses root")
    return ["runuser", "-u", "postgres", "--", *command]


@contextmanager
def running_cluster(folder: Path, port: int, synchronous: str) -> Iterator[Cluster]:
    """Initialise and run a cluster under `folder` until the block ends.

    `synchronous` is BENCH_SYNC: `full` waits for the disk on every commit, `normal` does not.
    """
    binaries, data = find_binaries(), folder / "pg"
    data.mkdir()
    if os.geteuid() == 0:
        shutil.chown(data, "postgres")
        folder.chmod(0o711)
    initdb = [
        str(binaries / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-locale",
    ]
    subprocess.run(as_postgres(initdb), check=True, stdout=subprocess.DEVNULL, cwd="/")
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(data),
        "port": str(port),
        "synchronous_commit": "on" if synchronous == "full" else "off",
    }
    command = [str(binaries / "postgres"), "-D", str(data)]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(as_postgres(command), stdout=log, stderr=log, cwd="/")
    try:
        yield Cluster(data, port, wait_until_ready(data, port, process))
    finally:
        pid_file = data / "postmaster.pid"
        if pid_file.exists():
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
        process.wait(timeout=30)


def wait_until_ready(data: Path, port: int, process: subprocess.Popen[bytes]) -> int:
    """Wait for the first connection to succeed; returns the postmaster's process id."""
    for _ in range(300):
        try:
            psycopg.connect(host=str(data), port=port, user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return int((data / "postmaster.pid").read_text().split()[0])
    raise NoPostgres(f"PostgreSQL did not start:\n{(data.parent / 'postgres.log').read_text()[-2000:]}")
