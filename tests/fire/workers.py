"""Which worker process holds which connection: Linux tells in /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def worker_by_port(parent: int, server_port: int, client_ports: Iterable[int]) -> dict[int, int]:
    """The process below `parent` that holds the connection from each client port; empty where nobody can tell."""
    if not (PROC / "net/tcp").exists():
        return {}
    sockets = _sockets(server_port, set(client_ports))
    return {
        sockets[inode]: process
        for process in _descendants(parent)
        for inode in _open_sockets(process)
        if inode in sockets
    }


def _sockets(server_port: int, client_ports: set[int]) -> dict[str, int]:
    """Client port by inode of the server's end."""
    rows = [line.split() for line in (PROC / "net/tcp").read_text().splitlines()[1:]]
    return {
        row[9]: _port(row[2])
        for row in rows
        if _port(row[1]) == server_port and _port(row[2]) in client_ports
    }


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


def _descendants(process: int) -> Iterator[int]:
    with suppress(FileNotFoundError, ProcessLookupError):  # ended since its parent was asked
        for child in (PROC / f"{process}/task/{process}/children").read_text().split():
            yield int(child)
            yield from _descendants(int(child))


def _open_sockets(process: int) -> Iterator[str]:
    with suppress(FileNotFoundError, ProcessLookupError):
        for descriptor in os.listdir(PROC / f"{process}/fd"):
            with suppress(FileNotFoundError):  # closed since the folder was read
                target = os.readlink(PROC / f"{process}/fd" / descriptor)
                if target.startswith("socket:["):
                    yield target.removeprefix("socket:[").removesuffix("]")
