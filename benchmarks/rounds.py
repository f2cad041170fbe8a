"""Interleaved rounds: every operation is driven on every contestant in turn, round after round."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.contestants import Contestant
from benchmarks.load import Driver, Unexpected, spread
from benchmarks.measure import Memory, argon2_cpu, cpu_between, cpu_by_thread, fsync_p50, memory_of

# A just-in-time compiler needs thousands of requests before its figures settle; the others need a few.
WARM_ROUNDS = {"node": 6}


@dataclass(slots=True)
class Measured:
    """What a run saw. `cpu[label][operation]` holds microseconds per operation, one figure a round.

    `argon2`, `fsync` (µs) and `load` have one figure a round as well. Round 0 is not in it.
    """

    cpu: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    argon2: list[float] = field(default_factory=list)
    fsync: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)
    memory_idle: dict[str, Memory] = field(default_factory=dict)
    memory_loaded: dict[str, Memory] = field(default_factory=dict)


def run_rounds(
    contestants: list[Contestant], postmaster: int | None, rounds: int, count: int, folder: Path
) -> Measured:
    """Drive all running contestants `rounds` times after a dropped round 0, `count` operations of a kind.

    `postmaster` is PostgreSQL's first process: its tree's CPU is added for contestants on PostgreSQL.
    """
    measured = Measured()
    drivers = [Driver(contestant) for contestant in contestants]
    for driver in drivers:
        driver.prepare()
        measured.memory_idle[driver.contestant.label] = memory_of(driver.contestant.pid)
        for _ in range(WARM_ROUNDS.get(driver.contestant.name, 1)):
            for operation in driver.operations():
                drive(driver, operation, count, None)
    for number in range(rounds + 1):
        kept = measured if number else Measured()
        kept.argon2.append(argon2_cpu())
        kept.fsync.append(fsync_p50(folder))
        kept.load.append(os.getloadavg()[0])
        for operation in {name: None for driver in drivers for name in driver.operations()}:
            for driver in drivers:
                if operation not in driver.operations():
                    continue
                figure = drive(driver, operation, count, postmaster)
                figures = kept.cpu.setdefault(driver.contestant.label, {})
                figures.setdefault(operation, []).append(figure)
    for contestant in contestants:
        measured.memory_loaded[contestant.label] = memory_of(contestant.pid)
    return measured


def drive(driver: Driver, operation: str, count: int, postmaster: int | None) -> float:
    """Do one operation `count` times; returns the µs of CPU each cost the server and its database."""
    work, choose, keep = driver.operations()[operation]
    items = choose(count)
    roots = [driver.contestant.pid]
    if driver.contestant.database == "PostgreSQL" and postmaster is not None:
        roots.append(postmaster)
    before = cpu_by_thread(roots)
    try:
        results = spread(driver.contestant.port, work, items)
    except Unexpected as error:
        raise Unexpected(f"{driver.contestant.label}, {operation}: {error}") from error
    spent = cpu_between(before, cpu_by_thread(roots))
    keep(results)
    return spent / 1e3 / len(items)
