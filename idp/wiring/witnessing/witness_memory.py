"""What a witness cosigned last, in a small file beside the database and outside of its backups.

A database that was restored from a backup has forgotten what was cosigned since, and would cosign another past. The
file has not. Every process that cosigns shares it: on one machine, or on a volume that all of them write to.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from idp.foundation.compact_jws import Malformed, parse_object
from idp.transparency.witness import Head

MAX_SIZE = 1024 * 1024
MAX_LOGS = 1_000
_ROOT_LENGTH = 64


class MemoryLost(Exception):
    """The file cannot be read or written, or is not what it was. A sentence for the operator."""


class WitnessMemory:
    """One file. Whoever reads it to write it holds it (`held`)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other process from it meanwhile. Raises: MemoryLost."""
        try:
            lock = self.path.with_name(f"{self.path.name}.lock").open("ab")
        except OSError as error:
            raise MemoryLost(f"the folder of the witness memory cannot be written to: {error}") from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def read(self) -> Mapping[str, Head] | None:
        """Log → the last head cosigned; None where there is no file. Raises: MemoryLost."""
        try:
            with self.path.open("rb") as file:
                raw = file.read(MAX_SIZE + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MemoryLost(f"the witness memory cannot be read: {error}") from error
        try:
            return _heads(raw)
        except (Malformed, KeyError, TypeError, ValueError) as error:
            raise MemoryLost("the witness memory is not what was written there") from error

    def write(self, heads: Mapping[str, Head]) -> None:
        """Replace it, durably: a power cut leaves the old one or the new one. Raises: MemoryLost."""
        document = {
            origin: {"size": head.size, "root": head.root.hex()} for origin, head in sorted(heads.items())
        }
        new = self.path.with_name(f"{self.path.name}.new")
        try:
            with new.open("w", encoding="utf-8") as file:
                json.dump(document, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise MemoryLost(f"the witness memory cannot be written: {error}") from error


def _heads(raw: bytes) -> Mapping[str, Head]:
    if len(raw) > MAX_SIZE:
        raise Malformed("too large")
    return {origin: _head(entry) for origin, entry in parse_object(raw, MAX_LOGS).items()}


def _head(entry: Mapping[str, object]) -> Head:
    size, root = entry["size"], entry["root"]
    if type(size) is not int or size < 0 or not isinstance(root, str) or len(root) != _ROOT_LENGTH:
        raise Malformed("not a head")
    return Head(size, bytes.fromhex(root))


def _sync_folder(folder: Path) -> None:
    """So that the new name, too, is there after a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
