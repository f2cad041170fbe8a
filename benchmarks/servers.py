"""gunicorn's threads against granian, under this provider and under the floor: CPU, rate, waiting times.

Not pinned and not interleaved with other contestants: here the waiting times matter. For the provider a third
row paces token requests while people sign in beside them with real password hashes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.client import Connection
from benchmarks.contestants import HOST, Contestant, floor, provider
from benchmarks.load import Driver, Work, spread
from benchmarks.measure import cpu_between, cpu_by_thread
from benchmarks.report import aligned

PORT = 18170
WARM, COUNT, ROUNDS = 300, 1500, 3
BESIDE_SECONDS, BROWSERS, SIGN_INS_PER_SECOND, TOKENS_PER_SECOND = 8, 2, 40, 100
HEAD = ["application", "server", "operation", "µs CPU", "req/s", "p50 ms", "p99 ms"]


def on_gunicorn(contestant: Contestant, application: str) -> Contestant:
    """The same contestant behind gunicorn: one worker, four threads."""
    command = [sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{contestant.port}", "--workers", "1"]
    command += ["--worker-class", "gthread", "--threads", "4", "--keep-alive", "75", application]
    return replace(contestant, command=command)


def timed(work: Work, waits: list[float]) -> Work:
    """The same work, noting the milliseconds that each call took."""

    def measured(connection: Connection, item: Any) -> Any:
        started = time.perf_counter()
        result = work(connection, item)
        waits.append((time.perf_counter() - started) * 1e3)
        return result

    return measured


def percentile(waits: list[float], share: float) -> float:
    return sorted(waits)[int(share * (len(waits) - 1))]


def flat_out(contestant: Contestant, work: Work) -> list[str]:
    """CPU per request, requests a second and waiting times over two busy connections."""
    spread(contestant.port, work, range(WARM))
    waits: list[float] = []
    before, started = cpu_by_thread([contestant.pid]), time.perf_counter()
    spread(contestant.port, timed(work, waits), range(ROUNDS * COUNT))
    seconds, spent = time.perf_counter() - started, cpu_between(before, cpu_by_thread([contestant.pid]))
    figures = (spent / 1e3 / len(waits), len(waits) / seconds)
    return [*(f"{f:.0f}" for f in figures), *(f"{percentile(waits, share):.2f}" for share in (0.5, 0.99))]


def paced(port: int, work: Work, per_second: int) -> int:
    """Do `work` at a fixed rate for BESIDE_SECONDS on its own connection; returns how often it was done."""
    done, started = 0, time.perf_counter()
    with closing(Connection(HOST, port)) as connection:
        while (now := time.perf_counter() - started) < BESIDE_SECONDS:
            if done / per_second <= now:
                work(connection, done)
                done += 1
            else:
                time.sleep(done / per_second - now)
    return done


def beside_sign_ins(contestant: Contestant, tokens: Work, sign_in: Work) -> list[str]:
    """Waiting times of paced token requests while browsers sign in beside them, with the real hash."""
    waits: list[float] = []
    port, rate = contestant.port, SIGN_INS_PER_SECOND // BROWSERS
    with ThreadPoolExecutor(BROWSERS) as pool:
        browsers = [pool.submit(paced, port, sign_in, rate) for _ in range(BROWSERS)]
        paced(port, timed(tokens, waits), TOKENS_PER_SECOND)
        reached = sum(browser.result() for browser in browsers) / BESIDE_SECONDS
    return ["", f"{reached:.0f} sign-ins", *(f"{percentile(waits, share):.2f}" for share in (0.5, 0.99))]


def measure(contestant: Contestant, server: str) -> list[list[str]]:
    """The rows of one application on one server."""
    contestant.start()
    try:
        driver = Driver(contestant)
        driver.prepare()
        works = {name: work for name, (work, _, _) in driver.operations().items()}
        rows = []
        for name in ("discovery", "client_credentials"):
            rows.append([contestant.name, server, name, *flat_out(contestant, works[name])])
        if contestant.name == "provider":
            beside = beside_sign_ins(contestant, works["client_credentials"], works["full_flow"])
            rows.append([contestant.name, server, "the same beside", *beside])
        return rows
    finally:
        contestant.stop()


def main() -> None:
    """Print the table."""
    synchronous = os.environ.get("BENCH_SYNC", "full")
    rows = [HEAD]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        ours = provider("SQLite", f"sqlite:///{folder / 'idp.db'}", PORT, folder, synchronous, hashing=True)
        ruler = floor("SQLite", str(folder / "floor.db"), PORT + 1, folder, synchronous)
        for contestant, application in ((ours, "wsgi:app"), (ruler, "benchmarks.floor:app")):
            rows += measure(contestant, "granian")
            rows += measure(on_gunicorn(contestant, application), "gunicorn")
    print(aligned(rows))
