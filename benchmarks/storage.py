"""What each way to the database costs: the driver, a compiled Core statement, Core, and the ORM.

One row by primary key (a client of 14 columns), one insert with its commit, one consume-once: CPU of this
process plus PostgreSQL's, in µs. Every variant holds one connection that commits each statement by itself.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session, registry

from benchmarks.measure import cpu_between, cpu_by_thread
from benchmarks.postgres import NoPostgres, running_cluster
from benchmarks.report import aligned

ROUNDS, COUNT = 5, 400
PORT = 18160
OPERATIONS = ("read by key", "insert + commit", "consume once")

metadata = sa.MetaData()
clients = sa.Table(
    "clients",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    *(sa.Column(f"setting_{n}", sa.Text, nullable=False) for n in range(13)),
)
codes = sa.Table(
    "codes",
    metadata,
    sa.Column("code_hash", sa.LargeBinary, primary_key=True),
    sa.Column("grant_json", sa.Text, nullable=False),
    sa.Column("consumed_at", sa.BigInteger),
)
READ = sa.select(clients).where(clients.c.id == sa.bindparam("key"))
INSERT = codes.insert().values(
    code_hash=sa.bindparam("key"), grant_json=sa.bindparam("grant"), consumed_at=None
)
CONSUME = (
    codes.update()
    .where(codes.c.code_hash == sa.bindparam("key"), codes.c.consumed_at.is_(None))
    .values(consumed_at=sa.bindparam("now"))
    .returning(codes.c.grant_json)
)


class ClientRow:
    """The client as the ORM maps it."""


class CodeRow:
    """The code as the ORM maps it."""

    def __init__(self, code_hash: bytes, grant_json: str) -> None:
        self.code_hash, self.grant_json = code_hash, grant_json


mapper = registry(metadata=metadata)
mapper.map_imperatively(ClientRow, clients)
mapper.map_imperatively(CodeRow, codes)

Way = dict[str, Callable[[bytes], Any]]
GRANT = '{"sub": "bench", "scope": "openid profile"}'


def driver_way(connection: Any, mark: str) -> Way:
    """Hand-written SQL on the driver's own connection."""

    def run(statement: str, *values: object) -> Any:
        cursor = connection.execute(statement.replace("?", mark), values)
        return cursor.fetchall() if cursor.description else None

    return {
        "read by key": lambda key: run("SELECT * FROM clients WHERE id=?", "client"),
        "insert + commit": lambda key: run("INSERT INTO codes VALUES (?, ?, NULL)", key, GRANT),
        "consume once": lambda key: run(
            "UPDATE codes SET consumed_at=? WHERE code_hash=? AND consumed_at IS NULL RETURNING grant_json",
            1,
            key,
        ),
    }


def compiled_way(connection: Any, dialect: sa.Dialect) -> Way:
    """Core statements compiled once to text, run on the driver's own connection."""

    def prepared(statement: Any) -> Callable[..., Any]:
        compiled = statement.compile(dialect=dialect)
        text, defaults, order = compiled.string, compiled.params, compiled.positiontup

        def run(**values: object) -> Any:
            given = defaults | values
            cursor = connection.execute(text, [given[name] for name in order] if order else given)
            return cursor.fetchall() if cursor.description else None

        return run

    read, insert, consume = prepared(READ), prepared(INSERT), prepared(CONSUME)
    return {
        "read by key": lambda key: read(key="client"),
        "insert + commit": lambda key: insert(key=key, grant=GRANT),
        "consume once": lambda key: consume(key=key, now=1),
    }


def core_way(engine: sa.Engine) -> Way:
    """Prebuilt Core statements through the engine, a connection checked out each time."""

    def run(statement: Any, **values: object) -> Any:
        with engine.connect() as connection:
            result = connection.execute(statement, values)
            return result.all() if result.returns_rows else None

    return {
        "read by key": lambda key: run(READ, key="client"),
        "insert + commit": lambda key: run(INSERT, key=key, grant=GRANT),
        "consume once": lambda key: run(CONSUME, key=key, now=1),
    }


