"""What the transparency log costs: appending, proving, and verifying millions of entries offline.

The entries are as long as those of the trust log that tell of a change. They are written to a folder as `idp log
export` writes it, and verified as `idp log verify` does: every byte read, every entry parsed, hashed and held against
its place and against the one before it about the same region.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks.report import aligned
from idp.cli import log_verification
from idp.cli.log_folder import LogFolder
from idp.settings import DatabaseSync
from idp.storage import management
from idp.storage.db import Database
from idp.storage.log_entries import LogEntries, append
from idp.transparency import tiles, verification
from idp.transparency.checkpoint import Checkpoint
from idp.transparency.leaves import Leaf, LogName
from idp.transparency.merkle import Frontier, complete_root, leaf_hash
from idp.transparency.proofs import consistency_proof, inclusion_proof
from idp.transparency.tiles import WIDTH, Tile, TileNodes, bundle_of

ENTRIES, QUICK_ENTRIES = 10_000_000, 200_000
IN_DATABASE, QUICK_IN_DATABASE = 300_000, 20_000
REGIONS = 34
ORIGIN = "hub.example/log/trust"
PROOFS = 200

T = TypeVar("T")


def main(*, quick: bool = False) -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="bench-log-"))
    try:
        rows = [*_offline(folder / "log", QUICK_ENTRIES if quick else ENTRIES)]
        rows += _database(folder, QUICK_IN_DATABASE if quick else IN_DATABASE)
    finally:
        shutil.rmtree(folder)
    print(aligned([("what", "how long", "remark"), *rows]))


def entry_of(number: int) -> bytes:
    """An entry that tells of a change of a region, canonical as it stands."""
    region, before = number % REGIONS, _hash(number - REGIONS) if number >= REGIONS else None
    written = "null" if before is None else f'"{before}"'
    return (
        f'{{"action":"visit","after_hash":"{_hash(number)}","authority":{{"approved_at":1790000000,'
        f'"approver":"st_0123456789abcdef","change":"ch_{number:016}","content_hash":"{_hash(-number)}",'
        f'"proposer":"st_fedcba9876543210","requested_at":1790000000}},"before_hash":{written},'
        f'"effective_at":1790000000,"log_seq":{number},"reason_code":"","revoked":[],'
        f'"statement_hashes":{{"op":"{_hash(number + 1)}"}},"subject":"https://id.region-{region}.example","v":1}}'
    ).encode()


def _hash(number: int) -> str:
    return hashlib.blake2b(b"%d" % number, digest_size=21).hexdigest() + "A"


def _offline(folder: Path, size: int) -> Iterator[tuple[str, str, str]]:
    took, checkpoint = _timed(lambda: _write(LogFolder(folder), size))
    length = len(entry_of(size - 1))
    yield f"writing {size:,} entries of {length} bytes", f"{took:.0f} s", "to set the scene"
    read = LogFolder(folder)
    used = _cpu_of_children()
    took, found = _timed(lambda: _verified(read, checkpoint))
    used = _cpu_of_children() - used
    assert found.subjects == REGIONS
    remark = f"{os.cpu_count()} processes, {size / took:,.0f} entries a second, {used:.0f} s of CPU time"
    yield f"verifying {size:,} entries", f"{took:.1f} s", remark


def _verified(read: LogFolder, checkpoint: Checkpoint) -> verification.VerifiedLog:
    with log_verification.examined(read, checkpoint.size) as parts:
        return verification.verify(read, checkpoint, parts)


def _cpu_of_children() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def _write(folder: LogFolder, size: int) -> Checkpoint:
    frontier = Frontier()
    levels: list[list[bytes]] = [[]]
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        write = partial(_write_bundle, folder, size)
        for hashes in pool.map(write, range(-(-size // WIDTH)), chunksize=64):
            for place in range(0, len(hashes), 32):
                frontier.add(hashes[place : place + 32])
            if len(hashes) == WIDTH * 32:
                levels[0].append(complete_root(tiles.hashes_of(hashes)))
    roots, level = levels[0], 1
    while roots:
        for tile in tiles.of_level(level, size):
            folder.write(tile.path, b"".join(roots[tile.start : tile.start + tile.width]))
        full = range(0, len(roots) // WIDTH * WIDTH, WIDTH)
        roots, level = [complete_root(roots[start : start + WIDTH]) for start in full], level + 1
    return Checkpoint(ORIGIN, size, frontier.root())


def _write_bundle(folder: LogFolder, size: int, number: int) -> bytes:
    tile = Tile(0, number, min(WIDTH, size - number * WIDTH))
    entries = [entry_of(index) for index in range(tile.start, tile.start + tile.width)]
    hashes = b"".join(map(leaf_hash, entries))
    folder.write(tile.entries().path, bundle_of(entries))
    folder.write(tile.path, hashes)
    return hashes


def _database(folder: Path, size: int) -> Iterator[tuple[str, str, str]]:
    url = f"sqlite:///{folder / 'bench.db'}"
    management.upgrade(url)
    database = Database(url, DatabaseSync.NORMAL)
    try:
        entries = LogEntries(database)
        took, _ = _timed(lambda: [_append(database, 200) for _ in range(size // 200)])
        yield (
            f"appending {size:,} entries, 200 a transaction",
            f"{took / size * 1e6:.0f} µs each",
            "SQLite, one thread",
        )
        for at in ("now", "and again"):
            took, _ = _timed(lambda: [_append(database, 1) for _ in range(PROOFS)])
            yield (
                f"appending one, {at}",
                f"{took / PROOFS * 1e6:.0f} µs",
                f"at {entries.head(LogName.TRUST).size:,}",
            )
        head = entries.head(LogName.TRUST)
        step = head.size // PROOFS
        took, _ = _timed(
            lambda: [
                inclusion_proof(place * step, head.size, _nodes(entries, head.size))
                for place in range(PROOFS)
            ]
        )
        yield "a proof of inclusion", f"{took / PROOFS * 1e6:.0f} µs", "tiles read for each"
        took, _ = _timed(
            lambda: [
                consistency_proof(place * step, head.size, _nodes(entries, head.size))
                for place in range(1, PROOFS)
            ]
        )
        yield "a proof of growth", f"{took / PROOFS * 1e6:.0f} µs", "tiles read for each"
    finally:
        database.close()


def _append(database: Database, count: int) -> None:
    leaf = Leaf(
        {
            "action": "visit",
            "subject": "https://id.region.example",
            "after_hash": "x" * 43,
            "filler": "y" * 300,
        }
    )
    with database.transaction() as tx:
        append(tx, LogName.TRUST, [leaf] * count)


def _nodes(entries: LogEntries, size: int) -> TileNodes:
    return TileNodes(size, partial(entries.tile, LogName.TRUST))


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    done = work()
    return time.perf_counter() - began, done
