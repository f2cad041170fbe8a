"""What the kernel says: CPU of a process tree, memory, disk flushes. And the cost of one password hash."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher

MEGABYTE = 1024 * 1024
ARGON2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def process_tree(roots: Iterable[int]) -> list[int]:
    """The processes given and all their descendants, by parent: PostgreSQL's back ends leave the group."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                parent = int(Path(entry.path, "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    tree = list(roots)
    for pid in tree:
        tree += children.get(pid, [])
    return tree


def cpu_by_thread(roots: Iterable[int]) -> dict[str, int]:
    """Nanoseconds on a core of every thread in the trees, user and system together."""
    spent = {}
    for pid in process_tree(roots):
        try:
            for thread in os.scandir(f"/proc/{pid}/task"):
                spent[thread.name] = int(Path(thread.path, "schedstat").read_bytes().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return spent


def cpu_between(before: dict[str, int], after: dict[str, int]) -> int:
    """Nanoseconds spent between two readings; a thread born between them counts whole."""
    return sum(spent - before.get(thread, 0) for thread, spent in after.items())


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes of a server: proportional size of the whole tree, and of its fattest process alone."""

    tree_pss: float
    worker_pss: float
    worker_rss: float


def memory_of(root: int) -> Memory:
    sizes = []
    for pid in process_tree([root]):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        fields = {line.split(":")[0]: int(line.split()[1]) * 1024 / MEGABYTE for line in rollup}
        sizes.append((fields["Pss"], fields["Rss"]))
    worker = max(sizes)
    return Memory(sum(pss for pss, _ in sizes), *worker)


def fsync_p50(folder: Path, samples: int = 40) -> float:
    """Microseconds of the median durable 4 KiB write in `folder`: what the disk adds to a commit."""
    times, path = [], folder / "fsync-probe"
    with path.open("wb", buffering=0) as probe:
        for _ in range(samples):
            probe.write(b"\0" * 4096)
            started = time.perf_counter()
            os.fdatasync(probe.fileno())
            times.append((time.perf_counter() - started) * 1e6)
    path.unlink()
    return statistics.median(times)


def argon2_cpu(samples: int = 8) -> float:
    """Microseconds of CPU of one verification at argon2id m=19 MiB, t=2, p=1, in this process."""
    stored = ARGON2.hash("a password to verify")
    times = []
    for _ in range(samples):
        started = time.process_time()
        ARGON2.verify(stored, "a password to verify")
        times.append((time.process_time() - started) * 1e6)
    return statistics.median(times)


def import_cpu(modules: str, environment: dict[str, str], samples: int = 3) -> float:
    """Milliseconds of CPU that `import modules` adds to an empty interpreter with warm byte code."""

    def run(code: str) -> float:
        process = subprocess.Popen([sys.executable, "-c", code], env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"`{code}` failed")
        return (usage.ru_utime + usage.ru_stime) * 1e3

    run(f"import {modules}")
    full = statistics.median(run(f"import {modules}") for _ in range(samples))
    return full - statistics.median(run("pass") for _ in range(samples))