def orm_way(engine: sa.Engine) -> Way:
    """A short ORM session for each operation; consuming is the same UPDATE … RETURNING."""

    def read(key: bytes) -> Any:
        with Session(engine) as session:
            return session.get(ClientRow, "client")

    def insert(key: bytes) -> None:
        with Session(engine) as session:
            session.add(CodeRow(key, GRANT))
            session.commit()

    consume_row = (
        sa.update(CodeRow)
        .where(codes.c.code_hash == sa.bindparam("key"), codes.c.consumed_at.is_(None))
        .values(consumed_at=1)
        .returning(CodeRow)
    )

    def consume(key: bytes) -> Any:
        with Session(engine) as session:
            row = session.scalars(consume_row, {"key": key}).one()
            session.commit()
            return row

    return {"read by key": read, "insert + commit": insert, "consume once": consume}


def measure(ways: dict[str, Way], roots: list[int]) -> dict[str, dict[str, float]]:
    """Interleaved rounds over all ways; returns the median µs of each way and operation, round 0 dropped."""
    seen: dict[str, dict[str, list[float]]] = {name: {op: [] for op in OPERATIONS} for name in ways}
    for _ in range(ROUNDS + 1):
        keys = {name: [os.urandom(32) for _ in range(COUNT)] for name in ways}
        for operation in OPERATIONS:
            for name, way in ways.items():
                before = cpu_by_thread(roots)
                for key in keys[name]:
                    way[operation](key)
                seen[name][operation].append(cpu_between(before, cpu_by_thread(roots)) / 1e3 / COUNT)
    return {name: {op: statistics.median(f[1:]) for op, f in ops.items()} for name, ops in seen.items()}


def prepare(engine: sa.Engine) -> None:
    metadata.create_all(engine)
    with engine.begin() as connection:
        row = {"id": "client"} | {f"setting_{n}": "x" * 20 for n in range(13)}
        connection.execute(clients.insert(), row)


def on_sqlite(path: Path, synchronous: str) -> dict[str, dict[str, float]]:
    engine = sa.create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")

    prepare(engine)
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute(f"PRAGMA synchronous={synchronous}")
    ways = {"driver": driver_way(raw, "?"), "Core, compiled": compiled_way(raw, engine.dialect)}
    return measure(ways | {"Core, prebuilt": core_way(engine), "ORM": orm_way(engine)}, [os.getpid()])


def on_postgres(folder: Path, synchronous: str) -> dict[str, dict[str, float]]:
    with running_cluster(folder, PORT, synchronous) as cluster:
        url = cluster.create("storage")
        engine = sa.create_engine(
            url.replace("postgresql:", "postgresql+psycopg:"),
            isolation_level="AUTOCOMMIT",
            connect_args={"prepare_threshold": 0},
        )
        prepare(engine)
        with psycopg.connect(url, autocommit=True, prepare_threshold=0) as raw:
            ways = {"driver": driver_way(raw, "%s"), "Core, compiled": compiled_way(raw, engine.dialect)}
            ways |= {"Core, prebuilt": core_way(engine), "ORM": orm_way(engine)}
            seen = measure(ways, [os.getpid(), cluster.postmaster])
        engine.dispose()
        return seen


def main() -> None:
    """Print the table for both databases."""
    synchronous = os.environ.get("BENCH_SYNC", "full")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(
        f"µs CPU per operation, application + database server, median of {ROUNDS} rounds, sync={synchronous}"
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        results = {"SQLite": on_sqlite(Path(name) / "storage.db", synchronous)}
        try:
            results["PostgreSQL"] = on_postgres(Path(name), synchronous)
        except NoPostgres as missing:
            print(f"left out: PostgreSQL: {missing}")
    for database, ways in results.items():
        rows = [[database, *OPERATIONS]]
        rows += [[way, *(f"{ops[op]:.0f}" for op in OPERATIONS)] for way, ops in ways.items()]
        print("\n" + aligned(rows))
